"""Code of the code interpreter is executed with limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.core.files.work_folder import read_folder, write_folder
from provisioner.emulator.answering import interpreter
from provisioner.emulator.answering.interpreter import run_code
from tests.emulator.running import emulator


def test_files_are_read_and_written_and_the_last_value_is_shown() -> None:
    code = """
import os
text = open("/mnt/data/a.csv").read()
open("/mnt/data/b.txt", "w").write(text.upper())
os.makedirs("/mnt/data/folder")
os.symlink("/etc/hostname", "/mnt/data/link")
print(os.getcwd(), sorted(os.listdir()))
len(text)
"""
    logs, ok, files = run_code(code, {"a.csv": b"x,y", "same.txt": b"same"})
    assert logs == "/mnt/data ['a.csv', 'b.txt', 'folder', 'link', 'same.txt']\n3\n"
    assert (ok, files) == (True, {"b.txt": b"X,Y"})


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1/0", "ZeroDivisionError: division by zero"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit(2)", ""),
        ("bytearray(4 * 1024**3)", "MemoryError"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "no network"),
        ("import socket; socket.getaddrinfo('localhost', 80)", "no network"),
        ("import os; os.kill(os.getpid(), 9)", "The code was ended (exit -9)."),
        ("with open('big', 'wb') as f: f.write(b'a' * 17 * 1024**2)", "File too large"),
    ],
)
def test_what_ends_the_code(code: str, expected: str) -> None:
    logs, ok, _ = run_code(code, {})
    assert not ok
    assert expected in logs
    assert "provisioner" not in logs


@pytest.mark.thorough
def test_time_and_output_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "MOST_SECONDS", -4)
    assert run_code("while True: pass", {})[1:] == (False, {})
    monkeypatch.undo()
    logs, _, _ = run_code("print('x' * 1_100_000)", {})
    assert logs.endswith("The output was cut after 1048576 bytes.")


def test_the_environment_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("SOME_VALUE", "hidden")
    logs, _, _ = run_code("import os\nsorted(os.environ)", {})
    assert "OPENAI" not in logs
    assert "SOME_VALUE" not in logs


def test_folders_of_work(tmp_path: Path) -> None:
    write_folder(tmp_path / "a", {"x": b"123456", "y": b"1", "z": b"12"})
    (tmp_path / "a" / "w").symlink_to(tmp_path / "a" / "x")
    assert read_folder(tmp_path / "a", 5, 10) == {"y": b"1", "z": b"12"}
    assert read_folder(tmp_path / "a", 9, 2) == {"x": b"123456", "y": b"1"}
    assert read_folder(tmp_path / "a", 9, 9, total=7) == {"x": b"123456", "y": b"1"}
    for name in ("../b", "b/c", "", ".."):
        with pytest.raises(OSError, match="a name may not have a folder"):
            write_folder(tmp_path / "b", {name: b""})


@pytest.mark.thorough
def test_the_sdk_gets_what_was_executed() -> None:
    tool: Any = {"type": "code_interpreter", "container": {"type": "auto"}}
    with emulator(run_code=True) as (client, _):
        response = client.responses.create(
            model="gpt-6-luna",
            input="413보다 큰 소수 중 네번째로 작은 소수의 세제곱수는?",
            tools=[tool],
            include=["code_interpreter_call.outputs"],
        )
        call: Any = response.output[1]
        assert call.outputs[0].logs == "433 81182737\n"
        assert "433 81182737" in response.output_text


def test_all_files_together_are_bounded() -> None:
    code = "for number in range(5):\n    open(f'{number}.bin', 'wb').truncate(15 * 1024 * 1024)\n"
    _, succeeded, files = run_code(code, {})
    assert succeeded
    assert sum(map(len, files.values())) <= 64 * 1024 * 1024
    assert sorted(files) == [f"{number}.bin" for number in range(4)]
