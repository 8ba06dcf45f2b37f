"""Where a drifted field stands: written as plans always wrote it, and read back as the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.openai_api.collections import FIELDS
from provisioner.planning.fieldpath import MEMBERS, METADATA, FieldPath, is_member, parse_path, path_text
from provisioner.planning.plan import Drift
from provisioner.planning.planbody import drift_body, parse_drift

KEYS = st.text(max_size=12) | st.sampled_from(["a.b", "a[b", "a]", "[", "]", ".", "a\nb", "files[x]"])
paths: st.SearchStrategy[FieldPath] = st.one_of(
    st.just(()),
    st.tuples(st.sampled_from(["name", "tools", "expires_after", MEMBERS])),
    st.tuples(st.sampled_from([MEMBERS, METADATA]), KEYS),
)


@pytest.mark.parametrize(
    ("path", "text", "member"),
    [
        ((), None, False),
        (("name",), "name", False),
        (("metadata", "team"), "metadata.team", False),
        (("metadata", "a.b[c]"), "metadata.a.b[c]", False),
        (("files", "books/a.md"), "files[books/a.md]", True),
        (("files", "a]b"), "files[a]b]", True),
        (("files",), "files", False),
    ],
)
def test_a_path_is_written_as_it_always_was(path: FieldPath, text: str | None, member: bool) -> None:
    assert path_text(path) == text
    assert parse_path(text) == path
    assert is_member(path) is member


@given(paths)
def test_a_path_reads_back_as_the_same(path: FieldPath) -> None:
    drift = Drift(Address("vector_store", "s"), path, "ours", "theirs", overwritten=True)
    assert parse_drift(drift_body(drift)) == drift


@given(st.none() | st.text(max_size=20) | st.from_regex(r"\A(files|metadata|x)?[.\[][a.\[\]]*\Z"))
def test_a_text_that_nobody_wrote_stays_as_it_is(text: str | None) -> None:
    assert path_text(parse_path(text)) == text


def test_the_fields_with_keys_are_those_of_the_collections() -> None:
    modes = {(name, field.mode) for fields in FIELDS.values() for name, field in fields.items()}
    assert {name for name, mode in modes if mode == "members"} == {MEMBERS}
    assert {name for name, mode in modes if mode == "keys"} == {METADATA}
