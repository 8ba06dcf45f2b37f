"""Writes plans to files for review, and reads them for `provision apply FILE`. A plan file is encrypted if the state is
encrypted.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from provisioner.cli.privatefile import write_private
from provisioner.cli.terminal import screen
from provisioner.core.errors import Blocked, ProvisionError, StateError
from provisioner.core.files.named import read_named
from provisioner.core.text.redaction import holds_secret
from provisioner.core.text.visible import on_one_line
from provisioner.engine.display_check import check_costs, check_drift, check_notes
from provisioner.engine.planned import Planned
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
    """Writes the plan to the file `path` for review. Only the owner of the file can read it. `only` and `mass_delete`
    are the values of `--only` and `--allow-mass-delete`. `rollbacks` contains the assistants that the plan rolls back:
    it maps each address to the number of the release. The number is None if the plan ends the pin of the assistant, so
    that its manifest applies again.

    Raises StateError if the file cannot be written, or if `read_reviewed` would refuse it. Raises UsageError if `path`
    is a file that provision did not write. Raises Blocked if the plan contains a secret, such as the API key, and the
    file would not be encrypted.
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
    """Checks that `read_reviewed` could read a plan from its file. `text` is the JSON of the plan. `sealed` is the
    content of the file: `text` or its encrypted form. Raises StateError if the content is too long or if the JSON
    cannot be parsed.
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
    """Returns the plan in the file `path`. `find_seal` returns the keys for decryption, and is called only if the file
    is encrypted. If `sealed` is True, a file in plain text is refused.

    Raises StateError if the file cannot be read, and WrongKey if no key decrypts it. Raises Blocked if the file was
    edited, or if it is in plain text although `sealed` is True.
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
    """Checks that a reviewed plan can be applied now. Raises Blocked if the plan was made for another project, account
    or environment of the project, if it could not be applied when it was made, or if it is older than `max_age`
    seconds. If `max_age` is None, the plan can have any age.

    `mass_delete` says whether `--allow-mass-delete`, which permits a plan with many deletions, is given now. Raises
    Blocked if the option is given now but was not given when the plan was made.
    """
    check_origin(reviewed, project.engine.identity, max_age=max_age, now=time.time())
    if mass_delete and not reviewed.mass_delete:
        raise Blocked(
            "the plan was made without --allow-mass-delete, so this option changes nothing of it",
            hint="make a new plan and have it reviewed: provision plan --allow-mass-delete --out FILE",
        )


def check_planned(project: Project, planned: Planned, reviewed: Reviewed, *, overwrite_drift: bool) -> None:
    """Checks that `planned`, the plan that was made now, agrees with `reviewed`, the plan from the plan file. Raises
    Blocked if `planned` contains a change that `reviewed` does not allow. If `overwrite_drift` is False, also raises
    Blocked if `planned` undoes drift (changes that others made) that `reviewed` does not show.

    If the manifests, the drift or the costs have changed since the review, Blocked is raised only in CI, where nobody
    reads warnings. Outside of CI, a warning is printed.
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
