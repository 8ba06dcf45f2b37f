"""Manages OpenAI assistants as code: reads manifests, plans changes, and applies the plan to the account.

Applications use `load` and `load_id`; see docs/use.md. Programs that plan and apply use `plan` and `apply`; see
docs/library.md. These four functions are imported only when they are first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds, which an application that loads would wait for.
if TYPE_CHECKING:
    from typing import Any

    from provisioner.project.library import Applied, apply, plan
    from provisioner.project.loading import Definition, StaleDefinitionWarning, load, load_id

__version__ = "0.1.0"
__all__ = ["Applied", "Definition", "StaleDefinitionWarning", "apply", "load", "load_id", "plan"]

_LOADING = ("Definition", "StaleDefinitionWarning", "load", "load_id")


def __getattr__(name: str) -> Any:
    """Returns the public function or class with the name `name`. Raises AttributeError for any other name."""
    if name in _LOADING:
        from provisioner.project import loading

        return getattr(loading, name)
    if name in __all__:
        from provisioner.project import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
