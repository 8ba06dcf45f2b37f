"""Projects in which others change what was applied."""

from tests.chaos.worlds import new_world, proxy
from tests.guards.conftest import world

__all__ = ["new_world", "proxy", "world"]
