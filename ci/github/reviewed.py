"""Fetches the plan that was reviewed: the one that the pull request's last commit was given, before it was merged.

Data that a branch can produce by itself are not trusted. The plan must come from the only run of the workflow of plans
for that commit: on a pull request, of this repository, from this branch into the default branch, with the workflow as
the default branch defines it. If more than one run could have made the plan, no plan is accepted.

GitHub does not say which pull request a run was for: `pull_requests` of a run lists those that are open now with its
commit or branch ("Workflow runs" in the documentation of its REST API). So no other pull request may have had the
branch since the run began, and this one must always have had the base branch that it was merged into.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from api import MOST, WRONG, GitHub, Refused, fail
from comment import NAME
from visible import on_one_line

FILE = "provision.plan"
WORKFLOWS = ".github/"
#: What happens to a pull request whose base branch is changed, by somebody or with the end of that branch.
REBASED = ("base_ref_changed", "automatic_base_change_succeeded")
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
            f"{error}. To continue, run this workflow by hand: it makes a new plan, and applies it after your approval"
        )
    except WRONG as error:
        return fail(f"the reviewed plan cannot be fetched: {error}")
    sys.stdout.write(f"The plan is from {on_one_line(source)}.\n")
    return 0


def find(hub: GitHub, environ: Any) -> tuple[Any, str]:
    """Returns the plan's artifact, and a text about its origin. Raises Missing, Refused."""
    name, environment = environ["IN_PLAN_NAME"], environ["IN_ENVIRONMENT"] or "default"
    called = environ["IN_ENVIRONMENT"] or "the default environment"
    if not (NAME.fullmatch(name) and NAME.fullmatch(environment)):
        raise Missing(f"`{name}` or `{environment}` cannot be part of a name")
    sha = environ["GITHUB_SHA"]
    if environ["GITHUB_EVENT_NAME"] != "push":
        run = environ["GITHUB_RUN_ID"]
        listed = hub.pages(f"/actions/runs/{run}/artifacts?name={name}-{environment}-{sha}", "artifacts")
        return _newest(listed, f"this run made no plan for {called}"), "this run"
    workflow = environ["IN_PLAN_WORKFLOW"]
    pull = find_pull(hub, sha, environ["GITHUB_REF_NAME"])
    head = pull["head"]["sha"]
    told = f"pull request {pull['number']} at {head}"
    otherwise = f"there is no plan for {called} from {told}, or it has expired"
    run = find_run(hub, pull, workflow, otherwise)
    check_definition(hub, workflow, head, sha)
    listed = hub.pages(f"/actions/artifacts?name={name}-{environment}-{head}", "artifacts")
    ours = [each for each in listed if _is_of(each, run, pull)]
    return _newest(ours, otherwise), told


def find_pull(hub: GitHub, sha: str, branch: str) -> Any:
    """Returns the pull request that this commit merged. Raises Missing, also if another branch could have made its
    plan.
    """
    pulls = [
        each
        for each in hub.pages(f"/commits/{sha}/pulls")
        if each["merged_at"] and each["merge_commit_sha"] == sha and each["base"]["ref"] == branch
    ]
    if not pulls:
        raise Missing(f"{sha} came through no pull request, so nobody has reviewed a plan of it")
    pull, *others = pulls
    if others:
        raise Missing(f"{sha} came through more than one pull request")
    if _repository(pull["head"]) != hub.repository:
        raise Missing(f"pull request {pull['number']} came from a fork, for which no plan is made")
    names = [name for each in hub.pages(f"/pulls/{pull['number']}/files") for name in _names(each)]
    if len(names) >= LISTED or any(name.casefold().startswith(WORKFLOWS) for name in names):
        raise Missing(f"pull request {pull['number']} changes workflows, so its plan is not accepted")
    if any(each["event"] in REBASED for each in hub.pages(f"/issues/{pull['number']}/events")):
        raise Missing(f"pull request {pull['number']} was for another branch before, so its plan is not accepted")
    return pull


def check_alone(hub: GitHub, pull: Any, run: Any) -> None:
    """Raises Missing if the run may have been for another pull request of the same branch or commit.

    A pull request into another branch uses the workflow as that branch defines it.
    """
    head, owner = pull["head"], hub.repository.partition("/")[0]
    same_branch = hub.pages(f"/pulls?state=all&head={quote(owner, safe='')}:{quote(head['ref'], safe='')}")
    others = [each for each in same_branch if not each["closed_at"] or each["closed_at"] >= run["created_at"]]
    same_commit = hub.pages(f"/commits/{head['sha']}/pulls")
    others += [each for each in same_commit if each["head"]["sha"] == head["sha"]]
    others += run.get("pull_requests") or []
    for each in others:
        if each["number"] != pull["number"]:
            raise Missing(
                f"pull request {each['number']} has the same branch or commit as {pull['number']}, "
                "so which of them the plan was made for cannot be told"
            )


def find_run(hub: GitHub, pull: Any, workflow: str, otherwise: str) -> Any:
    """Returns the run that planned the pull request. Raises Missing if there is none, or more than one."""
    head = pull["head"]["sha"]
    listed = hub.pages(f"/actions/runs?head_sha={head}&event=pull_request", "workflow_runs")
    runs = {int(each["id"]): each for each in listed if _names_workflow(each["path"], workflow, pull["base"]["ref"])}
    if not runs:
        raise Missing(otherwise)
    check_alone(hub, pull, min(runs.values(), key=lambda each: str(each["created_at"])))
    if len(runs) > 1:
        raise Missing(f"{workflow} ran {len(runs)} times for {head}, so which run made the plan cannot be told")
    [run] = runs.values()
    if not _is_trusted(hub, run, pull):
        raise Missing(otherwise)
    return run


def _names_workflow(path: str, workflow: str, branch: str) -> bool:
    """Returns whether a run's path is the workflow's. After `@`, GitHub may add the branch that defines it."""
    name, _, ref = path.partition("@")
    return name == workflow and ref in ("", branch, f"refs/heads/{branch}")


def _is_trusted(hub: GitHub, run: Any, pull: Any) -> bool:
    """Returns whether the run was on a pull request of this branch and commit, in this repository, before the merge."""
    head = pull["head"]
    return bool(
        run["event"] == "pull_request"
        and run["head_sha"] == head["sha"]
        and run["head_branch"] == head["ref"]
        and _repository({"repo": run["repository"]}) == hub.repository
        and _repository({"repo": run.get("head_repository")}) == hub.repository
        and run["created_at"] <= pull["merged_at"]
    )


def check_definition(hub: GitHub, workflow: str, head: str, sha: str) -> None:
    """Raises Missing if the pull request's commit and the default branch have different files of the workflow."""
    found = []
    for ref in (head, sha):
        try:
            found.append(hub.ask("GET", f"/contents/{quote(workflow)}?ref={ref}")["sha"])
        except Refused as error:
            if error.status != 404:
                raise
            raise Missing(f"{workflow} is not there at {ref}") from error
    if found[0] != found[1]:
        raise Missing(f"{workflow} is another one at {head} than on the default branch, so its plan is not accepted")


def _is_of(artifact: Any, run: Any, pull: Any) -> bool:
    """Returns whether the run made the artifact, for the pull request's commit and before the merge."""
    made = artifact.get("workflow_run") or {}
    return bool(
        not artifact["expired"]
        and made.get("id") == run["id"]
        and made.get("head_sha") == pull["head"]["sha"]
        and made.get("head_branch") == pull["head"]["ref"]
        and made.get("repository_id") == made.get("head_repository_id") == run["repository"]["id"]
        and artifact["created_at"] <= pull["merged_at"]
    )


def _repository(side: Any) -> str | None:
    return (side.get("repo") or {}).get("full_name")


def _names(file: Any) -> Iterator[str]:
    yield file["filename"]
    if previous := file.get("previous_filename"):
        yield previous


def _newest(artifacts: Any, otherwise: str) -> Any:
    found = [each for each in artifacts if not each["expired"]]
    if not found:
        raise Missing(otherwise)
    return max(found, key=lambda each: (each["created_at"], each["id"]))


def unpack(data: bytes, digest: str | None) -> bytes:
    """Returns the plan in an artifact. Raises Missing for any other content, and if GitHub's digest differs."""
    if digest and digest != f"sha256:{hashlib.sha256(data).hexdigest()}":
        raise Missing("the plan was damaged on its way")
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            [member] = archive.infolist()
            mode = member.external_attr >> 16
            if (
                member.filename != FILE
                or member.file_size > MOST
                or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED)
                or (stat.S_IFMT(mode) and not stat.S_ISREG(mode))
            ):
                raise ValueError(member.filename)
            return archive.read(member)
    except (BadZipFile, ValueError, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
        raise Missing("what was kept as a plan is none") from error


if __name__ == "__main__":
    sys.exit(main())
