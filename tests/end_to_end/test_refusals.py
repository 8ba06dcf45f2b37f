"""What a command refuses: before it plans where it can be known before, and with each line of a message on its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import WriteProject
from tests.end_to_end.steps import apply, edit
from tests.warm.commands import WarmProvision

ASSISTANTS = "assistants: {a: {instructions: Help.}, b: {instructions: Count.}}\n"


@pytest.fixture
def root(project: WriteProject) -> Path:
    return project({"a.yaml": ASSISTANTS})


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("option", ["--out", "--html"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("manifests/a.yaml", "manifests/a.yaml is there already, and it is neither a plan nor a page"),
        ("absent/plan.json", "absent/plan.json cannot be written: No such file or directory"),
        ("manifests/a.yaml/plan", "manifests/a.yaml/plan cannot be written: Not a directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_a_plan_is_made(
    provision: WarmProvision, root: Path, option: str, name: str, said: str
) -> None:
    ended = provision("plan", option, name)
    assert ended.code == 1
    assert said in ended.stderr
    assert ended.stdout == ""
    assert list(ended.requests) == []
    assert (root / "manifests/a.yaml").read_text(encoding="utf-8") == ASSISTANTS


def test_it_is_said_in_json_too(provision: WarmProvision, root: Path) -> None:
    ended = provision("plan", "--json", "--out", "manifests/a.yaml")
    assert ended.code == 1
    (told,) = json.loads(ended.stdout)["diagnostics"]
    assert "neither a plan nor a page" in told["message"]


def test_what_was_changed_in_a_state_is_a_line_each(provision: WarmProvision, root: Path) -> None:
    apply(provision)
    for old in ("Help.", "Count."):
        edit(root / "state/default.json", f'"instructions": "{old}"', f'"instructions": "{old} Please."')
    text = provision("plan").stderr.splitlines()
    (first,) = [line for line in text if line.startswith("blocked: ")]
    assert text[text.index(first) + 1 :][:2] == [
        "  assistant.a: inputs.instructions",
        "  assistant.b: inputs.instructions",
    ]
    page = provision("plan", "--markdown").stdout
    assert "**Nothing is planned: something blocks it.**" in page
    assert "\n  - `assistant.a: inputs.instructions`\n  - `assistant.b: inputs.instructions`\n  - " in page
    assert "\\n" not in page
    accepted = provision("plan", "--accept-state").stdout
    assert "\n  assistant.a: inputs.instructions\n  assistant.b: inputs.instructions\n" in accepted


def test_a_reason_names_the_fragment_and_the_text_beside_it(provision: WarmProvision, project: WriteProject) -> None:
    root = project(
        {
            "style.yaml": "instructions: {style: {text: Be short.}}\n",
            "a.yaml": "assistants: {a: {instructions: [style, {text: Teach.}]}}\n",
        }
    )
    apply(provision)
    edit(root / "manifests/style.yaml", "Be short.", "Be long.")
    (change,) = json.loads(provision("plan", "--json").stdout)["changes"]
    assert change["reasons"] == ["instructions.style changed"]
    edit(root / "manifests/a.yaml", "Teach.", "Ask.")
    (change,) = json.loads(provision("plan", "--json").stdout)["changes"]
    assert change["reasons"] == ["instructions.style changed", "instructions changed"]
