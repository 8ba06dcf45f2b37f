"""Programs that plan and apply without the command line."""

from tests.chaos.worlds import new_world, proxy
from tests.guards.conftest import world

__all__ = ["new_world", "proxy", "world"]
