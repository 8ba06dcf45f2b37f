"""A sample of `make fuzz`: the same subjects, fewer inputs, another seed each time the samples grow."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.fuzz.answers import Answers
from tests.fuzz.run import SUBJECTS, fuzz
from tests.fuzz.samples import write_samples
from tests.fuzz.subjects import Journals, Plans, States, Subject

pytestmark = pytest.mark.thorough

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


@pytest.mark.parametrize("kind", [Plans, States, Journals], ids=lambda kind: kind.name)
def test_each_sample_is_read_as_it_is(
    kind: type[Subject], samples: Mapping[str, Sequence[bytes]], tmp_path: Path
) -> None:
    subject = kind(tmp_path, samples[kind.name], seed=9)
    assert len(subject.mutator.samples) > len(samples[kind.name]) or kind is Journals
    for sample in subject.mutator.samples:
        subject.read(sample)


def test_each_call_takes_the_answer_that_fits_it(tmp_path: Path) -> None:
    subject = Answers(tmp_path, (), seed=10)
    try:
        for number, call in enumerate(subject.calls):
            length = len(call.fitting)
            subject.read(b"HTTP/1.1 200 X%d\r\ncontent-length: %d\r\n\r\n%b" % (number, length, call.fitting))
    finally:
        subject.close()


def test_a_run_ends_at_its_time(samples: Mapping[str, Sequence[bytes]], tmp_path: Path) -> None:
    subject = States(tmp_path, samples["states"], seed=11)
    assert fuzz(subject, COUNT, end=time.monotonic()).inputs == 0


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
