"""Fetches the plan that was reviewed: the one that the pull request's last commit was given, before it was merged.

What a branch can bring about by itself is not believed: the plan has to come from a run of the workflow that makes
plans, in this repository, for that very commit, in a pull request that did not touch the workflows.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from api import MOST, WRONG, GitHub, fail
from comment import NAME
from visible import on_one_line

FILE = "provision.plan"
WORKFLOWS = ".github/"
#: GitHub lists no more of a pull request's files.
LISTED = 3000


class Missing(Exception):
    """There is no plan that may be applied."""


def main() -> int:
    """Writes the plan to RUNNER_TEMP, and says where it is from."""
    try:
        hub = GitHub(os.environ)
        artifact, source = find(hub, os.environ)
        path = Path(os.environ["RUNNER_TEMP"], FILE)
        path.write_bytes(unpack(hub.download(f"/actions/artifacts/{int(artifact['id'])}/zip"), artifact.get("digest")))
    except Missing as error:
        return fail(
            f"{error}. To go on, run this workflow by hand: it plans anew, and applies that after your approval"
        )
    except WRONG as error:
        return fail(f"the reviewed plan cannot be fetched: {error}")
    sys.stdout.write(f"The plan is from {on_one_line(source)}.\n")
    return 0


def find(hub: GitHub, environ: Any) -> tuple[Any, str]:
    """The plan's artifact, and what made it. Raises Missing, Refused."""
    name, environment = environ["IN_PLAN_NAME"], environ["IN_ENVIRONMENT"] or "default"
    if not (NAME.fullmatch(name) and NAME.fullmatch(environment)):
        raise Missing(f"`{name}` or `{environment}` cannot be part of a name")
    sha = environ["GITHUB_SHA"]
    if environ["GITHUB_EVENT_NAME"] != "push":
        run = environ["GITHUB_RUN_ID"]
        listed = hub.pages(f"/actions/runs/{run}/artifacts?name={name}-{environment}-{sha}", "artifacts")
        return _newest(listed, f"this run made no plan for {environment}"), "this run"
    pull = find_pull(hub, sha, environ["GITHUB_REF_NAME"])
    head = pull["head"]["sha"]
    listed = hub.pages(f"/actions/artifacts?name={name}-{environment}-{head}", "artifacts")
    ours = (each for each in listed if _is_trusted(hub, each, head, environ["IN_PLAN_WORKFLOW"]))
    told = f"pull request {pull['number']} at {head}"
    return _newest(ours, f"there is no plan for {environment} from {told}, or it has expired"), told


def find_pull(hub: GitHub, sha: str, branch: str) -> Any:
    """The pull request that this commit merged. Raises Missing, also where it could have made its plan otherwise."""
    pulls = [
        each
        for each in hub.pages(f"/commits/{sha}/pulls")
        if each["merged_at"] and each["merge_commit_sha"] == sha and each["base"]["ref"] == branch
    ]
    if not pulls:
        raise Missing(f"{sha} came through no pull request, so nobody has reviewed a plan of it")
    pull = pulls[0]
    if ((pull["head"].get("repo") or {}).get("full_name")) != hub.repository:
        raise Missing(f"pull request {pull['number']} came from a fork, for which no plan is made")
    names = [name for each in hub.pages(f"/pulls/{pull['number']}/files") for name in _names(each)]
    if len(names) >= LISTED or any(name.startswith(WORKFLOWS) for name in names):
        raise Missing(f"pull request {pull['number']} changes workflows, so its plan is not believed")
    return pull


def _names(file: Any) -> Iterator[str]:
    yield file["filename"]
    if previous := file.get("previous_filename"):
        yield previous


def _is_trusted(hub: GitHub, artifact: Any, head: str, workflow: str) -> bool:
    """Whether the artifact was made for this commit, here, by the workflow that makes plans."""
    made = artifact.get("workflow_run") or {}
    if (
        artifact["expired"]
        or made.get("head_sha") != head
        or made.get("repository_id") != made.get("head_repository_id")
    ):
        return False
    run = hub.ask("GET", f"/actions/runs/{int(made['id'])}")
    return bool(
        run["path"].partition("@")[0] == workflow
        and run["event"] == "pull_request"
        and run["head_sha"] == head
        and run["repository"]["full_name"] == hub.repository
        and (run.get("head_repository") or {}).get("full_name") == hub.repository
    )


def _newest(artifacts: Any, otherwise: str) -> Any:
    found = [each for each in artifacts if not each["expired"]]
    if not found:
        raise Missing(otherwise)
    return max(found, key=lambda each: (each["created_at"], each["id"]))


def unpack(data: bytes, digest: str | None) -> bytes:
    """The plan in an artifact. Raises Missing where it holds anything else, or is not as GitHub has it."""
    if digest and digest != f"sha256:{hashlib.sha256(data).hexdigest()}":
        raise Missing("the plan was damaged on its way")
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            [member] = archive.infolist()
            if member.filename != FILE or member.file_size > MOST:
                raise ValueError(member.filename)
            return archive.read(member)
    except (BadZipFile, ValueError, RuntimeError, NotImplementedError) as error:
        raise Missing("what was kept as a plan is none") from error


if __name__ == "__main__":
    sys.exit(main())
