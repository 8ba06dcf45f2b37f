"""Every content that was applied becomes a release, once; equal contents are stored once."""

from __future__ import annotations

import json
import shutil

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import TornState
from provisioner.state.parsing import parse
from provisioner.state.records import dump
from tests.releases.bench import TUTOR, Bench, numbers, tutor


@pytest.mark.first_case_is_quick
def test_each_applied_content_is_a_release(bench: Bench) -> None:
    for text in ("one", "two", "two", "three"):
        bench.write(tutor(text))
        bench.settle()
    assert bench.texts() == ["one", "two", "three"]
    assert numbers(bench.releases_of()) == [1, 2, 3]


@pytest.mark.first_case_is_quick
def test_a_content_that_comes_back_is_a_release_again_and_is_stored_once(bench: Bench) -> None:
    for text in ("one", "two", "one"):
        bench.write(tutor(text))
        bench.settle()
    assert bench.texts() == ["one", "two", "one"]
    assert len(bench.stored()) == 2


def test_a_release_names_its_run(bench: Bench) -> None:
    bench.write(tutor("one"))
    engine, manifest = replace(bench.engine(), find_commit=lambda: "c" * 40), bench.manifest()
    with engine.locked("apply"):
        engine.apply(engine.plan(manifest.resources, under_lock=True))
    (release,) = bench.releases_of()
    assert release.made.commit == "c" * 40
    assert len(release.made.plan) == 64
    assert "@" in release.made.who
    assert release.made.command == "apply"
    assert release.made.time > 1_600_000_000


@pytest.mark.first_case_is_quick
def test_only_the_newest_releases_are_kept_and_their_contents(bench: Bench) -> None:
    bench.keep = 2
    for text in ("one", "two", "three", "four"):
        bench.write(tutor(text))
        bench.settle()
    assert bench.texts() == ["three", "four"]
    assert numbers(bench.releases_of()) == [3, 4]
    assert len(bench.stored()) == 2


def test_contents_that_a_killed_run_left_are_removed_by_the_next(definitions: Bench) -> None:
    definitions.keep = 1
    for text in ("one", "two"):
        definitions.write(tutor(text))
        definitions.run(last=None)
    definitions.write(tutor("three"))
    total = definitions.writes
    assert definitions.run(last=total) is None
    assert len(definitions.stored()) == 2
    definitions.write(tutor("four"))
    definitions.settle()
    assert len(definitions.stored()) == 1


def test_a_template_alone_makes_a_release(tmp_path: object, bench: Bench) -> None:
    bench.target = "agents"
    for command in ("echo 1", "echo 2"):
        bench.write(tutor("one", f"    environment: {{setup_commands: [{command}]}}\n"))
        bench.settle()
    releases = bench.releases()
    first, second = releases.of(TUTOR)
    assert releases.read_hidden(first.parts[0], first) == [{"command": "echo 1"}]
    assert releases.read_hidden(second.parts[0], second) == [{"command": "echo 2"}]


NAME = "    name: T\n"


@pytest.mark.first_case_is_quick
def test_a_renamed_assistant_keeps_its_releases(bench: Bench) -> None:
    for text in ("one", "two"):
        bench.write(tutor(text, NAME))
        bench.settle()
    moved = "moved: [{from: assistant.tutor, to: assistant.coach}]\n"
    bench.write(tutor("two", NAME).replace("tutor:", "coach:") + moved)
    bench.settle()
    assert bench.texts(Address("assistant", "coach")) == ["one", "two"]
    bench.write(tutor("three", NAME).replace("tutor:", "coach:") + moved)
    bench.settle()
    assert bench.texts(Address("assistant", "coach")) == ["one", "two", "three"]


@pytest.mark.first_case_is_quick
def test_a_state_that_is_older_than_releases_is_rolled_forward_from_its_history(bench: Bench) -> None:
    for text in ("one", "two", "three"):
        bench.write(tutor(text))
        bench.settle()
    shutil.rmtree(bench.root / "state/default.releases")
    assert bench.texts() == ["one", "two", "three"]
    assert bench.releases_of()[0].made.command == "apply"
    bench.write(tutor("four"))
    bench.settle()
    assert bench.texts() == ["one", "two", "three", "four"]
    assert numbers(bench.releases_of()) == [1, 2, 3, 4]


@pytest.mark.first_case_is_quick
def test_a_state_without_history_gives_its_present_contents(bench: Bench) -> None:
    for text in ("one", "two"):
        bench.write(tutor(text))
        bench.settle()
    shutil.rmtree(bench.root / "state/default.releases")
    shutil.rmtree(bench.root / "state/default.history")
    bench.write(tutor("three"))
    bench.settle()
    assert bench.texts() == ["two", "three"]


def test_what_an_older_version_applied_in_between_is_added(definitions: Bench) -> None:
    for text in ("one", "two", "three"):
        definitions.write(tutor(text))
        definitions.settle()
        if text == "one":
            shutil.copytree(definitions.root / "state/default.releases", definitions.root / "kept")
    shutil.rmtree(definitions.root / "state/default.releases")
    shutil.move(definitions.root / "kept", definitions.root / "state/default.releases")
    assert definitions.texts() == ["one", "two", "three"]


def test_restoring_an_earlier_state_invents_no_release(bench: Bench) -> None:
    for text in ("one", "two"):
        bench.write(tutor(text))
        bench.settle()
    present, former = bench.local.read(), bench.local.read_former(1)
    assert present is not None
    restored = parse(dump(former.after(present)), "restored")
    written = replace(former.written, command="state restore 1") if former.written else None
    with bench.local.lock("state restore"):
        bench.local.write(replace(restored, written=written))
    assert bench.texts() == ["one", "two"]


def test_numbers_are_never_given_twice_when_the_state_is_lost(definitions: Bench) -> None:
    for text in ("one", "two"):
        definitions.write(tutor(text))
        definitions.settle()
    shutil.rmtree(definitions.root / "state/default.history")
    (definitions.root / "state/default.json").unlink()
    definitions.write(tutor("three"))
    definitions.settle()
    assert numbers(definitions.releases_of()) == [1, 2, 3]
    assert definitions.record().id == "tutor@3"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": 1}', "<<<<<<< HEAD\n{}\n=======\n", '{"format": 9}', '{"format": 1, "salt": 3}'],
)
def test_a_damaged_index_is_an_error_and_stays(definitions: Bench, text: str) -> None:
    definitions.write(tutor("one"))
    definitions.settle()
    index = definitions.root / "state/default.releases/index.json"
    index.write_text(text, encoding="utf-8")
    with pytest.raises((TornState, Exception), match=r"index\.json") as raised:
        definitions.releases_of()
    assert type(raised.value).__name__ in ("TornState", "NewerState")
    assert index.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("change", ["number", "digest", "order", "run"])
def test_an_edited_index_is_an_error(definitions: Bench, change: str) -> None:
    for text in ("one", "two"):
        definitions.write(tutor(text))
        definitions.settle()
    index = definitions.root / "state/default.releases/index.json"
    body = json.loads(index.read_text(encoding="utf-8"))
    releases = body["releases"]["assistant.tutor"]
    if change == "order":
        releases.reverse()
    else:
        releases[0][change] = {"number": 0, "digest": "../../etc/passwd", "run": "none"}[change]
    index.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(TornState):
        definitions.releases_of()


def test_a_content_that_was_changed_is_an_error(definitions: Bench) -> None:
    definitions.write(tutor("one"))
    definitions.settle()
    (name,) = definitions.stored()
    path = definitions.root / f"state/default.releases/{name}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("one", "two"), encoding="utf-8")
    releases = definitions.releases()
    with pytest.raises(TornState, match=r"assistant\.tutor@1 is not what provision wrote"):
        releases.read(releases.of(TUTOR)[0])
