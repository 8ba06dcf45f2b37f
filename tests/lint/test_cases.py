"""Every folder in cases/ is a case, named by a sentence: a project, and what lint finds in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from provisioner.core.rule import RULES
from provisioner.review.render.lint_text import lint_text
from provisioner.review.render.style import Style
from tests.lint.conftest import CASES, lint_case
from tests.manifest.conftest import copy_case

EVERY = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", EVERY)
def test_case(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rewrite: bool) -> None:
    arguments = copy_case(CASES / name, tmp_path)
    monkeypatch.chdir(tmp_path / "project")
    found = lint_case(arguments)
    text = lint_text(structs.replace(found, note=""), Style()) + "\n"
    path = CASES / name / "expected.txt"
    if rewrite:
        path.write_text(text, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == expected, f"{path} says otherwise; if this is right, run: pytest tests/lint --rewrite"
    if name.startswith(("not found, ", "nothing ")):
        assert found.found == ()


#: Reported from the state, which these cases do not have; tests/releases/test_commands.py has a test of it.
FROM_STATE = {"pinned"}


@pytest.mark.parametrize("rule", [rule.name for rule in RULES if rule.name not in FROM_STATE])
def test_every_rule_has_a_case_that_it_finds(rule: str) -> None:
    said = "".join((CASES / name / "expected.txt").read_text(encoding="utf-8") for name in EVERY)
    assert f"[{rule}]: " in said


def test_nothing_of_a_secret_is_shown_but_four_letters() -> None:
    said = "".join((CASES / name / "expected.txt").read_text(encoding="utf-8") for name in EVERY)
    assert not [each for each in ("sk-proj", "ghp_0", "hunter", "0123456789") if each in said]
