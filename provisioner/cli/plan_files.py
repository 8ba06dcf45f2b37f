"""Plan files: a plan is written to a file for review, and `provision apply FILE` reads the file. The file is encrypted
if the state is encrypted.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from provisioner.cli.privatefile import write_private
from provisioner.cli.terminal import screen
from provisioner.core.errors import Blocked, ProvisionError, StateError
from provisioner.core.files.named import read_named
from provisioner.core.text.redaction import holds_secret
from provisioner.core.text.visible import on_one_line
from provisioner.engine.display_check import check_costs, check_drift, check_notes
from provisioner.engine.engine import Planned
from provisioner.engine.review import UNCHANGED, check_origin, check_reviewed, check_tree, review
from provisioner.planning.planfile import Reviewed, dump, parse
from provisioner.project.wiring import Project
from provisioner.state.sealing import Seal, is_sealed

PURPOSE = "plan"
#: The most bytes of a plan file that is written or read.
MAX_BYTES = 64 * 2**20


def write_reviewed(
    project: Project,
    planned: Planned,
    path: Path,
    only: Sequence[str],
    *,
    mass_delete: bool = False,
    rollbacks: Mapping[str, int | None] = MappingProxyType({}),
) -> None:
    """Writes the plan to the file `path` for review. Only the owner of the file can read it. `rollbacks` are the
    releases that the plan restores.

    Raises StateError if the file cannot be written or if `read_reviewed` would refuse it. Raises UsageError if `path`
    is a file that provision did not write, and Blocked if the file would contain a secret of this process.
    """
    reviewed = review(planned, project.engine.identity, only=tuple(only), now=time.time(), mass_delete=mass_delete)
    reviewed = replace(reviewed, rollbacks=dict(rollbacks))
    text = dump(reviewed)
    if project.seal.key is None and holds_secret(text):
        raise Blocked(
            "the plan would hold a secret of this process in plain text, such as its key; no file was written",
            hint="find it with: provision plan (it is shown as (redacted)); or set `state_encryption`",
        )
    sealed = project.seal.seal(text, PURPOSE, named=True)
    check_readable(text, sealed)
    write_private(path, sealed)
    screen().note(f"The plan is in {path}; apply just it with: provision apply {shlex.quote(str(path))}")


def check_readable(text: str, sealed: str) -> None:
    """Raises StateError if a plan could not be read again from its file. `text` is the JSON of the plan, and `sealed`
    is the content of the file, which is `text` or its encrypted form.
    """
    size = len(sealed.encode(errors="backslashreplace"))
    if size > MAX_BYTES:
        raise StateError(
            f"the plan would take {size:,} bytes, and a plan file holds at most {MAX_BYTES:,}; no file was written",
            hint="plan a part of it with `--only`, or divide the project into several",
        )
    try:
        parse(text.encode(errors="backslashreplace").decode(), "the plan")
    except ProvisionError as error:
        raise StateError(
            f"the plan could not be read again, so no file was written: {error.message}",
            hint="simplify what the message names in the manifests, such as a deeply nested schema or a huge number",
        ) from error


def read_reviewed(path: Path, find_seal: Callable[[], Seal], *, sealed: bool = False) -> Reviewed:
    """Returns the plan in the file `path`. `find_seal` returns the keys, and is called only if the file is encrypted.
    If `sealed` is True, a file in plain text is refused.

    Raises StateError if the file cannot be read, WrongKey if no key opens it, and Blocked if the file was edited or is
    refused because it is in plain text.
    """
    try:
        text = read_named(path, MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"{path} cannot be read: {error}", hint="provision plan --out FILE writes one") from error
    if sealed and not is_sealed(text):
        raise Blocked(
            f"{path} is in plain text, and with `state_encryption` plans are encrypted: somebody else may have made it",
            hint="make the plan again: provision plan --out FILE",
        )
    return parse(find_seal().unseal(text, PURPOSE, str(path)) if is_sealed(text) else text, str(path))


def origin_line(reviewed: Reviewed, now: float) -> str:
    """Returns one line with the project, environment, account and age of a plan. `now` is in seconds since 1970."""
    minutes = max(0.0, now - reviewed.created) / 60
    age = f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours" if minutes < 2880 else ""
    said = (reviewed.project, reviewed.environment, reviewed.account or "none")
    project, environment, account = map(on_one_line, said)
    made = f"made {age or f'{minutes / 1440:.0f} days'} ago"
    return (
        f"Plan of project {project}, environment {environment}, account {account}, {made}. Costs and notes are as the "
        "file says; `provision apply FILE` compares them."
    )


def check_usable(project: Project, reviewed: Reviewed, max_age: float | None, *, mass_delete: bool) -> None:
    """Raises Blocked if a reviewed plan was made for another project, environment or account, or is older than
    `max_age` seconds.

    `mass_delete` says whether the option --allow-mass-delete is given now. The option is refused if the plan was made
    without it.
    """
    check_origin(reviewed, project.engine.identity, max_age=max_age, now=time.time())
    if mass_delete and not reviewed.mass_delete:
        raise Blocked(
            "the plan was made without --allow-mass-delete, so this option changes nothing of it",
            hint="make a new plan and have it reviewed: provision plan --allow-mass-delete --out FILE",
        )


def check_planned(project: Project, planned: Planned, reviewed: Reviewed, *, overwrite_drift: bool) -> None:
    """Raises Blocked if `planned`, the plan that was made now, contains more than the reviewed plan.

    If the manifests, the drift or the costs differ from the reviewed ones, Blocked is raised only in CI; otherwise a
    warning is printed. A person who watches may apply a part of a plan. In CI, where nobody watches, everything must be
    as it was shown.
    """
    check_reviewed(reviewed, planned, overwrite_drift=overwrite_drift)
    told = project.manifest.diagnostics
    checks: tuple[Callable[[], None], ...] = (
        lambda: check_tree(reviewed, planned, told),
        lambda: check_notes(reviewed, planned, told),
        lambda: check_drift(reviewed, planned),
        lambda: check_costs(reviewed, planned),
    )
    for check in checks:
        try:
            check()
        except Blocked as error:
            if os.environ.get("CI"):
                raise
            screen().note(f"Warning: {error.message.removesuffix(UNCHANGED)}; only what is in the plan is done.")
