"""Why instructions and tools change: the fragments that did, and what the assistant says itself where that did, too."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.resource import Resource, text_digest
from provisioner.planning.diff.owntext import own_text_changed, own_tools_changed
from provisioner.planning.reason import ReasonCode
from provisioner.state.records import Record

ADDRESS = Address("assistant", "a")
A, B = "instructions.a", "instructions.b"
Parts = list[tuple[str, str]]


def text_of(parts: Parts) -> str:
    return "\n\n".join(text for _, text in parts)


def digests(parts: Parts) -> dict[str, str]:
    return {source: text_digest(text) for source, text in parts if source}


def changed(before: Parts, after: Parts) -> bool:
    record = Record(ADDRESS, "definition", "a@1", {"instructions": text_of(before)}, sources=digests(before))
    resource = Resource(
        ADDRESS,
        "definition",
        {"instructions": text_of(after)},
        sources=digests(after),
        parts=tuple(after),
    )
    return own_text_changed(resource, record)


STYLE, OTHER = (A, "Be short.\n\nBe kind."), (A, "Be long.\n\nBe rude.\n\nOr not.")
OWN, EDITED = ("", "Teach.\n\nAsk first."), ("", "Teach.\n\nAsk last.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([STYLE, OWN], [OTHER, OWN]),
        ([OWN, STYLE], [OWN, OTHER]),
        ([OWN, STYLE, ("", "End.")], [OWN, OTHER, ("", "End.")]),
        ([STYLE, OWN, (B, "b\n\nb")], [OTHER, OWN, (B, "c")]),
        ([STYLE, (B, "b\n\nb"), OWN], [OTHER, (B, "c"), OWN]),
        ([STYLE, (B, "b")], [OTHER, (B, "b")]),
        ([OWN], [OWN, STYLE]),
        ([OWN, STYLE], [OWN]),
        ([STYLE, OWN, (B, "b")], [STYLE, OWN]),
        ([("", "Be short."), STYLE], [("", "Be short."), OTHER]),
    ],
)
def test_a_fragment_alone_changed(before: Parts, after: Parts) -> None:
    assert not changed(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([STYLE, OWN], [OTHER, EDITED]),
        ([OWN, STYLE], [EDITED, OTHER]),
        ([OWN, STYLE, ("", "End.")], [OWN, OTHER, ("", "The end.")]),
        ([STYLE, (B, "b"), OWN], [OTHER, (B, "c"), EDITED]),
        ([STYLE, OWN], [OTHER]),
        ([STYLE], [OTHER, OWN]),
        ([OWN], [EDITED, STYLE]),
        ([OWN, STYLE], [EDITED]),
        ([STYLE, OWN], [OWN, OTHER]),
    ],
)
def test_the_assistants_own_text_changed_as_well(before: Parts, after: Parts) -> None:
    assert changed(before, after)


def test_a_text_of_many_paragraphs_is_read_in_time() -> None:
    many = "\n\n".join(f"paragraph {number}" for number in range(20_000))
    assert not changed([(A, many), OWN], [(A, "short"), OWN])
    assert changed([(A, "x"), OWN], [(A, many), EDITED])


LOOK, SEARCH, DRAW = ({"type": "function", "name": name} for name in ("look", "search", "draw"))


@pytest.mark.parametrize(
    ("before", "after", "sources", "expected"),
    [
        ([LOOK, SEARCH], [LOOK | {"strict": True}, SEARCH], {"tool.look": ReasonCode.SOURCE_CHANGED}, False),
        ([LOOK, SEARCH], [LOOK | {"strict": True}, DRAW], {"tool.look": ReasonCode.SOURCE_CHANGED}, True),
        ([SEARCH], [SEARCH, LOOK], {"tool.look": ReasonCode.SOURCE_ADDED}, False),
        ([SEARCH], [DRAW, LOOK], {"tool.look": ReasonCode.SOURCE_ADDED}, True),
        ([SEARCH, LOOK], [SEARCH], {"tool.look": ReasonCode.SOURCE_REMOVED}, False),
        ([SEARCH, LOOK], [], {"tool.look": ReasonCode.SOURCE_REMOVED}, True),
        ([SEARCH, LOOK], [SEARCH, LOOK | {"strict": True}, DRAW], {"tool.look": ReasonCode.SOURCE_CHANGED}, True),
    ],
)
def test_tools_that_are_not_declared_are_named_as_well(
    before: list[Any], after: list[Any], sources: dict[str, ReasonCode], expected: bool
) -> None:
    record = Record(ADDRESS, "definition", "a@1", {"tools": before})
    assert own_tools_changed(record, {"tools": after}, sources) is expected
