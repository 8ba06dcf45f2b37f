"""A sample of `make fuzz`: the same subjects, fewer inputs, another seed each time the samples grow."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.fuzz.run import SUBJECTS, fuzz
from tests.fuzz.samples import write_samples
from tests.fuzz.subjects import Subject

COUNT = 400


@pytest.fixture(scope="module")
def samples() -> Mapping[str, Sequence[bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        return write_samples(Path(folder))


@pytest.mark.parametrize("kind", SUBJECTS, ids=lambda kind: kind.name)
def test_whatever_is_read_ends_in_a_value_or_in_an_error_of_ours(
    kind: type[Subject], samples: Mapping[str, Sequence[bytes]], tmp_path: Path
) -> None:
    subject = kind(tmp_path, samples.get(kind.name, ()), seed=7)
    try:
        report = fuzz(subject, COUNT)
    finally:
        subject.close()
    assert report.inputs == COUNT
    assert report.faults == []


@pytest.mark.parametrize("kind", SUBJECTS, ids=lambda kind: kind.name)
def test_some_inputs_are_read_and_some_are_refused(
    kind: type[Subject], samples: Mapping[str, Sequence[bytes]], tmp_path: Path
) -> None:
    subject = kind(tmp_path, samples.get(kind.name, ()), seed=8)
    try:
        report = fuzz(subject, 200)
    finally:
        subject.close()
    assert 0 < report.read < report.inputs
