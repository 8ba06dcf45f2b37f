"""Files that others run: against the schemas of GitHub and GitLab, and against the rules that keep secrets."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pre_commit.clientlib import load_manifest  # type: ignore[import-untyped]

from provisioner.core.testresult import Verdict
from tests.ci.expressions import evaluate, holds
from tests.conftest import CHECKOUT, Provision, WriteProject

ACTION = "action.yml"
EXAMPLES = sorted(path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "ci/github/examples").iterdir())
RELEASE = ".github/workflows/release.yml"
WORKFLOWS = [*EXAMPLES, ".github/workflows/test.yml", RELEASE]
TEMPLATE = "ci/gitlab/provision.gitlab-ci.yml"
SCRIPTS = sorted(path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "ci").rglob("*.sh"))
GUARDED = re.compile(r"provision-(plan|apply)(-(dev|staging|prod|\$\{\{ matrix\.environment \}\}))?")
SECRET = re.compile(r"\$\{\{\s*secrets\.")
PINNED = re.compile(r"(actions/[a-z-]+|pypa/gh-action-pypi-publish)@[0-9a-f]{40}")


#: What the jobs of a release may write. The jobs that run code of the repository or of packages are not among them.
RELEASE_WRITES = {
    "attest": {"id-token": "write", "attestations": "write"},
    "publish": {"id-token": "write"},
    "release": {"contents": "write"},
}


def read(name: str) -> Any:
    return yaml.safe_load((CHECKOUT / name).read_text(encoding="utf-8"))


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = read(name)["jobs"]
    return found


def steps(name: str) -> Iterator[dict[str, Any]]:
    if name == ACTION:
        yield from read(name)["runs"]["steps"]
    else:
        for job in jobs(name).values():
            yield from job["steps"]


def uses_ours(step: dict[str, Any]) -> bool:
    return str(step.get("uses", "")).startswith("OWNER/provision@")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("schema", "name", "options"),
    [
        ("vendor.github-actions", ACTION, ()),
        *(("vendor.github-workflows", name, ()) for name in WORKFLOWS),
        ("vendor.gitlab-ci", TEMPLATE, ("--data-transform", "gitlab-ci")),
    ],
)
def test_it_is_as_its_schema_says(schema: str, name: str, options: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *options, str(CHECKOUT / name)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("name", [ACTION, *WORKFLOWS])
def test_no_expression_is_part_of_a_script(name: str) -> None:
    for step in steps(name):
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("name", [ACTION, *WORKFLOWS])
def test_what_others_wrote_is_pinned_by_commit(name: str) -> None:
    used = [step["uses"] for step in steps(name) if "uses" in step and not uses_ours(step) and step["uses"] != "./"]
    assert used
    assert [each for each in used if not PINNED.fullmatch(each)] == []


@pytest.mark.thorough
def test_all_pin_the_same_commits() -> None:
    pins: dict[str, set[str]] = {}
    for name in (ACTION, *WORKFLOWS):
        for step in steps(name):
            action, _, commit = step.get("uses", "").partition("@")
            pins.setdefault(action, set()).add(commit)
    assert [action for action, commits in pins.items() if len(commits) > 1] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions_are_the_least(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    allowed = {"contents": "read", "actions": "read", "pull-requests": "read"}
    if name.endswith(("/plan.yml", "/environments-plan.yml")):
        allowed["pull-requests"] = "write"
    for job_name, job in jobs(name).items():
        writes = RELEASE_WRITES.get(job_name, {}) if name == RELEASE else {}
        assert job.get("permissions", {}).items() <= (allowed | writes).items()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_event_brings_secrets_to_strangers(name: str) -> None:
    events = read(name)[True]  # YAML 1.1 reads the key `on` so
    assert set(events) <= {"pull_request", "push", "schedule", "workflow_dispatch"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_job_with_secrets_on_pull_requests_is_for_this_repository_alone(name: str) -> None:
    for job in jobs(name).values():
        if SECRET.search(yaml.safe_dump(job)) and "pull_request" in read(name)[True]:
            assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_job_with_secrets_has_an_environment_that_guards_them(name: str) -> None:
    for job in jobs(name).values():
        if SECRET.search(yaml.safe_dump(job)):
            assert GUARDED.fullmatch(job["environment"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_secrets_go_to_the_action_s_step_alone_and_never_as_an_input(name: str) -> None:
    for job in jobs(name).values():
        assert not SECRET.search(yaml.safe_dump({key: value for key, value in job.items() if key != "steps"}))
        for step in job["steps"]:
            assert not SECRET.search(yaml.safe_dump({key: value for key, value in step.items() if key != "env"}))
            assert uses_ours(step) or "env" not in step


def test_forks_get_no_secret() -> None:
    text = (CHECKOUT / "ci/github/examples/fork.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "write" not in text
    [job] = jobs("ci/github/examples/fork.yml").values()
    assert [step["with"]["command"] for step in job["steps"] if uses_ours(step)] == ["check"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_trusted_hosts_come_from_the_repository_s_variables(name: str) -> None:
    ours = [step for step in steps(name) if uses_ours(step)]
    assert ours
    for step in ours:
        if step["with"]["command"] != "check":
            assert step["with"]["trusted-hosts"] == "${{ vars.PROVISION_TRUSTED_HOSTS }}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_base_is_the_default_branch_and_no_checkout_keeps_a_token(name: str) -> None:
    for step in steps(name):
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
            refs = {"base": "${{ github.event.repository.default_branch }}"}
            assert step["with"].get("ref") == refs.get(step["with"].get("path"))


def test_examples_use_inputs_that_there_are() -> None:
    inputs = read(ACTION)["inputs"]
    for name in EXAMPLES:
        for step in steps(name):
            if uses_ours(step):
                assert step["with"].keys() <= inputs.keys()
                assert step["with"]["command"] in ("plan", "apply", "check", "drift", "test")


def test_a_plan_is_made_on_what_is_reviewed_and_applied_where_it_was_merged() -> None:
    plan, apply = (read(f"ci/github/examples/{name}.yml")[True] for name in ("plan", "apply"))
    assert plan["pull_request"] == apply["push"]
    assert read(ACTION)["inputs"]["plan-workflow"]["default"] == ".github/workflows/plan.yml"


def test_several_environments_are_planned_at_once_and_applied_one_after_the_other() -> None:
    """Each with keys of its own: of GitHub's environment of its name, which the job and the action share."""
    plans, applies = (read(f"ci/github/examples/environments-{name}.yml") for name in ("plan", "apply"))
    single = read("ci/github/examples/plan.yml")
    assert (plans[True], plans["jobs"]["plan"]["if"]) == (single[True], single["jobs"]["plan"]["if"])
    names = plans["jobs"]["plan"]["strategy"]["matrix"]["environment"]
    assert names == applies["jobs"]["plan"]["strategy"]["matrix"]["environment"] == ["dev", "staging", "prod"]
    assert plans["jobs"]["plan"]["strategy"]["fail-fast"] is False
    order = {name: job["needs"] for name, job in applies["jobs"].items() if name != "plan"}
    assert order == {"dev": "plan", "staging": "dev", "prod": "staging"}
    for name in names:
        job = applies["jobs"][name]
        assert job["environment"] == f"provision-apply-{name}"
        assert job["steps"][-1]["with"]["environment"] == name
        assert ("confirm" in job["steps"][-1]["with"]) == (name == "prod")
        assert f"needs.{order[name]}.result == 'success'" in job["if"]
        assert "!cancelled()" in job["if"]
    for job in (plans["jobs"]["plan"], applies["jobs"]["plan"], read("ci/github/examples/drift.yml")["jobs"]["drift"]):
        assert job["environment"] == "provision-plan-${{ matrix.environment }}"
        assert job["steps"][-1]["with"]["environment"] == "${{ matrix.environment }}"


def test_the_nightly_look_can_change_and_open_nothing() -> None:
    drift = read("ci/github/examples/drift.yml")
    assert set(drift[True]) == {"schedule", "workflow_dispatch"}
    [job] = drift["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert [step["with"]["command"] for step in job["steps"] if uses_ours(step)] == ["drift"]
    conditions = {step.get("name"): step.get("if", "") for step in steps(ACTION)}
    for name in ("Comment", "Keep the plan", "Apply", "Fetch the reviewed plan"):
        assert "drift" not in conditions[name]
        assert "inputs.command ==" in conditions[name]


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_path_is_left_out(name: str) -> None:
    """A plan reads prompts, files and schemas from anywhere below the root, the settings, and perhaps the state."""
    for event in read(name)[True].values():
        for each in event if isinstance(event, list) else [event or {}]:
            assert not {"paths", "paths-ignore"} & set(each)


def test_the_key_is_at_hand_only_where_it_is_needed() -> None:
    without = [step["name"] for step in steps(ACTION) if step.get("env", {}).get("OPENAI_API_KEY") == ""]
    scripts = [step["name"] for step in steps(ACTION) if "run" in step]
    assert set(scripts) - set(without) == {"Plan", "Drift", "Test", "Apply"}


def test_the_action_offers_what_the_command_line_writes() -> None:
    outputs = read(ACTION)["outputs"]
    names = {"has_changes", "create", "update", "replace", "delete", "adopt", "forget", "unchanged"}
    tests = {f"tests_{verdict.replace(' ', '_')}" for verdict in Verdict}
    assert outputs.keys() == names | tests | {"applied", "failed", "skipped", "plan-file", "junit-file"}
    for name in tests:
        assert outputs[name]["value"] == f"${{{{ steps.test.outputs.{name} || steps.apply.outputs.{name} }}}}"
    for name in names:
        assert outputs[name]["value"] == f"${{{{ steps.plan.outputs.{name} || steps.apply.outputs.{name} }}}}"


def test_every_input_is_used() -> None:
    text = (CHECKOUT / ACTION).read_text(encoding="utf-8")
    assert [name for name in read(ACTION)["inputs"] if f"inputs.{name}" not in text] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_strict_and_parse(name: str) -> None:
    path = CHECKOUT / name
    if path.name != "common.sh":
        assert "\nset -euo pipefail\n" in path.read_text(encoding="utf-8")
        assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(path)], check=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.a == 'x'", True),
        ("inputs.a != 'x' || inputs.b == ''", True),
        ("always() && inputs.a == 'y'", False),
        ("!(inputs.a == 'x')", False),
        ("steps.none.outputs.x || inputs.a", "x"),
    ],
)
def test_expressions_are_read(text: str, value: object) -> None:
    assert evaluate(text, {"inputs": {"a": "x", "b": ""}, "steps": {}}) == value


def test_a_step_runs_after_a_failure_only_where_it_says_so() -> None:
    assert not holds("", {}, succeeded=False)
    assert holds("always()", {}, succeeded=False)
    with pytest.raises(ValueError, match="cannot read"):
        evaluate("fromJSON(x)", {})


def test_hooks_are_as_pre_commit_reads_them() -> None:
    hooks = load_manifest(str(CHECKOUT / ".pre-commit-hooks.yaml"))
    assert [(hook["id"], hook["language"], hook["pass_filenames"]) for hook in hooks] == [
        ("provision-validate", "python", False),
        ("provision-lint", "python", False),
    ]
    for name, matched in {"manifests/a.md": True, "x/manifests/b/c.txt": True, "src/a.py": False}.items():
        assert all(bool(re.search(hook["files"], name)) is matched for hook in hooks)


@pytest.mark.thorough
@pytest.mark.parametrize("index", [0, 1])
def test_hooks_run(project: WriteProject, provision: Provision, index: int) -> None:
    entry = load_manifest(str(CHECKOUT / ".pre-commit-hooks.yaml"))[index]["entry"].split()
    project({"a.yaml": "assistants: {tutor: {instructions: Teach.}}\n"})
    assert provision(*entry[1:]).code == 0
    project({"a.yaml": "assistants: {tutor: {instruction: Teach.}}\n"})
    ended = provision(*entry[1:])
    assert (ended.code, ended.requests) == (1, ())


def test_this_repository_tests_every_python_that_it_is_for() -> None:
    job = jobs(".github/workflows/test.yml")["test"]
    classifiers = re.findall(r"Python :: (3\.\d+)", (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    assert job["strategy"]["matrix"]["python"] == classifiers
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
