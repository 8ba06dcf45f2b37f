"""Which objects a create can have made whose answer nobody heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import NotFound
from provisioner.core.objecttype import TYPES, ObjectType
from provisioner.engine.created_objects import CLOCK_SKEW, CreatedObjects
from provisioner.engine.recovery import candidates
from provisioner.openai_api.collections.collection import LINEAGE_KEY, Live, Mark
from provisioner.openai_api.collections.marks import read_mark
from provisioner.state.journal import Begin
from provisioner.state.operations import Creating
from provisioner.state.records import Record

BEGUN = 1_000_000.0
UPLOAD = {"filename": "a.md", "bytes": 8, "purpose": "assistants"}


@dataclass
class Listed:
    """A collection that lists these objects, one a page; None is an endpoint that answers 404."""

    lives: Sequence[Live] | None
    type: str = "file"
    remote: bool = True

    @property
    def declared(self) -> ObjectType:
        return TYPES[self.type]

    def mark_of(self, live: Live) -> Mark | None:
        return read_mark(self.declared, live)

    def pages(self) -> Iterator[Sequence[Live]]:
        if self.lives is None:
            raise NotFound("no such endpoint")
        for live in self.lives:
            yield [live]


def begun(type_: str, inputs: dict[str, Any] | None = None) -> Begin:
    address = Address(type_, "a")
    return Begin("op_1", address, type_, "digest", BEGUN, Creating(Record(address, type_, "", inputs or {})))


def found(begin: Begin, *lives: Live, known: frozenset[str] = frozenset()) -> list[str]:
    return [live.id for live in sighted(begin, *lives, known=known).lives]


def sighted(begin: Begin, *lives: Live, known: frozenset[str] = frozenset()) -> CreatedObjects:
    collection: Any = Listed(lives, begin.type)
    return candidates(begin, "lineage", collection, known)


def upload(id: str = "file-1", age: float = 0, **fields: Any) -> Live:
    return Live(id, {**UPLOAD, **fields}, created_at=int(BEGUN - age))


@pytest.mark.parametrize(
    ("live", "can_be_it"),
    [
        (upload(), True),
        (upload(age=CLOCK_SKEW), True),
        (upload(age=-10_000), True),
        (upload(age=CLOCK_SKEW + 1), False),
        (upload(filename="b.md"), False),
        (upload(bytes=9), False),
        (upload(bytes=8.0), True),
        (upload(purpose="batch"), False),
    ],
)
def test_an_upload_is_told_by_name_size_purpose_and_time(live: Live, can_be_it: bool) -> None:
    assert bool(found(begun("file", UPLOAD), live)) == can_be_it


def test_what_is_ours_already_is_no_candidate() -> None:
    lives = (upload("file-1"), upload("file-2"))
    assert found(begun("file", UPLOAD), *lives, known=frozenset({"file-1"})) == ["file-2"]


@pytest.mark.parametrize(
    ("mark", "can_be_it"),
    [("lineage/op_1", True), ("lineage/op_2", False), ("other/op_1", False), ("lineage/op_11", False)],
)
def test_a_marked_object_is_told_by_its_operation(mark: str, can_be_it: bool) -> None:
    live = Live("asst_1", {"name": "tutor", "metadata": {LINEAGE_KEY: mark}})
    assert bool(found(begun("assistant"), live)) == can_be_it


@pytest.mark.parametrize(
    ("name", "can_be_it"),
    [
        ("library/prod/environment.a op_1", True),
        ("library/prod/environment.a op_2", False),
        ("op_1", False),
        (None, False),
    ],
)
def test_a_template_is_told_by_the_end_of_its_name(name: str | None, can_be_it: bool) -> None:
    assert bool(found(begun("environment_template"), Live("envtpl_1", {"name": name}))) == can_be_it


def test_a_server_without_the_endpoint_has_made_nothing() -> None:
    collection: Any = Listed(None, "assistant")
    assert candidates(begun("assistant"), "lineage", collection, ()).lives == ()


def test_what_lives_in_the_state_alone_was_not_made_elsewhere() -> None:
    collection: Any = Listed([Live("tutor@1", {})], "definition", remote=False)
    assert candidates(begun("definition"), "lineage", collection, ()).lives == ()
