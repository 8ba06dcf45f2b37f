"""`--only` with patterns and fragments, and what `show` says first of a plan file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioner.core.address import Address
from provisioner.review.render.state_text import records_text
from provisioner.state.records import Retired
from tests.conftest import Provision, WriteProject

MANIFEST = """\
instructions: {style: {text: Be short.}}
assistants:
  math-tutor: {instructions: [style]}
  math-helper: {instructions: Help.}
  poet: {instructions: [style]}
"""


@pytest.fixture
def campus(project: WriteProject) -> Path:
    return project({"a.yaml": MANIFEST})


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ("assistant.math-*", {"math-tutor", "math-helper"}),
        ("assistant.poe?", {"poet"}),
        ("instructions.style", {"math-tutor", "poet"}),
        ("*tutor", {"math-tutor"}),
    ],
)
def test_patterns_and_fragments_choose(campus: Path, provision: Provision, only: str, chosen: set[str]) -> None:
    ended = provision("plan", "--only", only)
    assert ended.code == 0, ended.stderr
    assert {name for name in ("math-tutor", "math-helper", "poet") if f"assistant.{name} " in ended.stdout} == chosen


@pytest.mark.parametrize("only", ["assistant.none*", "assistant.poett"])
def test_what_fits_nothing_is_an_error(campus: Path, provision: Provision, only: str) -> None:
    assert provision("plan", "--only", only).code == 1


def test_show_says_whose_plan_it_is(campus: Path, provision: Provision) -> None:
    assert provision("plan", "--out", "x.plan").code == 0
    ended = provision("show", "x.plan")
    assert "Plan of project test, environment default, account http://127.0.0.1" in ended.stderr
    assert "made 0 minutes ago. Costs and notes are as the file says" in ended.stderr


@pytest.mark.parametrize(
    ("since", "after", "said"),
    [
        (0.0, 0.0, "(replaced, to be deleted)"),
        (1_700_000_000.0, 0.0, "(replaced 2023-11-14 22:13 UTC, to be deleted)"),
        (1_700_000_000.0, 3_600.0, "(replaced 2023-11-14 22:13 UTC, to be deleted from 2023-11-14 23:13 UTC on)"),
        (1e300, 1e300, f"(replaced {datetime(9999, 12, 31, tzinfo=UTC):%Y-%m-%d} 23:59 UTC, to be deleted from 9999"),
    ],
)
def test_retired_objects_are_listed_with_their_time(since: float, after: float, said: str) -> None:
    assert said in records_text({}, [Retired(Address("file", "a"), "file", "file-1", since, after)])
