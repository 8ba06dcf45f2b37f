"""What docs/lint.md shows does what it says."""

from __future__ import annotations

import re

from provisioner.core.rule import RULES
from tests.docs.pages import blocks, read
from tests.lint.conftest import lint_here
from tests.manifest.conftest import ProjectAt

REST = "assistants: {helper: {model: m, instructions: You help.}}\n"


def test_every_rule_is_told_in_full() -> None:
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
        assert rule.severity in ("error", "warning", "info")
        assert all(text.endswith(".") for text in (rule.summary, rule.why, rule.correction)), rule.name
        assert f"| `{rule.name}` | {rule.severity} | " in read("docs/lint.md")


def test_the_comments_that_are_shown_silence(written: ProjectAt) -> None:
    [block] = [each for each in blocks("docs/lint.md") if "vector_stores" in each.text]
    manifests = written({"a.yaml": block.text, "b.yaml": REST})
    assert lint_here().found == ()
    (manifests / "a.yaml").write_text(re.sub(r" *# .*", "", block.text), encoding="utf-8")
    assert [each.rule for each in lint_here().found] == ["unused-resource", "store-without-expiry"]


def test_a_comment_beside_the_file_silences_in_the_prompt(written: ProjectAt) -> None:
    [block] = [each for each in blocks("docs/lint.md") if "prompts/greeting.md" in each.text]
    use = "assistants: {helper: {model: m, instructions: [greeting]}}\n"
    manifests = written({"a.yaml": block.text, "b.yaml": use, "prompts/greeting.md": "AKIA0123456789ABCDEF\n"})
    assert lint_here().found == ()
    (manifests / "a.yaml").write_text(block.text.partition(" #")[0] + "\n", encoding="utf-8")
    assert [each.rule for each in lint_here().found] == ["secret"]


def test_the_comment_in_a_prompt_silences_there(written: ProjectAt) -> None:
    [block] = [each for each in blocks("docs/lint.md") if each.language == "markdown"]
    prompt = "Answer in plain words.\n\n" + block.text
    use = "assistants: {helper: {model: m, instructions: [{file: p.md}]}}\n"
    manifests = written({"a.yaml": use, "p.md": prompt})
    assert lint_here().found == ()
    (manifests / "p.md").write_text(re.sub(r"<!--.*-->\n", "", prompt), encoding="utf-8")
    assert [each.rule for each in lint_here().found] == ["duplicate-paragraph"]
