"""Every folder here is a case, named by a sentence: manifests, what is recorded, what is live, and the plan.

`manifests/` is what people write, `state.json` what is recorded (absent: nothing yet), `account.json` what is live (see
account.py), `case.json` what the run was told: `only`, `refresh`, `now`. `expected.json`, `expected.txt` and
`expected.md` are the plan for programs, for people and for a pull request; `pytest --rewrite` writes them anew, to be
reviewed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.engine.adoption import read_imports
from provisioner.engine.refresh import refresh
from provisioner.manifest import Manifest, load
from provisioner.openai_api.collections import open_collections
from provisioner.planning.diff import Actual, Scope, make_plan
from provisioner.planning.plan import Plan
from provisioner.review.render.json_text import dumps, plan_json
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.state.parsing import parse
from provisioner.state.records import State, dump
from tests.cases.account import session_on

HERE = Path(__file__).parent
CASES = sorted(path.name for path in HERE.iterdir() if (path / "manifests").is_dir())

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, monkeypatch: pytest.MonkeyPatch, rewrite: bool) -> None:
    folder = HERE / name
    monkeypatch.chdir(folder)
    plan = make_the_plan(load(Path("manifests")), read_json(folder / "case.json"))
    compare(folder / "expected.json", dumps(plan_json(plan)) + "\n", rewrite)
    compare(folder / "expected.txt", plan_text(plan, Style()) + "\n", rewrite)
    compare(folder / "expected.md", plan_markdown(plan, title="library · default"), rewrite)


@pytest.mark.parametrize("name", [name for name in CASES if (HERE / name / "state.json").exists()])
def test_the_state_is_as_it_would_be_written(name: str) -> None:
    text = (HERE / name / "state.json").read_text(encoding="utf-8")
    assert dump(parse(text, name)) == text


def make_the_plan(manifest: Manifest, run: dict[str, Any]) -> Plan:
    state = read_state(manifest)
    actual = Actual(refreshed=False)
    refused: list[Diagnostic] = []
    if run.get("refresh", True):
        collections = open_collections(session_on(read_json(Path("account.json"))))
        types = {resource.type for resource in manifest.resources} - {"file"}
        actual = refresh(collections, state, types, parallelism=1)
        owner = f"{state.project}/{state.environment}"
        imports, refused = read_imports(collections, manifest.resources, state, owner)
        actual = replace(actual, imports=imports)
    only = [Address.parse(text) for text in run.get("only", ())]
    plan = make_plan(
        manifest.resources, state, actual, Scope(only=only), changes=manifest.address_changes, now=run.get("now", 0)
    )
    return replace(plan, diagnostics=(*refused, *plan.diagnostics))


def read_state(manifest: Manifest) -> State:
    path = Path("state.json")
    if path.exists():
        return parse(path.read_text(encoding="utf-8"), str(path))
    return State("none yet", project=manifest.settings.project, environment=manifest.settings.environment)


def read_json(path: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return body


def compare(path: Path, text: str, rewrite: bool) -> None:
    if rewrite:
        path.write_text(text, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else "(nothing)"
    assert text == expected, f"{path} says otherwise; if this is right, run: pytest tests/cases --rewrite"
