"""States, journals and `.env` whose line ends were changed, as git does on Windows with `core.autocrlf`."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.project.credentials import read_dotenv
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Opening
from provisioner.state.sealing import UNSEALED, Seal
from tests.backends import samples

SEALS = [UNSEALED, Seal(key="0123456789abcdef0123456789abcdef")]


def change_line_ends(path: Path) -> None:
    data = path.read_bytes()
    assert b"\r" not in data
    path.write_bytes(data.replace(b"\n", b"\r\n"))


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("seal", SEALS, ids=["plain", "sealed"])
def test_a_state_is_read(tmp_path: Path, seal: Seal) -> None:
    backend = LocalBackend(tmp_path, "prod", seal=seal)
    state = samples.STATE
    with backend.lock("apply"):
        backend.write(state)
    change_line_ends(backend.state_path)
    change_line_ends(backend.history_path / "1.json")
    assert backend.read() == state
    assert backend.read_former(1) == state


@pytest.mark.parametrize("seal", SEALS, ids=["plain", "sealed"])
def test_a_journal_is_read(tmp_path: Path, seal: Seal) -> None:
    backend = LocalBackend(tmp_path, "prod", seal=seal)
    with backend.lock("apply"):
        backend.open_journal(samples.OPENING).close()
    before = backend.read_journal()
    change_line_ends(backend.journal_path)
    assert backend.read_journal() == before
    assert isinstance(before[0], Opening)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_variables_have_no_line_end(tmp_path: Path, end: str, mark: str) -> None:
    text = mark + "OPENAI_API_KEY=sk-test\n# a comment\nOPENAI_BASE_URL='https://api.example/v1'\n"
    (tmp_path / ".env").write_bytes(text.replace("\n", end).encode())
    values = read_dotenv(tmp_path, {})
    assert values == {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": "https://api.example/v1"}
