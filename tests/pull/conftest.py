"""Projects in which others change what was applied."""

from tests.chaos.worlds import new_world, proxy
from tests.guards.conftest import world
from tests.unmanaged.conftest import pointed

__all__ = ["new_world", "pointed", "proxy", "world"]
