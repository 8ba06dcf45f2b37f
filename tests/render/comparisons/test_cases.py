"""Every folder in cases/ is a case, named by a sentence: the records of two environments, and how `provision diff`
shows their differences in every form. All ids of `staging` end with `one`, and those of `prod` with `two`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.text.redaction import redact_data, register
from provisioner.core.text.safetext import block
from provisioner.project.command_options import Choice
from provisioner.project.promotion import compare_applied
from provisioner.review.render.environments_json import comparison_json
from provisioner.review.render.environments_markdown import comparison_markdown
from provisioner.review.render.environments_text import comparison_text
from provisioner.review.render.html.environments import comparison_html
from provisioner.review.render.json_text import dumps
from provisioner.review.render.style import Style
from provisioner.review.view.environments import ComparisonView
from provisioner.state.backends import open_backend
from provisioner.state.records import Record, State

CASES = Path(__file__).parent / "cases"
SECRET = "opensesame-of-two-environments-98765"
SETTINGS = "project: campus\nstate: ../state\nenvironments: {staging: {}, prod: {}}\n"
#: The forms, as the command writes them to stdout or to the file of `--html`.
FORMS: dict[str, Callable[[ComparisonView], str]] = {
    "txt": lambda view: str(block(comparison_text(view, Style(False, None)))) + "\n",
    "json": lambda view: str(block(dumps(comparison_json(view)))) + "\n",
    "md": lambda view: str(block(comparison_markdown(view))),
    "html": lambda view: body_of(redact_data(comparison_html(view, "campus", 0.0))),
}


def body_of(page: str) -> str:
    """What a page shows, without its styles, an element's beginning a line."""
    return page[page.index("<body") :].replace("><", ">\n<") + "\n"


def write_state(folder: Path, environment: str, records: dict[str, Any] | None) -> None:
    """Writes the state of an environment, unless it has none."""
    if records is None:
        return
    made = {}
    for name, each in records.items():
        given = {**each, "needs": tuple(each.get("needs", ()))}
        made[Address.parse(name)] = Record(Address.parse(name), **given)
    empty = State.new(account="https://api.openai.com/v1", project="campus", environment=environment)
    open_backend(f"{folder / 'state'}", environment).write(replace(empty, records=made))


@pytest.fixture
def view(request: pytest.FixtureRequest, tmp_path: Path) -> ComparisonView:
    """The comparison of the two environments of a case."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/provision.yaml").write_text(SETTINGS)
    for environment, records in json.loads((CASES / request.param / "states.json").read_text()).items():
        write_state(tmp_path, environment, records)
    if "secrets" in request.param:  # No state is written with a secret of the process that writes it.
        register(SECRET)
    return compare_applied(Choice(directory=tmp_path), "staging", "prod", ())


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("view", sorted(each.name for each in CASES.iterdir()), indirect=True)
def test_case(view: ComparisonView, request: pytest.FixtureRequest, tmp_path: Path, rewrite: bool) -> None:
    folder = CASES / request.node.callspec.params["view"]
    for form, render in FORMS.items():
        path = folder / f"expected.{form}"
        text = render(view).replace(str(tmp_path), "ROOT").replace(os.path.relpath(tmp_path), "ROOT")
        if rewrite:
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path} says otherwise"
        check(text)
        if form == "html":
            assert "<script" not in text
            assert "<img" not in text


def check(text: str) -> None:
    """No form shows a secret, an id, or a character that is not seen."""
    assert SECRET not in text
    assert not any(f"{kind}{suffix}" in text for kind in ("file-", "vs_") for suffix in ("one", "two"))
    hidden = [each for each in text if not (each.isprintable() or each == "\n")]
    assert not hidden, hidden
