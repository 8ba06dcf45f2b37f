"""Secrets that are planted wherever a run can read them, and looked for wherever it writes."""

from __future__ import annotations

import stat

import pytest

from tests.chaos.rules import Kill, Refuse, every, first
from tests.chaos.world import Ended, World
from tests.guards.steps import apply
from tests.warm.forks import KILLED

KEY = "sk-proj-planted-key-0123456789abcdef"
OTHERS = {
    "DATABASE_URL": "postgres://planted:hunter2@db/1",
    "SLACK_TOKEN": "xoxb-planted-token",
    "SPARE": "planted",
}
WORDS = ("planted", "hunter2", "Bearer sk")

RUNTIME = """
assistants:
  caller:
    instructions: Call.
    tools:
      - type: mcp
        server_label: files
        server_url: https://mcp.example/sse
        authorization: {runtime: SLACK_TOKEN}
"""


@pytest.fixture
def planted(world: World) -> World:
    """A project whose `.env` and environment are full of secrets, one of them named in a manifest."""
    text = "".join(f"{name}={value}\n" for name, value in {"OPENAI_API_KEY": KEY, **OTHERS}.items())
    (world.root / ".env").write_text(text, encoding="utf-8")
    world.write("caller.yaml", RUNTIME)
    return world


def run(world: World, *arguments: str, **options: object) -> Ended:
    return world.run(*arguments, env={"OPENAI_API_KEY": None}, **options)  # type: ignore[arg-type]


def everything_written(world: World) -> str:
    """All that is on disk, but for what the user wrote."""
    kept = [path for path in world.root.rglob("*") if path.is_file() and "manifests" not in path.parts]
    return "\n".join(
        f"{path.name}: {path.read_text(encoding='utf-8', errors='replace')}" for path in kept if path.name != ".env"
    )


def assert_kept_secret(text: str) -> None:
    assert [word for word in WORDS if word in text] == [], text


@pytest.mark.thorough
def test_nothing_that_a_day_writes_holds_a_secret(planted: World) -> None:
    plan = str(planted.root / "reviewed.plan")
    said = ""
    for command in (
        ["validate", "-v"],
        ["plan", "-v", "--out", plan],
        ["plan", "--json"],
        ["show", plan],
        ["apply", plan, "-v"],
        ["state", "list", "--json"],
        ["state", "show", "assistant.caller"],
        ["output", "--json"],
        ["show", "--json"],
        ["destroy", "--yes", "-v", "--json"],
    ):
        ended = run(planted, *command)
        assert ended.code == 0, ended.said
        said += ended.said
        assert_kept_secret(everything_written(planted))
    assert "key: OPENAI_API_KEY in .env" in said
    assert '"runtime": "SLACK_TOKEN"' in said
    assert_kept_secret(said)
    sent = {each.headers["authorization"] for each in planted.proxy.exchanges}
    assert sent == {f"Bearer {KEY}"}, "it was in use all the time"


def test_a_journal_holds_none(planted: World) -> None:
    variables = planted.environment({"OPENAI_API_KEY": None})
    kill = Kill(9, answered=True)
    planted.proxy.rule = kill
    fork = planted.forks.start("provision", ["apply", "--yes", "-v"], planted.root, variables)
    kill.victim.set_result(fork)
    assert planted.finish(fork).code == KILLED
    assert "begin" in planted.journal_file.read_text(encoding="utf-8")
    assert_kept_secret(everything_written(planted) + fork.said())


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_an_error_holds_none_even_where_the_server_repeats_the_key(planted: World, status: int) -> None:
    rule = Refuse(every, status, code="insufficient_quota", message=f"Incorrect API key provided: {KEY}.")
    rule.headers = {"retry_after_ms": "1"}
    for command in (["plan", "-v"], ["apply", "--yes", "-vv"], ["apply", "--yes", "--json"]):
        ended = run(planted, *command, rule=rule)
        assert ended.code == 1, ended.said
        assert "Incorrect API key provided: " in ended.said
        assert_kept_secret(ended.said + everything_written(planted))


def test_a_failed_change_holds_none_either(planted: World) -> None:
    rule = Refuse(first("POST", "/vector_stores"), 400, message=f"No store for {KEY}.")
    ended = run(planted, "apply", "--yes", "--json", rule=rule)
    assert ended.code == 1
    assert "No store for " in ended.said
    assert_kept_secret(ended.said + everything_written(planted))


def test_a_name_and_a_password_in_the_address_are_no_part_of_the_account(world: World) -> None:
    url = world.proxy.base_url.replace("://", "://planted:hunter2@")
    ended = world.run("plan", "-v", env={"OPENAI_BASE_URL": url})
    assert_kept_secret(ended.said + everything_written(world))


@pytest.mark.thorough
def test_whatever_is_kept_is_its_owners_only(planted: World) -> None:
    assert run(planted, "plan", "--out", str(planted.root / "reviewed.plan")).code == 0
    assert planted.run_and_kill(Kill(9, answered=True), "apply", "--yes") == KILLED
    apply(planted)
    planted.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    assert planted.run_and_kill(Kill(5, answered=True), "apply", "--yes") == KILLED
    kept = [planted.root / "reviewed.plan", *(each for each in (planted.root / "state").rglob("*") if each.is_file())]
    assert {path.suffix for path in kept} == {".plan", ".json", ".journal", ".lock"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
