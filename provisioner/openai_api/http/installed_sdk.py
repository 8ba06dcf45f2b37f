"""Reports that the installed SDK lacks a class, a resource or a parameter that provision uses. This happens if the
version of the installed SDK differs from the version that provision is tested with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from provisioner.core.errors import Ambiguous, ApiError, Unavailable

#: The version of the SDK with which this version of provision is tested. The lock file in requirements/ has the same
#: version.
TESTED = "3.57.0"
#: The SDK, and the library with which the SDK sends requests.
LIBRARIES = ("openai", "httpx2")
UNEXPECTED = re.compile(r"(?<![\w.])([\w.]++)\(\) got an unexpected keyword argument '(\w+)'")
NOT_IN_MODULE = re.compile(r"cannot import name '(\w+)'")


@contextmanager
def sdk_names(unanswered: type[Unavailable] = Unavailable) -> Iterator[None]:
    """Returns a context manager for calls of the SDK. If the code in the `with` block uses a name that the installed
    SDK lacks, ApiError is raised instead of Python's own error.

    For a create request, `unanswered` must be Ambiguous. In this case, Ambiguous is raised instead of ApiError, because
    the API may have carried out the request before the missing name was used.
    """
    try:
        yield
    except (AttributeError, ImportError, TypeError) as error:
        lacking = find_lacking(error)
        if lacking is None:
            raise
        message = f"the installed openai {installed_version()} has no {lacking}, which provision uses"
        hint = f"install the version that provision is tested with: pip install 'openai=={TESTED}'"
        raise (Ambiguous if unanswered is Ambiguous else ApiError)(message, hint=hint) from error


def find_lacking(error: AttributeError | ImportError | TypeError) -> str | None:
    """Returns the name that the SDK lacks, for use in a message. `error` is Python's error about the missing name.
    Returns None if the SDK is not the cause of the error.
    """
    if isinstance(error, ImportError):
        missing = NOT_IN_MODULE.search(str(error))
        name = f"{error.name}.{missing[1]}" if missing else error.name
        return f"`{name}`" if _is_library(error.name or "") else None
    if isinstance(error, AttributeError):
        owner = error.obj
        module = owner.__name__ if isinstance(owner, ModuleType) else type(owner).__module__
        here = module if isinstance(owner, ModuleType) else type(owner).__name__
        return f"`{here}.{error.name}`" if owner is not None and _is_library(module) else None
    unexpected = UNEXPECTED.search(str(error))
    return f"parameter `{unexpected[2]}` of `{unexpected[1]}`" if unexpected and _is_raised_in_sdk(error) else None


def installed_version() -> str:
    """Returns the version of the installed SDK. If the version is unknown, returns a phrase that a message can contain
    instead.
    """
    try:
        return version("openai")
    except PackageNotFoundError:
        return "SDK (of no known version)"


def _is_library(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES


def _is_raised_in_sdk(error: TypeError) -> bool:
    """Returns whether `error` was raised in code of the SDK. This can happen in a call by provision, because the SDK
    passes arguments from provision on to its own functions.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and _is_library(str(trace.tb_frame.f_globals.get("__name__", "")))
