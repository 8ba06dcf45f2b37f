"""The commands of docs/adopt.md about dumps, Terraform and code run as they are shown."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, WriteProject
from tests.warm.commands import WarmProvision

CASES = Path(__file__).parent / "cases"
#: The sources that each section names, and the cases that have such sources.
SOURCES = {
    "You have a dump": {"assistants.json": "assistants-page/in/dump.json"},
    "You have Terraform": {"terraform.tfstate": "terraform-state/in/terraform.tfstate"},
    "You have code": {"app.py": "python-source/in/app.py", "web/agents.ts": "typescript-source/in/agent.ts"},
}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("section", SOURCES)
def test_commands_run(section: str, project: WriteProject, provision: WarmProvision) -> None:
    folder = project({"provision.yaml": None})
    for name, source in SOURCES[section].items():
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(CASES / source, folder / name)
    text = (CHECKOUT / "docs" / "adopt.md").read_text(encoding="utf-8")
    body = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line[2:] for block in re.findall(r"```console\n(.*?)```", body, re.DOTALL) for line in block.splitlines()]
    assert lines[0].startswith("provision migrate ")
    for line in lines:
        # A plan needs the objects that the sources name, and no server has them.
        if not line.startswith("provision plan"):
            ended = provision(*shlex.split(line)[1:], online=False)
            assert ended.code == 0, ended.stderr
