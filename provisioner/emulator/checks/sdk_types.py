"""Imports modules of the SDK, by one thread at a time.

The SDK's modules import each other in circles. Two threads that import them at the same time can find a module that is
not complete, or no module.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module
from types import ModuleType

_LOCK = threading.RLock()
#: The modules that most requests need.
USUAL = ("openai.types.beta.agents.environments", "openai.types.responses", "openai.types.conversations")


def import_sdk(name: str) -> ModuleType:
    """Returns a module of the SDK. Raises ImportError."""
    with _LOCK:
        return import_module(name)


def warm_up() -> None:
    """Imports the SDK's types in advance, so that the first request need not wait for the import."""
    for name in USUAL:
        with suppress(ImportError):
            import_sdk(name)
