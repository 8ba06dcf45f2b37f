"""Carries out `provision pull ADDRESS…`: finds the drift (what others changed in the account), writes it into the
manifests, and prints as YAML what could not be written.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.terminal import screen
from provisioner.core.address import Address
from provisioner.core.exitcode import ExitCode
from provisioner.core.files.root import Root
from provisioner.manifest.writing.yaml_text import write_yaml
from provisioner.project.drift_edits import Refused
from provisioner.project.drift_pulling import PulledDrift, pull_drift
from provisioner.project.rewriting import rewrite
from provisioner.project.wiring import Project
from provisioner.review.render.json_text import dumps


def write_drift(
    context: click.Context, project: Project, addresses: Sequence[Address], *, check: bool, as_json: bool
) -> ExitCode:
    """Writes drift (what others changed in the account) into the manifests of the resources at `addresses`, and prints
    the result, as JSON if `as_json` is True. If `addresses` is empty, the drift of all resources is written. If `check`
    is True, nothing is written.

    Returns CHANGES if `check` is True and there is something to write, otherwise DONE.
    """
    pulled = pull_drift(project, chosen_by(context), addresses)
    settings = project.settings
    if not check:
        root = Root(settings.root, (settings.state_folder,) if settings.state_folder else ())
        rewrite(root, pulled.before, pulled.after)
    shown = screen()
    shown.result(dumps(_as_json(pulled, check=check)) if as_json else _as_text(pulled, check=check))
    if pulled.after and not check:
        shown.note("Next: provision plan")
    return ExitCode.CHANGES if check and pulled.after else ExitCode.DONE


def _as_text(pulled: PulledDrift, *, check: bool) -> str:
    lines = [f"{'would write' if check else 'wrote'} {os.path.relpath(path)}" for path in sorted(pulled.after)]
    for each in pulled.resources:
        lines += [f"  {each.address}: {path}" for path in each.written]
    for each in pulled.resources:
        for refused in each.refused:
            lines.append(f"not written: {each.address} {refused.path}: {refused.reason}".replace(" :", ":"))
            lines += [f"    {line}" for line in _yaml_of(refused)]
    lines += [f"{address}: no drift" for address in pulled.unchanged]
    return "\n".join(lines or ["no drift"])


def _yaml_of(refused: Refused) -> list[str]:
    if refused.value is None:
        return []
    return write_yaml({refused.path: refused.value}).rstrip("\n").split("\n")


def _as_json(pulled: PulledDrift, *, check: bool) -> dict[str, Any]:
    return {
        "written": not check,
        "files": [os.path.relpath(path) for path in sorted(pulled.after)],
        "resources": [
            {
                "address": str(each.address),
                "fields": list(each.written),
                "left": [
                    {"path": refused.path, "value": refused.value, "reason": refused.reason} for refused in each.refused
                ],
            }
            for each in pulled.resources
        ],
        "unchanged": [str(each) for each in pulled.unchanged],
    }
