"""Which plan is applied after a merge: the reviewed one, from where it can only have come the right way."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from tests.ci.hub import TOKEN, Answer, Hub, pull_request, refuse, times
from tests.ci.runner import HEAD, MERGED, Runner, made_by

NAME = f"provision-plan-default-{HEAD}"
PLAN = b'{"a plan": true}'
OTHER = "c" * 40


@pytest.fixture
def machine(tmp_path: Path, hub: Hub) -> Runner:
    """A runner after the merge of a pull request that was planned."""
    (tmp_path / "temp").mkdir()
    hub.pulls.append(pull_request(HEAD, MERGED))
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


def test_a_branch_may_have_been_merged_before(machine: Runner, hub: Hub) -> None:
    hub.pulls.append(pull_request(OTHER, OTHER, number=5, closed_at="2025-12-31T00:00:00Z"))
    assert fetch(machine)[0] == 0


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
    return f"there is no plan for the default environment from pull request 7 at {HEAD}"


def expired(hub: Hub) -> str:
    hub.artifacts[0]["expired"] = True
    return "or it has expired"


def of_another_commit(hub: Hub) -> str:
    hub.artifacts[0]["workflow_run"]["head_sha"] = OTHER
    return "there is no plan for the default environment"


def made_in_a_fork(hub: Hub) -> str:
    hub.artifacts[0]["workflow_run"]["head_repository_id"] = 2
    return "there is no plan for the default environment"


def run_by_a_fork(hub: Hub) -> str:
    hub.runs[42]["head_repository"] = {"id": 2, "full_name": "stranger/helpers"}
    return "there is no plan for the default environment"


def run_by_another_workflow(hub: Hub) -> str:
    hub.runs[42]["path"] = ".github/workflows/plan.yml.mine.yml"
    return "there is no plan for the default environment"


def run_on_a_push(hub: Hub) -> str:
    hub.runs[42]["event"] = "push"
    return "there is no plan for the default environment"


def run_of_another_commit(hub: Hub) -> str:
    hub.runs[42]["head_sha"] = OTHER
    return "there is no plan for the default environment"


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


def planned_for_another_branch_too(hub: Hub) -> str:
    """The commit is that of an open pull request into a branch that has a workflow of its own."""
    other = pull_request(HEAD, OTHER, number=8, state="open", closed_at=None, merged_at=None, base={"ref": "mine"})
    other["head"]["ref"] = "another"
    hub.pulls.append(other)
    hub.keep(NAME, {"provision.plan": b"theirs"}, made_by(HEAD, "pull_request", id=43, head_branch="another"))
    return "pull request 8 has the same branch or commit as 7"


def planned_for_another_branch_before(hub: Hub) -> str:
    """The same, closed by now."""
    hub.pulls.append(pull_request(HEAD, OTHER, number=8, merged_at=None, base={"ref": "mine"}))
    hub.keep(NAME, {"provision.plan": b"theirs"}, made_by(HEAD, "pull_request", id=43))
    return "pull request 8 has the same branch or commit as 7"


def planned_for_another_branch_with_the_first_run_deleted(hub: Hub) -> str:
    """The other pull request was given another commit before it was closed, and only its run is left."""
    hub.pulls.append(pull_request(OTHER, OTHER, number=8, merged_at=None, base={"ref": "mine"}))
    return "pull request 8 has the same branch or commit as 7"


def planned_before_its_base_was_changed(hub: Hub) -> str:
    hub.events += [{"event": "labeled"}, {"event": "base_ref_changed"}]
    return "pull request 7 was for another branch before"


def planned_before_its_base_was_merged(hub: Hub) -> str:
    hub.events.append({"event": "automatic_base_change_succeeded"})
    return "pull request 7 was for another branch before"


def planned_twice(hub: Hub) -> str:
    hub.keep(NAME, {"provision.plan": b"theirs"}, made_by(HEAD, "pull_request", id=43))
    return "ran 2 times"


def planned_twice_and_kept_once(hub: Hub) -> str:
    hub.artifacts.clear()
    hub.keep(NAME, {"provision.plan": b"theirs"}, made_by(HEAD, "pull_request", id=43))
    return "ran 2 times"


def run_from_another_branch(hub: Hub) -> str:
    hub.runs[42]["head_branch"] = "another"
    return "there is no plan for the default environment"


def kept_from_another_branch(hub: Hub) -> str:
    hub.artifacts[0]["workflow_run"]["head_branch"] = "another"
    return "there is no plan for the default environment"


def kept_by_another_run(hub: Hub) -> str:
    hub.artifacts[0]["workflow_run"]["id"] = 41
    return "there is no plan for the default environment"


def kept_by_nobody(hub: Hub) -> str:
    hub.artifacts[0]["workflow_run"] = None
    return "there is no plan for the default environment"


def kept_after_the_merge(hub: Hub) -> str:
    hub.artifacts[0]["created_at"] = "2026-01-02T00:00:01Z"
    return "there is no plan for the default environment"


def run_after_the_merge(hub: Hub) -> str:
    hub.runs[42]["created_at"] = "2026-01-02T00:00:01Z"
    return "there is no plan for the default environment"


def run_with_the_base_s_secrets(hub: Hub) -> str:
    hub.runs[42]["event"] = "pull_request_target"
    return "there is no plan for the default environment"


def run_by_hand_on_the_branch(hub: Hub) -> str:
    hub.runs[42]["event"] = "workflow_dispatch"
    return "there is no plan for the default environment"


def run_as_another_branch_defines_it(hub: Hub) -> str:
    hub.runs[42]["path"] += "@refs/heads/mine"
    return "there is no plan for the default environment"


def run_elsewhere(hub: Hub) -> str:
    hub.runs[42]["repository"] = {"id": 2, "full_name": "school/others"}
    return "there is no plan for the default environment"


def with_another_workflow_in_its_commit(hub: Hub) -> str:
    hub.blobs[".github/workflows/plan.yml", HEAD] = "1" * 40
    return "is another one at"


def without_the_workflow_on_the_default_branch(hub: Hub) -> str:
    hub.blobs[".github/workflows/plan.yml", MERGED] = ""
    return "is not there at"


def with_a_workflow_in_capitals(hub: Hub) -> str:
    hub.files.append({"filename": ".GitHub/workflows/plan.yml"})
    return "pull request 7 changes workflows"


def merged_by_two(hub: Hub) -> str:
    hub.pulls.append(pull_request(OTHER, MERGED, number=8))
    return "came through more than one pull request"


def linked(hub: Hub) -> str:
    return holding_member(hub, external_attr=0o120777 << 16)


def squeezed_otherwise(hub: Hub) -> str:
    return holding_member(hub, compress_type=ZIP_BZIP2)


def swollen(hub: Hub) -> str:
    """64 MiB and a little of nothing, in 64 KiB."""
    return holding_member(hub, b"\0" * (64 * 2**20 + 1))


def holding_member(hub: Hub, content: bytes = PLAN, **fields: int) -> str:
    member = ZipInfo("provision.plan")
    member.compress_type = ZIP_DEFLATED
    for name, value in fields.items():
        setattr(member, name, value)
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(member, content)
    hub.contents[1] = buffer.getvalue()
    hub.artifacts[0]["digest"] = None
    return "what was kept as a plan is none"


def broken_inside(hub: Hub) -> str:
    told = holding_member(hub, b"a plan " * 1000)
    start = hub.contents[1].index(b"provision.plan") + len("provision.plan")
    hub.contents[1] = hub.contents[1][:start] + b"\xff" * 8 + hub.contents[1][start + 8 :]
    return told


UNBELIEVED = [
    planned_for_another_branch_too,
    planned_for_another_branch_before,
    planned_for_another_branch_with_the_first_run_deleted,
    planned_before_its_base_was_changed,
    planned_before_its_base_was_merged,
    planned_twice,
    planned_twice_and_kept_once,
    run_from_another_branch,
    kept_from_another_branch,
    kept_by_another_run,
    kept_by_nobody,
    kept_after_the_merge,
    run_after_the_merge,
    run_with_the_base_s_secrets,
    run_by_hand_on_the_branch,
    run_as_another_branch_defines_it,
    run_elsewhere,
    with_another_workflow_in_its_commit,
    without_the_workflow_on_the_default_branch,
    with_a_workflow_in_capitals,
    merged_by_two,
    linked,
    squeezed_otherwise,
    swollen,
    broken_inside,
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


@pytest.mark.first_case_is_quick
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
    assert_refused(machine, "this run made no plan for the default environment")
    hub.keep(name, {"provision.plan": b"ours"}, made_by(MERGED, "workflow_dispatch"))
    assert fetch(machine) == (0, "The plan is from this run.\n")
    assert fetched(machine) == b"ours"
