"""Imports modules of the SDK in only one thread at a time.

The SDK's modules import each other in circles. If two threads import such modules at the same time, a module can be
incomplete or missing.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module
from types import ModuleType

_LOCK = threading.RLock()
#: A module that is imported in advance. It imports the package's types of assistants and responses, too.
USUAL = "openai.types.beta.agents.environments"


def import_sdk(name: str) -> ModuleType:
    """Imports the module `name` of the SDK, and returns it. Raises ImportError if the installed SDK has no such
    module.
    """
    with _LOCK:
        return import_module(name)


def warm_up() -> None:
    """Imports the SDK's types in advance, so that the first request does not wait for the import."""
    with suppress(ImportError):
        import_sdk(USUAL)
