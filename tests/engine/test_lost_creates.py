"""The contract of every remote collection: what a create has made whose answer was lost is found again, and made once.

A new collection is a line in INPUTS. What a server does that drops the mark, and what a type does that has none, is
shown with collections in memory.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import FILE_KIND
from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import Ambiguous
from provisioner.core.objecttype import AGENT, FILE, TYPES, VECTOR_STORE, MarkPlace, ObjectType
from provisioner.engine.creation import create_once
from provisioner.engine.ledger import Ledger
from provisioner.engine.recovery import recover
from provisioner.engine.versions import draft_version
from provisioner.openai_api.collections import REMOTE, Collection, open_collections
from provisioner.openai_api.collections.collection import Draft, Live, Mark
from provisioner.openai_api.collections.marks import read_mark
from provisioner.openai_api.http.session import Session
from provisioner.planning.plan import Action, Change
from provisioner.state.backends import LocalBackend
from provisioner.state.folding import fold
from provisioner.state.journal import Begin, Entry, Opening, find_disagreement, parse_entry
from provisioner.state.operations import Creating
from provisioner.state.records import Record, State
from provisioner.state.versions import version_of
from tests.conftest import Emulators
from tests.warm.forks import Forks

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

CONTENT = b"alpha"
UPLOAD = {"filename": "a.md", "purpose": "assistants", "bytes": len(CONTENT)}
SKILL_FILE = b"---\nname: reviewer\ndescription: Reviews.\n---\n"
SKILL = {
    "name": "reviewer",
    "description": "Reviews.",
    "content": {"SKILL.md": hashlib.sha256(SKILL_FILE).hexdigest()},
}
INPUTS: Mapping[str, Mapping[str, Any]] = {
    "file": {**UPLOAD, "sha256": hashlib.sha256(CONTENT).hexdigest()},
    "vector_store": {"name": "notes"},
    "skill": SKILL,
    "environment_template": {"network": {"access": "disabled"}},
    "agent": {"model": "gpt-6-luna", "instructions": "Rhyme."},
    "assistant": {"model": "gpt-6-luna", "instructions": "Rhyme."},
}
#: Types of versions, with what is sent besides the id of their object.
VERSIONS: Mapping[str, Mapping[str, Any]] = {"skill_version": SKILL}
STATE = State.new(account="here", project="shop", environment="prod")


def address_of(declared: ObjectType) -> Address:
    return Address(declared.kind.name, "a")


def begun(declared: ObjectType, operation: str = "op_1", **inputs: Any) -> Begin:
    """A create of a killed run, as its journal holds it."""
    blank = Record(address_of(declared), declared.name, "", {**INPUTS.get(declared.name, {}), **inputs})
    return Begin(operation, blank.address, declared.name, "digest", time.time(), Creating(blank))


def draft_of(declared: ObjectType, operation: str, folder: Path) -> Draft:
    path, skill = folder / "a.md", folder / "SKILL.md"
    path.write_bytes(CONTENT)
    skill.write_bytes(SKILL_FILE)
    mark = Mark(f"shop/prod/{address_of(declared)}", STATE.lineage, operation)
    return Draft(INPUTS[declared.name], mark, path, {"SKILL.md": skill})


def live_ids(collection: Collection) -> list[str]:
    return [live.id for page in collection.pages() for live in page]


@pytest.fixture(scope="module")
def deaf(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Iterator[dict[str, Collection]]:
    """Collections of a server that carries out every create, and answers none."""
    with ExitStack() as running:
        emulator = Emulators(tmp_path_factory.mktemp("deaf"), running, forks)(fail=("POST /* drop-after",))
        session = Session(Endpoint(emulator.base_url, "sk-test", "a test"), rest=lambda seconds: True)
        running.callback(session.close)
        yield open_collections(session)


def test_every_remote_collection_is_tried() -> None:
    tried = {*INPUTS, *VERSIONS}
    assert tried == {each.declared.name for each in REMOTE} == {t.name for t in TYPES.values() if not t.local}
    assert set(VERSIONS) == {t.name for t in TYPES.values() if t.version_of}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("type_", INPUTS)
def test_what_a_lost_create_has_made_is_taken_over(deaf: Mapping[str, Collection], type_: str, tmp_path: Path) -> None:
    """First in the run that loses the answer, then in the run after one that was killed at that moment."""
    collection, declared = deaf[type_], TYPES[type_]
    journal = LocalBackend(tmp_path, "prod").open_journal(
        Opening(STATE.lineage, 0, "here", "shop", "prod", time.time())
    )
    ledger = Ledger(STATE, journal)
    change = Change(address_of(declared), Action.CREATE, type_)
    creating = begun(declared).intent
    assert isinstance(creating, Creating)
    begin, live = create_once(
        ledger, collection, change, creating, lambda operation: draft_of(declared, operation, tmp_path), Event()
    )
    journal.close()
    assert live_ids(collection) == [live.id]

    recovery = recover([begin], STATE, deaf)
    assert [end.operation for end in recovery.ends] == [begin.operation]
    delta = recovery.ends[0].delta
    assert delta is not None
    assert delta.record is not None
    assert (delta.record.id, delta.record.operation) == (live.id, begin.operation)
    assert [each.severity for each in recovery.diagnostics] == ["info"]


@pytest.mark.parametrize("type_", INPUTS)
def test_what_is_recorded_already_is_not_taken_twice(
    deaf: Mapping[str, Collection], type_: str, tmp_path: Path
) -> None:
    declared = TYPES[type_]
    with pytest.raises(Ambiguous):
        deaf[type_].create(draft_of(declared, "op_other", tmp_path))
    records = {
        Address(declared.kind.name, id): Record(Address(declared.kind.name, id), type_, id, {})
        for id in live_ids(deaf[type_])
    }
    recovery = recover([begun(declared, "op_other")], replace(STATE, records=records), deaf)
    assert [end.delta for end in recovery.ends] == [None]
    assert recovery.diagnostics == []


def object_of(deaf: Mapping[str, Collection], type_: str, folder: Path) -> tuple[State, Record]:
    """A state that records an object of the deaf server, which has one version."""
    declared = TYPES[TYPES[type_].version_of or ""]
    with pytest.raises(Ambiguous):
        deaf[declared.name].create(draft_of(declared, "op_made", folder))
    live = next(live for page in deaf[declared.name].pages() for live in page)
    record = Record(address_of(declared), declared.name, live.id, INPUTS[declared.name], dict(live.fields))
    return replace(STATE, records={record.address: record}), record


def version_begun(record: Record, sent: Mapping[str, Any], operation: str = "op_1", **inputs: Any) -> Begin:
    """A create of a version, as the journal of a killed run holds it."""
    creating, body = draft_version(record, replace(record, inputs={**sent, **inputs}), time.time(), 0)
    assert body == creating.record.inputs
    return Begin(operation, record.address, creating.record.type, "digest", time.time(), creating)


@pytest.mark.parametrize("type_", VERSIONS)
def test_a_version_that_a_lost_create_has_made_is_taken_over(
    deaf: Mapping[str, Collection], type_: str, tmp_path: Path
) -> None:
    state, record = object_of(deaf, type_, tmp_path)
    begin = version_begun(record, VERSIONS[type_])
    assert isinstance(begin.intent, Creating)
    body = begin.intent.record.inputs
    with pytest.raises(Ambiguous):
        deaf[type_].create(dataclasses.replace(draft_of(TYPES[record.type], "op_1", tmp_path), body=body))

    recovery = recover([begin], state, deaf)
    (end,) = recovery.ends
    assert end.delta is not None
    assert end.delta.record is not None
    assert (end.delta.record.id, version_of(end.delta.record)) == (record.id, f"{record.id}@2")
    assert end.delta.retire is not None
    assert end.delta.retire.id == f"{record.id}@1"
    entries: list[Entry] = [begin, end]
    assert find_disagreement(entries) is None
    assert [parse_entry(entry.to_json()) for entry in entries] == entries


@pytest.mark.parametrize("type_", VERSIONS)
def test_a_version_that_was_sent_twice_is_taken_once_and_the_other_one_is_retired(
    deaf: Mapping[str, Collection], type_: str, tmp_path: Path
) -> None:
    state, record = object_of(deaf, type_, tmp_path)
    begun = [version_begun(record, VERSIONS[type_], operation) for operation in ("op_1", "op_2")]
    for begin in begun:
        assert isinstance(begin.intent, Creating)
        draft = dataclasses.replace(draft_of(TYPES[record.type], "op_1", tmp_path), body=begin.intent.record.inputs)
        with pytest.raises(Ambiguous):
            deaf[type_].create(draft)
    recovery = recover(begun, state, deaf)
    after = fold(state, [end.delta for end in recovery.ends if end.delta is not None])
    assert [each.severity for each in recovery.diagnostics] == ["info", "info"]
    assert {version_of(each) for each in after.records.values()} | {each.id for each in after.retired} == {
        f"{record.id}@{number}" for number in (1, 2, 3)
    }


@pytest.mark.parametrize("type_", VERSIONS)
def test_a_version_with_another_content_is_left_alone(
    deaf: Mapping[str, Collection], type_: str, tmp_path: Path
) -> None:
    """Somebody made it meanwhile: it has the same name, and the content tells them apart."""
    state, record = object_of(deaf, type_, tmp_path)
    sent = version_begun(record, VERSIONS[type_])
    assert isinstance(sent.intent, Creating)
    draft = dataclasses.replace(draft_of(TYPES[record.type], "op_1", tmp_path), body=sent.intent.record.inputs)
    with pytest.raises(Ambiguous):
        deaf[type_].create(draft)
    recovery = recover([version_begun(record, VERSIONS[type_], content={"SKILL.md": "other"})], state, deaf)
    assert [end.delta for end in recovery.ends] == [None]
    assert recovery.diagnostics == []


@dataclass(frozen=True)
class Shown:
    """A collection of any type that shows these objects."""

    declared: ObjectType
    lives: Sequence[Live]
    remote: bool = True
    held: Mapping[str, bool] = field(default_factory=dict)

    def pages(self) -> Iterator[Sequence[Live]]:
        yield self.lives

    def mark_of(self, live: Live) -> Mark | None:
        return read_mark(self.declared, live)

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        return self.held.get(live.id)


def recovered(
    declared: ObjectType, *lives: Live, held: Mapping[str, bool] | None = None, **inputs: Any
) -> tuple[list[str], list[str]]:
    """The ids that are taken over, and the messages of what blocks. `held`: whether each holds what was sent."""
    shown: Any = {declared.name: Shown(declared, lives, held=held or {})}
    recovery = recover([begun(declared, **inputs)], STATE, shown)
    taken = [end.delta.record.id for end in recovery.ends if end.delta is not None and end.delta.record is not None]
    blocking = [each for each in recovery.diagnostics if each.severity == "blocked"]
    assert len(recovery.ends) + len(blocking) == 1
    return taken, [each.message for each in blocking]


def now() -> int:
    return int(time.time())


@pytest.mark.parametrize(
    ("declared", "fields"),
    [
        (VECTOR_STORE, {"name": "notes", "metadata": {}}),
        (AGENT, {"name": None, "model": "gpt-6-luna", "instructions": "Rhyme.", "metadata": None}),
    ],
    ids=str,
)
def test_an_object_that_lost_its_mark_blocks_and_is_named(declared: ObjectType, fields: dict[str, Any]) -> None:
    taken, blocking = recovered(declared, Live("id_1", fields, created_at=now()))
    assert taken == []
    assert f"1 {declared.title} may be it (id_1)" in blocking[0]


@pytest.mark.parametrize(
    "live",
    [
        Live("vs_1", {"name": "notes", "metadata": {"provision_owner": "other/prod/vector_store.a"}}, created_at=now()),
        Live("vs_1", {"name": "others", "metadata": {}}, created_at=now()),
        Live("vs_1", {"name": "notes", "metadata": {}}, created_at=now() - 10_000),
    ],
    ids=["another's mark", "another name", "older"],
)
def test_what_cannot_be_it_does_not_block(live: Live) -> None:
    assert recovered(VECTOR_STORE, live) == ([], [])


def test_a_nameless_store_is_like_no_other() -> None:
    """Applications make stores without a name all the time."""
    assert recovered(VECTOR_STORE, Live("vs_1", {"name": None}, created_at=now()), name=None) == ([], [])


def test_an_upload_whose_time_nobody_knows_blocks_and_is_named() -> None:
    taken, blocking = recovered(FILE, Live("file-1", UPLOAD))
    assert taken == []
    assert "1 file may be it (file-1)" in blocking[0]


def test_a_type_without_mark_and_traits_blocks_and_names_all_that_are_as_new() -> None:
    """A kind that a server gives nothing to tell it by: it is never made a second time in silence."""
    plain = replace(FILE, mark=MarkPlace.NOWHERE, traits=())
    old, new = Live("file-old", {}, created_at=now() - 10_000), Live("file-new", {}, created_at=now())
    taken, blocking = recovered(plain, old, new)
    assert taken == []
    assert "1 file may be it (file-new)" in blocking[0]


def test_objects_without_a_mark_are_told_apart_by_the_declared_traits() -> None:
    named = replace(FILE, kind=FILE_KIND, traits=("filename",))
    lives = (
        Live("file-1", {"filename": "a.md"}, created_at=now()),
        Live("file-2", {"filename": "b"}, created_at=now()),
    )
    assert recovered(named, *lives) == (["file-1"], [])


def skill_shown(id: str) -> Live:
    return Live(id, {"name": "reviewer", "description": "Reviews."}, created_at=now())


def test_equal_traits_are_told_apart_by_a_content_that_is_given_back() -> None:
    lives = skill_shown("skill_1"), skill_shown("skill_2")
    assert recovered(TYPES["skill"], *lives, held={"skill_1": False, "skill_2": True}) == (["skill_2"], [])
    assert recovered(TYPES["skill"], *lives, held={"skill_1": False, "skill_2": False}) == ([], [])


def test_a_content_that_is_not_given_back_blocks_and_is_named() -> None:
    taken, blocking = recovered(TYPES["skill"], skill_shown("skill_1"))
    assert taken == []
    assert "1 skill may be it (skill_1)" in blocking[0]


def test_more_objects_than_creates_block_and_are_named() -> None:
    lives = skill_shown("skill_1"), skill_shown("skill_2")
    taken, blocking = recovered(TYPES["skill"], *lives, held={"skill_1": True, "skill_2": True})
    assert taken == []
    assert "2 skills may be it (skill_1, skill_2)" in blocking[0]
