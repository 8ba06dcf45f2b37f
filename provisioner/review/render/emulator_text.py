"""The text that a starting emulator prints."""

from __future__ import annotations


def ready_text(base_url: str) -> str:
    """Returns how to use it."""
    return (
        f"The emulator listens on {base_url}\n\n"
        f"  export OPENAI_BASE_URL={base_url} OPENAI_API_KEY=emulator\n\n"
        "Ctrl-C ends it."
    )
