"""Which plan is applied after a merge: the reviewed one, from where it can only have come the right way."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.ci.hub import REPOSITORY, TOKEN, Answer, Hub, refuse, times
from tests.ci.runner import HEAD, MERGED, Runner, made_by

NAME = f"provision-plan-default-{HEAD}"
PLAN = b'{"a plan": true}'
OTHER = "c" * 40


@pytest.fixture
def machine(tmp_path: Path, hub: Hub) -> Runner:
    """A runner after the merge of a pull request that was planned."""
    (tmp_path / "temp").mkdir()
    hub.pulls.append(
        {
            "number": 7,
            "merged_at": "2026-01-01T00:00:00Z",
            "merge_commit_sha": MERGED,
            "base": {"ref": "main"},
            "head": {"sha": HEAD, "repo": {"full_name": REPOSITORY}},
        }
    )
    hub.files.append({"filename": "manifests/notes.yaml"})
    hub.keep(NAME, {"provision.plan": PLAN}, made_by(HEAD, "pull_request"))
    runner = Runner(tmp_path, tmp_path / "temp", hub, "")
    runner.push()
    return runner


def fetch(machine: Runner, **env: str) -> tuple[int, str]:
    """Runs the script as action.yml does."""
    given = {
        "IN_ENVIRONMENT": "",
        "IN_PLAN_NAME": "provision-plan",
        "IN_PLAN_WORKFLOW": ".github/workflows/plan.yml",
        "GITHUB_TOKEN": TOKEN,
        **env,
    }
    code, log, _, _ = machine.run('python3 "$GITHUB_ACTION_PATH/ci/github/reviewed.py"', given)
    assert TOKEN not in log
    return code, log


def fetched(machine: Runner) -> bytes | None:
    """The plan that lies there now."""
    path = machine.temp / "provision.plan"
    return path.read_bytes() if path.exists() else None


def assert_refused(machine: Runner, *reasons: str, go_on: bool = True) -> None:
    code, log = fetch(machine)
    assert code == 1
    assert log.startswith("::error::")
    assert ("run this workflow by hand" in log) is go_on
    for reason in reasons:
        assert reason in log
    assert fetched(machine) is None


def test_the_reviewed_plan_is_fetched(machine: Runner, hub: Hub) -> None:
    code, log = fetch(machine)
    assert (code, log) == (0, f"The plan is from pull request 7 at {HEAD}.\n")
    assert fetched(machine) == PLAN
    assert [each.token for each in hub.elsewhere] == [None]


def test_the_newest_of_several_is_taken(machine: Runner, hub: Hub) -> None:
    hub.keep(NAME, {"provision.plan": b"newer"}, made_by(HEAD, "pull_request"))
    hub.keep(NAME, {"provision.plan": b"not ours"}, made_by(HEAD, "pull_request", id=43, path="mine.yml"))
    assert fetch(machine)[0] == 0
    assert fetched(machine) == b"newer"


def from_a_fork(hub: Hub) -> str:
    hub.pulls[0]["head"]["repo"] = {"full_name": "stranger/helpers"}
    return "pull request 7 came from a fork"


def from_a_fork_that_is_gone(hub: Hub) -> str:
    hub.pulls[0]["head"]["repo"] = None
    return "pull request 7 came from a fork"


def never_merged(hub: Hub) -> str:
    hub.pulls[0]["merged_at"] = None
    return f"{MERGED} came through no pull request"


def merged_as_another_commit(hub: Hub) -> str:
    hub.pulls[0]["merge_commit_sha"] = OTHER
    return "came through no pull request"


def merged_into_another_branch(hub: Hub) -> str:
    hub.pulls[0]["base"]["ref"] = "topic"
    return "came through no pull request"


def with_a_changed_workflow(hub: Hub) -> str:
    hub.files += [{"filename": f"manifests/{number}.md"} for number in range(150)]
    hub.files.append({"filename": ".github/workflows/plan.yml"})
    return "pull request 7 changes workflows"


def with_a_workflow_that_moved_away(hub: Hub) -> str:
    hub.files.append({"filename": "docs/plan.yml", "previous_filename": ".github/workflows/plan.yml"})
    return "pull request 7 changes workflows"


def with_more_files_than_are_listed(hub: Hub) -> str:
    hub.files += [{"filename": f"manifests/{number}.md"} for number in range(3000)]
    return "pull request 7 changes workflows"


def without_a_plan(hub: Hub) -> str:
    hub.artifacts.clear()
    return f"there is no plan for default from pull request 7 at {HEAD}"


def expired(hub: Hub) -> str:
    hub.artifacts[0]["expired"] = True
    return "or it has expired"


def of_another_commit(hub: Hub) -> str:
    hub.artifacts[0]["workflow_run"]["head_sha"] = OTHER
    return "there is no plan for default"


def made_in_a_fork(hub: Hub) -> str:
    hub.artifacts[0]["workflow_run"]["head_repository_id"] = 2
    return "there is no plan for default"


def run_by_a_fork(hub: Hub) -> str:
    hub.runs[42]["head_repository"] = {"full_name": "stranger/helpers"}
    return "there is no plan for default"


def run_by_another_workflow(hub: Hub) -> str:
    hub.runs[42]["path"] = ".github/workflows/plan.yml.mine.yml"
    return "there is no plan for default"


def run_on_a_push(hub: Hub) -> str:
    hub.runs[42]["event"] = "push"
    return "there is no plan for default"


def run_of_another_commit(hub: Hub) -> str:
    hub.runs[42]["head_sha"] = OTHER
    return "there is no plan for default"


def damaged(hub: Hub) -> str:
    hub.contents[1] += b"x"
    return "damaged on its way"


def holding(*files: tuple[str, bytes]) -> Callable[[Hub], str]:
    def put(hub: Hub) -> str:
        buffer = io.BytesIO()
        with ZipFile(buffer, "w") as archive:
            for name, content in files:
                archive.writestr(name, content)
        hub.contents[1] = buffer.getvalue()
        hub.artifacts[0]["digest"] = None
        return "what was kept as a plan is none"

    return put


def no_archive(hub: Hub) -> str:
    hub.contents[1] = b"<html>"
    hub.artifacts[0]["digest"] = None
    return "what was kept as a plan is none"


UNBELIEVED = [
    from_a_fork,
    from_a_fork_that_is_gone,
    never_merged,
    merged_as_another_commit,
    merged_into_another_branch,
    with_a_changed_workflow,
    with_a_workflow_that_moved_away,
    with_more_files_than_are_listed,
    without_a_plan,
    expired,
    of_another_commit,
    made_in_a_fork,
    run_by_a_fork,
    run_by_another_workflow,
    run_on_a_push,
    run_of_another_commit,
    damaged,
    no_archive,
    holding(),
    holding(("../provision.plan", PLAN)),
    holding(("provision.plan", PLAN), ("more", PLAN)),
]


@pytest.mark.parametrize("interfere", UNBELIEVED, ids=lambda each: each.__name__)
def test_what_came_another_way_is_not_applied(machine: Runner, hub: Hub, interfere: Callable[[Hub], str]) -> None:
    assert_refused(machine, interfere(hub))


def test_a_server_that_says_no(machine: Runner, hub: Hub) -> None:
    hub.faults.append(times(99, refuse(403, "Resource not accessible by integration")))
    assert_refused(machine, "the reviewed plan cannot be fetched", "403", go_on=False)


@pytest.mark.parametrize("location", ["http://storage.example/1", "file:///etc/passwd"])
def test_it_is_fetched_safely_or_not_at_all(machine: Runner, hub: Hub, location: str) -> None:
    redirect = Answer(302, {}, (("Location", location),))
    hub.faults.append(lambda asked: redirect if asked.path.endswith("/zip") else None)
    assert_refused(machine, "it is no https://", go_on=False)


def test_by_hand_only_the_run_s_own_plan_counts(machine: Runner, hub: Hub) -> None:
    machine.happen("workflow_dispatch", "refs/heads/main", {})
    name = f"provision-plan-default-{MERGED}"
    hub.keep(name, {"provision.plan": b"another run's"}, made_by(MERGED, "workflow_dispatch", id=43))
    assert_refused(machine, "this run made no plan for default")
    hub.keep(name, {"provision.plan": b"ours"}, made_by(MERGED, "workflow_dispatch"))
    assert fetch(machine) == (0, "The plan is from this run.\n")
    assert fetched(machine) == b"ours"
