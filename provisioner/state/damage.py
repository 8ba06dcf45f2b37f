"""Defines the errors for texts that should be states and cannot be read as such."""

from __future__ import annotations

from provisioner.core.errors import TornState


def conflicting(name: str) -> TornState:
    """Returns the error for a state with the conflict markers of git. `name` is the name of the state."""
    return TornState(
        f"{name} is not a state that provision wrote: it holds the conflict marks of a merge",
        hint="take one side whole (git checkout --ours FILE, or --theirs, then git add FILE), or restore it from a "
        "backup; then look at what is live: provision plan",
    )


def torn(name: str) -> TornState:
    """Returns the error for a state that is not complete or was changed. `name` is the name of the state."""
    return TornState(
        f"{name} is not a state that provision wrote, or only a part of one; it was left as it is",
        hint="restore it from version control or a backup",
    )
