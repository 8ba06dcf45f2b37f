"""A sealed state at work: nothing of the project is readable at rest, and every command goes on as before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chaos.rules import Kill
from tests.chaos.world import Ended, World
from tests.guards.steps import SETTINGS, apply, assert_settled
from tests.sealing.conftest import SEALED

pytestmark = pytest.mark.thorough

ROTATED = SETTINGS + "state_encryption: {key: {env: NEW_KEY}, former: [{env: STATE_KEY}]}\n"
NEW_ONLY = SETTINGS + "state_encryption: {key: {env: NEW_KEY}}\n"
NEW = {"NEW_KEY": "the second key of the team"}
COMMAND = SETTINGS + "state_encryption: {key: {command_env: PROVISION_STATE_KEY_COMMAND}}\n"

#: A request in the midst of the first apply.
KILLED_AT = 5
#: What would show in plain text: addresses, instructions, kinds of entries.
TELLING = ("vector_store", "assistant", "Rhyme", "alpha", "vs_", "records")


def at_rest(world: World) -> dict[str, str]:
    """Everything below the state's folder but the lock."""
    files = [path for path in world.state_file.parent.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {path.name: path.read_text(encoding="utf-8") for path in files}


def assert_unreadable(texts: dict[str, str]) -> None:
    assert texts
    shown = [(name, word) for name, text in texts.items() for word in TELLING if word in text]
    assert not shown, shown


def assert_fails(ended: Ended, *messages: str) -> None:
    assert ended.code == 1, ended.said
    missing = [message for message in messages if message not in ended.said]
    assert not missing, (missing, ended.said)


def test_state_and_history_are_unreadable_at_rest(world: World) -> None:
    apply(world)
    assert_unreadable(at_rest(world))
    assert_settled(world)
    assert "vector_store.notes" in world.run("state", "list").out
    assert json.loads(world.run("state", "pull").out)["records"]


def test_a_journal_that_a_crash_left_is_unreadable_and_finished(world: World) -> None:
    world.run_and_kill(Kill(KILLED_AT, answered=True), "apply", "--yes", "--grace", "0")
    left = at_rest(world)
    assert any(name.endswith(".journal") for name in left)
    assert_unreadable(left)
    apply(world)
    assert_settled(world)


def test_a_plan_file_is_unreadable_and_applies(world: World, tmp_path: Path) -> None:
    plan = tmp_path / "reviewed.plan"
    assert world.run("plan", "--out", str(plan)).code == 0
    assert_unreadable({plan.name: plan.read_text(encoding="utf-8")})
    assert "+ vector_store.notes" in world.run("show", str(plan)).out
    applied = world.run("apply", str(plan))
    assert applied.code == 0, applied.said
    assert_settled(world)


def test_a_key_that_is_not_there_is_asked_for(world: World) -> None:
    (world.root / ".env").unlink()
    assert_fails(world.run("plan"), "STATE_KEY, which holds the state's key, is not set", "openssl rand")
    assert world.run("validate").code == 0


def test_a_wrong_key_is_told_apart_from_a_torn_state(world: World) -> None:
    apply(world)
    wrong = world.run("plan", env={"STATE_KEY": "not the key of the team"})
    assert_fails(wrong, "encrypted with another key", "former")
    assert "not the key of the team" not in wrong.said
    text = world.state_file.read_text(encoding="utf-8")
    world.state_file.write_text(text[: len(text) // 2], encoding="utf-8")
    assert_fails(world.run("plan"), "damaged", "provision state history")


def test_a_state_is_not_read_without_its_key_named(world: World) -> None:
    apply(world)
    world.write("provision.yaml", SETTINGS)
    assert_fails(world.run("plan"), "no key is named", "state_encryption: {key: {env: NAME}}")


def test_a_plain_state_is_sealed_by_the_next_write_and_its_history_by_reseal(world: World) -> None:
    world.write("provision.yaml", SETTINGS)
    apply(world)
    world.write("provision.yaml", SEALED)
    assert_settled(world)
    resealed = world.run("state", "reseal")
    assert resealed.code == 0, resealed.said
    assert_unreadable(at_rest(world))
    assert_settled(world)


def test_a_key_is_rotated_by_naming_the_old_one_too(world: World) -> None:
    apply(world)
    world.write("provision.yaml", ROTATED)
    assert world.run("plan", "--detailed-exitcode", env=NEW).code == 0
    assert world.run("state", "reseal", env=NEW).code == 0
    world.write("provision.yaml", NEW_ONLY)
    assert world.run("plan", "--detailed-exitcode", env=NEW).code == 0
    serials = [line.split()[0] for line in world.run("state", "history", env=NEW).out.splitlines()]
    assert world.run("state", "restore", serials[0], env=NEW).code == 0


def test_a_damaged_former_state_is_named_and_left(world: World) -> None:
    apply(world)
    former = next(world.state_file.parent.glob("*.history/1.json"))
    former.write_text(former.read_text(encoding="utf-8")[:90], encoding="utf-8")
    resealed = world.run("state", "reseal")
    assert resealed.code == 0, resealed.said
    assert "are damaged, and stay as they were: 1" in resealed.said


def test_a_command_may_print_the_key(world: World) -> None:
    world.write("provision.yaml", COMMAND)
    command = {"PROVISION_STATE_KEY_COMMAND": "echo the first key of the team"}
    assert world.run("apply", "--yes", "--grace", "0", env=command).code == 0
    world.write("provision.yaml", SEALED)
    assert_settled(world)


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("false", "ended with 1"),
        ("no-such-command", "cannot be run"),
        ('echo "', "a quote is not closed"),
        (" ", "is empty"),
        (None, "is not set"),
        ("keys/print", "is a relative path"),
        ("./print", "is a relative path"),
        ("s3:/ours", "is a relative path"),
        ("printf '\\377'", "prints no text"),
        ("true", "a key of fewer than 16 characters"),
    ],
)
def test_a_command_that_prints_no_key_is_named(world: World, command: str | None, what: str) -> None:
    world.write("provision.yaml", COMMAND)
    assert_fails(world.run("plan", env={"PROVISION_STATE_KEY_COMMAND": command}), "PROVISION_STATE_KEY_COMMAND", what)


def test_the_emulator_needs_no_key(world: World) -> None:
    (world.root / ".env").unlink()
    planned = world.run("--emulator", "plan")
    assert planned.code == 0, planned.said


def test_what_a_command_s_variable_holds_is_never_shown(world: World) -> None:
    world.write("provision.yaml", COMMAND)
    for held in ("q8Jc2X9xkR0m-a-key-put-there-by-mistake", "q8Jc2X9xkR0m\\"):
        ended = world.run("plan", env={"PROVISION_STATE_KEY_COMMAND": held})
        assert ended.code == 1
        assert "q8Jc2X9xkR0m" not in ended.said


def test_a_plain_plan_does_not_pass_for_a_sealed_one(world: World, tmp_path: Path) -> None:
    plan = tmp_path / "reviewed.plan"
    world.write("provision.yaml", SETTINGS)
    assert world.run("plan", "--out", str(plan)).code == 0
    world.write("provision.yaml", SEALED)
    applied = world.run("apply", str(plan))
    assert applied.code == 3, applied.said
    assert "is in plain text" in applied.said
    assert world.run("show", str(plan)).code == 0


def test_encryption_is_switched_off_by_naming_the_key_as_a_former_one(world: World) -> None:
    apply(world)
    world.write("provision.yaml", SETTINGS + "state_encryption: {former: [{env: STATE_KEY}]}\n")
    assert world.run("state", "reseal").code == 0
    world.write("provision.yaml", SETTINGS)
    assert_settled(world)
    assert "sealed" not in "".join(at_rest(world).values())


def test_former_states_whose_key_is_lost_do_not_stand_in_the_way(world: World) -> None:
    apply(world)
    world.state_file.unlink()
    world.write("provision.yaml", NEW_ONLY)
    assert world.run("state", "rebuild", env=NEW).code == 0
    world.write("notes/a.txt", "alpha and more")
    assert world.run("apply", "--yes", "--grace", "0", env=NEW).code == 0
    resealed = world.run("state", "reseal", env=NEW)
    assert resealed.code == 0, resealed.said


SHUT = "encrypted, and none of the configured keys opens it"


def test_whole_states_are_listed_and_unlocked_without_the_key(world: World) -> None:
    apply(world)
    (world.root / ".env").unlink()
    assert world.run("state", "history").out.split() == ["1", "-", "-", *SHUT.split()]


def test_a_sealed_state_is_not_pushed(world: World, tmp_path: Path) -> None:
    apply(world)
    ended = world.run("state", "push", str(world.state_file))
    assert_fails(ended, "is encrypted", "state pull")


def test_damage_is_no_bug(world: World) -> None:
    apply(world)
    former = next(world.state_file.parent.glob("*.history/1.json"))
    for data in (b'{"sealed":1,\xff', b"\xff\xfe"):
        former.write_bytes(data)
        assert_fails(world.run("state", "restore", "1"), "serial 1 of")
        world.state_file.write_bytes(data)
        assert_fails(world.run("plan"), "left as it is")


def test_what_a_killed_write_left_is_swept_away(world: World) -> None:
    apply(world)
    left = world.state_file.parent / f".{world.state_file.stem}.abc.tmp"
    left.write_text("plain text", encoding="utf-8")
    apply(world)
    assert not left.exists()
