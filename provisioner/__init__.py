"""Infrastructure-as-code for OpenAI assistants: reads manifests, plans changes, and applies the plan to the account.

`plan` and `apply` are for programs; see docs/library.md. They are loaded when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioner.project.library import Applied, apply, plan

__version__ = "0.1.0"
__all__ = ["Applied", "apply", "plan"]


def __getattr__(name: str) -> Any:
    """Returns a function of `provisioner.project.library`. Raises AttributeError for any other name."""
    if name in __all__:
        from provisioner.project import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
