"""Display names of strangers are shown without secrets and without hidden characters, in every form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import WriteProject
from tests.warm.commands import WarmProvision

if TYPE_CHECKING:
    from openai import OpenAI

SECRET = "sk-live-4f8Zq1x9Lm2Nw7Rt5Vb3"
NAMES = (
    f"key {SECRET} end",
    "\x1b[31mred\x1b[0m \x1b]8;;https://example.org\x07link",
    "\u202egnp.exe \u200b\u2066x",
    "line\nbreak\r\x00\x07\x9b2J",
    "<script>alert(1)</script><img src=x>",
    "```\n# heading @everyone | `tick` [link](https://example.org)",
    "::set-output name=x::y",
)
COMMANDS = {
    "text": ("unmanaged",),
    "json": ("unmanaged", "--json"),
    "plan": ("plan", "--show-unmanaged"),
    "plan json": ("plan", "--show-unmanaged", "--json"),
    "plan markdown": ("plan", "--show-unmanaged", "--markdown"),
    "gc": ("gc", "--kind", "vector_store"),
    "gc json": ("gc", "--kind", "vector_store", "--kind", "file", "--yes", "--json"),
}


@pytest.fixture
def run(provision: WarmProvision, project: WriteProject, client: OpenAI) -> Callable[..., str]:
    """Runs commands in an account where objects have such names; returns what they print."""
    project({"mine.yaml": "vector_stores: {mine: {}}\n"})
    for name in NAMES:
        client.vector_stores.create(name=name, metadata={"provision_owner": ""})
        client.beta.agents.create(name=name[:100], model="gpt-6-luna")
    client.files.create(file=(f"{SECRET}\x1b[1m<b>.txt", b"x"), purpose="assistants")

    def run(*command: str) -> str:
        ended = provision(*command, env={"OPENAI_API_KEY": SECRET})
        return str(ended.stdout + ended.stderr)

    return run


def check(shown: str) -> None:
    """Nothing shown is a secret or a hidden character, and no name begins a line of its own."""
    assert SECRET not in shown
    assert [each for each in shown if not (each.isprintable() or each == "\n")] == []
    assert not [line for line in shown.splitlines() if line.startswith(("break", "# heading", "::"))]


@pytest.mark.thorough
def test_no_form_shows_what_is_hidden(run: Callable[..., str], tmp_path: Path) -> None:
    for form, command in COMMANDS.items():
        shown = run(*command)
        check(shown)
        assert "(redacted)" in shown, form
        assert "gnp.exe" in shown, form
        if "json" in form:
            json.loads(shown[shown.index("{") : shown.rindex("}") + 1])
        if "markdown" in form:  # Names stand in a block of code, which no name ends.
            section = shown[shown.index("Unmanaged objects") :]
            fence = section[section.index("```") :].partition("\n")[0].removesuffix("text")
            assert section.count(f"\n{fence}\n") == 1
