"""Texts that were made to be slow or to spoil the output. Nothing is timed: what takes for ever runs into the limit."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from provisioner.core.diagnostic import Place
from provisioner.core.finding import Finding, Findings
from provisioner.core.text.visible import on_one_line
from provisioner.manifest.secret_scan.credentials import find_credentials
from provisioner.manifest.silences import read_silences
from provisioner.review.lint.file_scan import Scan, located
from provisioner.review.lint.text import Text
from provisioner.review.render.codequality import codequality
from provisioner.review.render.json_text import dumps
from provisioner.review.render.lint_json import lint_json
from provisioner.review.render.lint_text import lint_text
from provisioner.review.render.sarif import sarif
from provisioner.review.render.style import Style
from tests.lint.conftest import lint_here
from tests.manifest.conftest import ProjectAt

LONG = 256_000
SHAPES = [
    "sk-", "sk-a", "sk- ", "gh", "ghp_", "github_pat_", "xoxb-", "AKIA", "AIza", "Bearer ", "bearer\t ", "://", "://a:",
    "://a:b", "-----BEGIN ", "-----BEGIN A", "<!--", "<!-- ", "-->", "<!-- provision: ignore[", "# provision:",
    "provision: ignore[", "#", "# ", " #", "`", "`a", "a_", "look_up-", "look_up(", "look_up.", "-", " ", "\t",
    "eyJ", "-eyJ", "eyJaaaaaaaa.", "eyJaaaaaaaa.-eyJ", "a.", "glpat-",
    "-glpat-", "SG.", "SG.aaaaaaaaaaaaaaaaaaaa.", "hf_", "npm_",
    "sk_live_", "ASIA", "aws_secret_access_key", "aws_secret_access_key ", "SecretAccessKey= ", "AccountKey=",
    "AccountKey=a", "hooks.slack.com/services/", "hooks.slack.com/services/Taaaaaa/B", "Authorization: ",
    "Authorization: Basic ", "Authorization: Basic a", "://:", "PRIVATE KEY", "Bearer a", "Bearer a-", "sk-a-b2-",
    "```", "~~~", "<!-- a -->", "--><!--", "- ", "    ", "`` ", "a", "가", "\r", "A9_-",
]  # fmt: skip
FUNCTION = "tools: {t: {type: function, name: look_up}, u: {type: function, name: a}}\n"


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("shape", SHAPES)
def test_a_long_line_is_read_in_time_that_grows_with_it(shape: str, written: ProjectAt) -> None:
    manifests = written({"a.yaml": f"{FUNCTION}assistants: {{x: {{model: m, instructions: [{{file: p.md}}]}}}}\n"})
    text = shape * (LONG // len(shape) - 1)
    (manifests / "p.md").write_text(f"x{text}\n", encoding="utf-8", newline="")
    assert lint_here().resources == (0 if any(find_credentials(f"x{text}")) else 1)
    for whole in (text, text + "\n" + text):
        list(find_credentials(whole))
        read_silences("p.md", whole)
        assert Text(whole).blocks is not None


def test_many_short_lines_with_something_in_each() -> None:
    text = "AKIA0123456789ABCDEF\n" * 20_000
    assert located(text)[-1][:2] == (20_000, 1)


@pytest.mark.thorough
def test_many_assistants_that_share_many_duplicates_tell_each_once(written: ProjectAt) -> None:
    paragraphs = "".join(f"This is paragraph number {number} of it.\n\n" for number in range(300))
    helpers = "".join(f"  h{number}: {{model: m, instructions: [shared]}}\n" for number in range(300))
    manifests = written({"a.yaml": f"instructions: {{shared: {{file: p.md}}}}\nassistants:\n{helpers}"})
    (manifests / "p.md").write_text(paragraphs * 2, encoding="utf-8")
    assert len(lint_here().found) == 300


def test_what_a_terminal_would_act_upon_is_spelled_out(written: ProjectAt) -> None:
    heading = "# Rules \x1b[31m\u202e red\x07"
    manifests = written({"a.yaml": "assistants: {x: {model: m, instructions: [{file: p.md}]}}\n"})
    (manifests / "p.md").write_text(f"{heading}\n\n{heading}\n", encoding="utf-8")
    [found] = lint_here().found
    text = lint_text(lint_here(), Style())
    assert "Rules \\x1b[31m\\u202e red\\x07" in text
    assert all(line.isprintable() for line in text.splitlines())
    assert "\x1b" in found.message
    assert on_one_line("가나다 — ok") == "가나다 — ok"


def test_half_a_letter_is_spelled_out(tmp_path: Path) -> None:
    half = Finding("manifest", "well \ud83d", Place("a\udcff.yaml"), "tool.\ud83d")
    found = Findings((half,), tmp_path, "provision.yaml", note="\ud83d")
    for text in (lint_text(found, Style()), *map(dumps, (lint_json(found), sarif(found), codequality(found)))):
        assert "\\ud83d" in text
        assert text.encode("utf-8")


def test_a_file_whose_name_is_no_text(written: ProjectAt) -> None:
    manifests = written({"a.yaml": "vector_stores: {s: {files: ['b/*'], expires_after: {days: 3}}}\n"})
    (manifests / "b").mkdir()
    name = os.fsdecode(b"\xff\n.md")
    (manifests / "b" / name).write_text("Token: AKIA0123456789ABCDEF\n", encoding="utf-8")
    found = lint_here()
    [refused] = [each for each in found.found if "not UTF-8" in each.message]
    assert refused.severity == "error"
    assert "`manifests/b/\\udcff\\n.md`" in refused.message
    assert "udcff" in lint_text(found, Style())
    assert sarif(found)["runs"][0]["results"]
    assert json.loads(dumps(lint_json(found)))


def test_a_large_file_and_a_binary_one_are_not_looked_through(tmp_path: Path) -> None:
    scan, key = Scan(), b"AKIA0123456789ABCDEF\n"
    scan.look(tmp_path / "large.txt", key, False)
    scan.look(tmp_path / "binary.txt", b"\0" + key, True)
    scan.look(tmp_path / "cut.txt", key + "가".encode()[:2], False)
    scan.look(tmp_path / "wide.txt", key.decode().encode("utf-16"), True)
    found = {path.name: (len(looked.credentials), looked.trouble) for path, looked in scan.seen.items()}
    assert found == {"large.txt": (0, ""), "binary.txt": (0, ""), "cut.txt": (0, ""), "wide.txt": (1, "")}


def test_every_file_is_shown_once(written: ProjectAt) -> None:
    from provisioner.manifest import load_whole

    stores = "vector_stores: {s: {files: ['b/*']}, t: {files: ['b/*', {path: b/x.md}]}}\n"
    manifests = written({"a.yaml": stores, "b/x.md": "One.\n", "b/y.md": "Two.\n"})
    shown: list[str] = []
    load_whole(manifests, look=lambda path, head, is_whole: shown.append(path.name))
    assert sorted(shown) == ["x.md", "y.md"]
