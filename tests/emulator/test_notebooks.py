"""The notebooks of users of the real API, run again cell by cell against the emulator with the SDK.

The code of the cells is that of the transcripts. What a cell shows is compared with what the transcript shows after it:
fields, types and values, except identifiers, times, counts of tokens and prose.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from provisioner.emulator.options import Options
from provisioner.emulator.process import EmulatorProcess, start
from tests.emulator.notebooks.cells import Cell, Notebook, read_cells
from tests.emulator.notebooks.differences import REASONS, differences
from tests.emulator.notebooks.reprs import objects_in
from tests.emulator.wire import KEY

HERE = Path(__file__).parent
BOOK = HERE.parents[1] / "manifests" / "books" / "hamlet.pdf"

#: Code that the installed SDK no longer has.
RENAMED = {"client.beta.vector_stores": "client.vector_stores"}  # moved out of beta in openai-python 1.66
#: Identifiers of the real API in cells of the notebook 004, with the variable whose object has it here.
LITERALS = {
    "asst_uX1OdfuUfR3x2FqewdKBQkLi": "assistant",
    "thread_P6bPb2wCNnVr3lBwi5lFG7Xx": "thread",
    "run_CRiKmmQkQF1AYFbzvb3gNA3F": "run",
    "thread_TmnqD8JmqMZgxeHVMxKRib4l": "other_thread",
}
#: Cells that the authors ran when the run had ended, with the prefix of the run's variable.
WAITING = {
    ("001", "9"): "math_",
    ("001", "23"): "roleplay_",
    ("001", "66"): "roleplay_",
    ("001", "86"): "server_",
    ("001", "85"): "server_",
    ("004", "11"): "",
}
#: Cells whose printed text is the same, because the script has the code and the text of the transcript.
PRINTED = {("000", "8")}
#: The SDK warns that OpenAI has shut the API down.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def scripted() -> Iterator[EmulatorProcess]:
    with start(Options(script=HERE / "notebooks" / "script.yaml")) as process:
        yield process


@pytest.fixture
def stage(scripted: EmulatorProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the notebooks read, and the packages that they import."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_BASE_URL", scripted.base_url)
    for name in ("OPENAI_API_KEY", "OPEN_API_KEY"):
        monkeypatch.setenv(name, KEY)
    (tmp_path / "data").mkdir()
    shutil.copy(BOOK, tmp_path / "Hamlet_KOR.pdf")
    colab = types.SimpleNamespace(drive=types.SimpleNamespace(mount=lambda *_, **__: None))
    dotenv = types.SimpleNamespace(load_dotenv=lambda *_, **__: True, find_dotenv=lambda: "")
    for name, module in {"google": None, "google.colab": colab, "pandas": Pandas, "dotenv": dotenv}.items():
        monkeypatch.setitem(sys.modules, name, module or types.ModuleType(name))
    return tmp_path


class Pandas:
    """What the notebooks use of pandas: a table that is written as CSV."""

    class DataFrame:
        def __init__(self, columns: dict[str, list[Any]]) -> None:
            self.rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]

        def to_csv(self, path: str, *, index: bool) -> None:
            text = "".join(",".join(map(str, row)) + "\n" for row in self.rows)
            Path(path).write_text(text, encoding="utf-8")


def wait(notebook: Notebook, name: str) -> None:
    """Waits as the author did, until the run of the notebook has ended or needs a function."""
    names = notebook.names
    thread, run = names[f"{name}thread"], names[f"{name}run"]
    runs = OpenAI(max_retries=0).beta.threads.runs
    while runs.retrieve(run.id, thread_id=thread.id).status in ("queued", "in_progress"):
        time.sleep(0.02)


def code_of(cell: Cell, notebook: Notebook) -> str:
    code = cell.code
    for old, new in RENAMED.items():
        code = code.replace(old, new)
    for literal, variable in LITERALS.items():
        if literal in code:
            code = code.replace(literal, notebook.names[variable].id)
    return code


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(("name", "compared"), [("000", 7), ("001", 24), ("003", 4), ("004", 5)])
def test_cells_show_what_the_transcript_shows(name: str, compared: int, stage: Path) -> None:
    notebook, problems, count, unused = Notebook(), [], 0, set(REASONS[name])
    notebook.names["other_thread"] = OpenAI(max_retries=0).beta.threads.create()
    for cell in read_cells(name):
        if (name, cell.number) in WAITING:
            wait(notebook, WAITING[name, cell.number])
        shown = notebook.run(code_of(cell, notebook))
        if (name, cell.number) in PRINTED:
            assert cell.output.strip().startswith(notebook.printed.getvalue().strip())
        expected = objects_in(cell.output)
        for index, pair in enumerate(zip(expected, shown, strict=False)):
            count += 1
            for where, what in differences(*pair):
                difference = f"{cell.number}:{index}{where}: {what}"
                explained = [pattern for pattern in REASONS[name] if re.fullmatch(pattern, difference, re.DOTALL)]
                unused.difference_update(explained)
                problems += [] if explained else [difference]
        if len(expected) > len(shown):
            problems.append(f"{cell.number}: {len(shown)} objects instead of {len(expected)}")
    assert not problems, "\n".join(problems)
    assert not unused, "these differences are explained and do not exist"
    assert count == compared
