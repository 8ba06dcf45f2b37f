"""Renders the text that the emulator prints when it starts."""

from __future__ import annotations


def ready_text(base_url: str) -> str:
    """Returns a text with the emulator's address and the environment variables that clients need to use it."""
    return (
        f"The emulator listens on {base_url}\n\n"
        f"  export OPENAI_BASE_URL={base_url} OPENAI_API_KEY=emulator\n\n"
        "Ctrl-C ends it."
    )
