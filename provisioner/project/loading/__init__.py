"""Loads definitions (the arguments of an API call) and ids of objects, for applications. They are read from the state
of a project or from an exported file.

Web servers and cloud functions load this package when they start, so loading must be fast. The modules import only what
the usual case needs: a state in plain text in a folder. Everything else, errors included, is imported when it is
needed.
"""

from __future__ import annotations

from provisioner.project.loading.cache import StaleDefinitionWarning
from provisioner.project.loading.functions import load, load_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from provisioner.openai_api.definition import Definition

__all__ = ["Definition", "StaleDefinitionWarning", "load", "load_id"]


def __getattr__(name: str) -> Any:
    """Returns the type `Definition` if `name` is `Definition`; only type checkers need it. Raises AttributeError for
    any other name.
    """
    if name == "Definition":
        from provisioner.openai_api.definition import Definition

        return Definition
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
