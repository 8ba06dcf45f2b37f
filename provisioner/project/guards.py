"""Checks whether changes may be written. A protected environment of the project must be confirmed, and changes that
others made in the account must not be overwritten.
"""

from __future__ import annotations

from provisioner.core.errors import Blocked
from provisioner.manifest import Settings
from provisioner.planning.plan import Plan


def check_confirmed(settings: Settings, confirm: str | None, review: str = "look at the plan") -> None:
    """Checks the option `--confirm`. Raises Blocked if the environment of the project is protected and `confirm` is
    None. Also raises Blocked if `confirm` is not the name of this environment.

    `review` is the part of the hint that says what the user should do before the confirmation.
    """
    environment = settings.environment
    if confirm is not None and confirm != environment:
        raise Blocked(
            f"--confirm {confirm} does not name this environment",
            hint=f"this one is called {environment}",
        )
    if settings.protected and confirm is None:
        raise Blocked(
            f"environment {environment} is protected; nothing was changed",
            hint=f"{review}, then say --confirm {environment}",
        )


def find_overwriting(plan: Plan) -> Blocked | None:
    """Returns an error if the plan would overwrite changes that others made in the account. Returns None if it would
    not.
    """
    names = sorted({f"{drift.address} ({drift.field})" for drift in plan.drift if drift.overwritten})
    if not names:
        return None
    return Blocked(
        f"this would undo what others changed: {', '.join(names)}; nothing was changed",
        hint="write the changes into the manifests by `provision pull --drift`, or say --overwrite-drift",
    )
