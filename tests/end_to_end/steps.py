"""What a person does again and again, with what always has to be true of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import Finished, Provision


def apply(provision: Provision, *options: str) -> Finished:
    """Applies without being asked. It goes well, and the next plan is empty."""
    applied = provision("apply", "--yes", *options)
    assert applied.code == 0, applied.stdout + applied.stderr
    assert_settled(provision)
    return applied


def assert_settled(provision: Provision) -> None:
    """The account is as the manifests say: the plan is empty."""
    planned = provision("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.stdout + planned.stderr
    assert "Nothing to do" in planned.stdout


def plan(provision: Provision, *options: str) -> dict[str, Any]:
    """The plan's JSON, whatever the exit code."""
    planned = provision("plan", "--json", *options)
    assert planned.stdout, planned.stderr
    body: dict[str, Any] = json.loads(planned.stdout)
    return body


def actions(provision: Provision, *options: str) -> dict[str, str]:
    """What the plan does, by address."""
    return {change["address"]: change["action"] for change in plan(provision, *options)["changes"]}


def output(provision: Provision) -> dict[str, Any]:
    """What `provision output --json` tells applications."""
    body: dict[str, Any] = json.loads(provision("output", "--json").stdout)
    return body


def edit(path: Path, old: str, new: str) -> None:
    """Replaces a text in a file; it has to be there exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def writes(finished: Finished) -> list[str]:
    """What a command wrote to the account, in order, as `POST /v1/files`."""
    return [f"{each.method} {each.path}" for each in finished.requests if each.method != "GET"]
