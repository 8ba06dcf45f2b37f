"""Local functions in a process of their own: results, errors, prints, time limits, secrets, and CI."""

from __future__ import annotations

import ctypes
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.localfunction import LocalFunction
from provisioner.core.text import redaction
from provisioner.engine.running.answering import Answers
from provisioner.engine.running.local_functions import KEPT_BYTES, FunctionRunner, find_python, is_ci
from provisioner.openai_api.turns.events import FunctionAnswered, FunctionCalled
from provisioner.openai_api.turns.turn import NoAnswer

SOURCE = """\
import os, stat, sys, subprocess, threading, time

def echo(**arguments):
    return arguments

def text():
    return "안녕"

def nothing():
    print("to stdout")
    os.write(1, b"to the descriptor")
    subprocess.run([sys.executable, "-c", "print('of a child')"])

def fail():
    raise ValueError("no such host")

def leave():
    sys.exit("gone")

def vanish():
    os._exit(3)

def a_set():
    return {1, 2}

def not_finite():
    return float("nan")

def hang():
    time.sleep(60)

def lively():
    threading.Thread(target=time.sleep, args=(60,)).start()
    return 1

async def later(name):
    return f"hello {name}"

def environment():
    return sorted(os.environ)

def imported():
    from helper import VALUE
    return VALUE

def defaults(a=1, b=2):
    return [a, b]

def long():
    return "x" * 600_000

def flood():
    for _ in range(3_000):
        os.write(2, b"x" * 100_000)
    return "done"

def flood_the_result():
    handle = next(each for each in range(3, 20) if stat.S_ISFIFO(os.fstat(each).st_mode))
    for _ in range(3_000):
        os.write(handle, b"x" * 100_000)
    os._exit(0)

LEFT = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(300)"

def leaves(name, session, hangs):
    subprocess.Popen([sys.executable, "-c", LEFT, name], start_new_session=session)
    while not (os.path.exists(name) and os.path.getsize(name)):
        time.sleep(0.01)
    time.sleep(60 if hangs else 0)
    return "done"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "server.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "tools" / "helper.py").write_text("VALUE = 7\n", encoding="utf-8")
    return tmp_path


def call(root: Path, name: str, arguments: str = "{}", **options: Any) -> FunctionAnswered:
    options.setdefault("process", {"PATH": "/usr/bin:/bin"})
    function = LocalFunction(root, root / "tools" / "server.py", name)
    return FunctionRunner(**options).answer(FunctionCalled("call_1", name, arguments), function)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("name", "arguments", "output"),
    [
        ("echo", '{"host": "a", "n": [1, null]}', '{"host": "a", "n": [1, null]}'),
        ("text", "", "안녕"),
        ("later", '{"name": "you"}', "hello you"),
        ("imported", "{}", "7"),
        ("lively", "{}", "1"),
        ("defaults", '{"a": null, "b": 5}', "[1, 5]"),
    ],
)
def test_results(root: Path, name: str, arguments: str, output: str) -> None:
    answer = call(root, name, arguments)
    assert (answer.output, answer.failed, answer.origin) == (output, False, "local")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("fail", "{}", "fail failed: ValueError: no such host (tools/server.py:15)"),
        ("leave", "{}", "leave failed: SystemExit: gone (tools/server.py:18)"),
        ("vanish", "{}", "tools/server.py:vanish ended its process without a result (exit code 3)"),
        ("a_set", "{}", "the result is no JSON, but set"),
        ("not_finite", "{}", "the result is no JSON, but float"),
        ("later", "{}", "missing 1 required positional argument: 'name'"),
        ("absent", "{}", "has no function absent"),
        ("long", "{}", "tools/server.py:long returned more than 512 KB"),
        ("echo", "{broken", "the arguments are not JSON"),
        ("echo", "[1]", "the arguments are no JSON object"),
    ],
)
def test_errors_are_results_that_the_model_gets(root: Path, name: str, arguments: str, words: str) -> None:
    answer = call(root, name, arguments)
    assert answer.failed
    assert words in answer.output
    assert "Traceback" not in answer.output


def test_prints_do_not_break_the_result(root: Path) -> None:
    said: list[str] = []
    answer = call(root, "nothing", say=said.append)
    assert (answer.output, answer.failed) == ("null", False)
    assert sorted("".join(said).replace("descriptor", "descriptor\n").split("\n")) == [
        "of a child",
        "to stdout",
        "to the descriptor",
    ]


def test_a_function_that_hangs_is_killed(root: Path) -> None:
    answer = call(root, "hang", timeout=0.5)
    assert answer.failed
    assert answer.output == "tools/server.py:hang did not end within 0.5 s"


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("session", [False, True])
@pytest.mark.parametrize("hangs", [False, True])
def test_processes_that_a_function_leaves_are_killed(root: Path, session: bool, hangs: bool) -> None:
    arguments = json.dumps({"name": str(root / "pid"), "session": session, "hangs": hangs})
    answer = call(root, "leaves", arguments, timeout=5.0 if hangs else 60.0)
    assert (answer.output == "done") is not hangs, answer.output
    assert ends(int((root / "pid").read_text()))


def ends(pid: int) -> bool:
    """Whether a process that was sent SIGKILL ends. On a busy machine that takes a moment."""
    for _ in range(200):
        if not is_running(pid):
            return True
        time.sleep(0.05)
    return False


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(("name", "words"), [("flood", "done"), ("flood_the_result", "returned more than 512 KB")])
def test_what_a_function_writes_without_end_is_not_kept(root: Path, name: str, words: str) -> None:
    said: list[str] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = call(root, name, say=said.append)
    assert words in answer.output
    assert len("".join(said)) <= KEPT_BYTES
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB; 300 MB were written


def test_a_function_gets_no_secrets_except_those_that_are_given(root: Path) -> None:
    process = {
        "PATH": "/usr/bin:/bin",
        "OPENAI_API_KEY": "sk-proj-1234567890",
        "COPY": "Bearer sk-proj-1234567890",
        "DB_PASSWORD": "hunter2hunter2",
        "NPM_TOKEN": "npm-1234567890",
        "MCP_LOGIN": "login-1234567890",
        "SERVER_URL": "https://server.example",
    }
    answer = call(root, "environment", process=process, secrets=["MCP_LOGIN"], given=["DB_PASSWORD", "OPENAI_API_KEY"])
    names = set(json.loads(answer.output)) - {"LC_CTYPE"}
    assert names == {"PATH", "DB_PASSWORD", "SERVER_URL"}


def test_a_function_of_the_same_user_cannot_read_the_environment_of_this_process(root: Path) -> None:
    call(root, "text")
    get_dumpable = 3  # Linux's prctl(2)
    assert sys.platform != "linux" or ctypes.CDLL(None).prctl(get_dumpable, 0, 0, 0, 0) == 0


def test_secrets_in_results_are_hidden(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", {})
    redaction.register("sk-proj-of-this-test-1234")
    answer = call(root, "echo", '{"said": "sk-proj-of-this-test-1234"}')
    assert answer.output == '{"said": "(redacted)"}'


def test_a_file_behind_a_link_out_of_the_root_is_not_run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "server.py"
    outside.write_text(SOURCE, encoding="utf-8")
    (root / "tools" / "server.py").unlink()
    (root / "tools" / "server.py").symlink_to(outside)
    answer = call(root, "text")
    assert answer.failed
    assert "cannot be read" in answer.output


def test_the_python_of_the_active_environment_runs_functions(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert find_python({"VIRTUAL_ENV": str(tmp_path)}) == str(tmp_path / "bin" / "python")
    assert find_python({"VIRTUAL_ENV": "relative"}) == find_python({}) == sys.executable


@pytest.mark.parametrize(
    ("process", "expected"),
    [
        *(({}, False), ({"CI": "true"}, True), ({"CI": "false"}, False), ({"CI": ""}, False)),
        *(({"GITLAB_CI": "1"}, True), ({"CODEBUILD_BUILD_ID": "a:1"}, True), ({"BITBUCKET_BUILD_NUMBER": "3"}, True)),
    ],
)
def test_ci_is_recognised(process: dict[str, str], expected: bool) -> None:
    assert is_ci(process) is expected


def test_where_functions_may_not_run_nothing_is_started(root: Path) -> None:
    functions = {"text": LocalFunction(root, root / "tools" / "server.py", "text"), "other": None}
    with pytest.raises(NoAnswer, match="does not run in CI") as caught:
        Answers(functions, None)(FunctionCalled("1", "text", "{}"))
    assert "--handlers" in str(caught.value.hint)
    with pytest.raises(NoAnswer, match="nobody can give the result"):
        Answers(functions, FunctionRunner({}))(FunctionCalled("1", "other", "{}"))
    asked = Answers(functions, None, lambda call: "typed")(FunctionCalled("1", "other", "{}"))
    assert (asked.output, asked.origin) == ("typed", "person")
