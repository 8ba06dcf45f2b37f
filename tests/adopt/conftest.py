"""Projects that take over what others made."""

from tests.chaos.worlds import new_world, proxy, whole
from tests.guards.conftest import world

__all__ = ["new_world", "proxy", "whole", "world"]
