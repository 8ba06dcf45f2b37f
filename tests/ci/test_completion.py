"""What shells are given, and what they are answered while somebody types."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, Provision, WriteProject

SETTINGS = "project: test\nenvironments: {dev: {}, prod: {}, preview: {}}\n"


def ask(provision: Provision, line: str, cwd: Path | None = None) -> list[str]:
    """What bash would offer at the end of a line, as `type,value`. Nothing may stand on stderr: it is a prompt."""
    words = line.split(" ")
    variables = {"_PROVISION_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    ended = provision(env=variables, cwd=cwd, online=False)
    assert ended.stderr == ""
    return [line for line in ended.stdout.splitlines() if line]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("provision pl", ["plain,plan"]),
        ("provision state res", ["plain,reseal", "plain,restore"]),
        ("provision plan --det", ["plain,--detailed-exitcode"]),
        ("provision completion ", ["plain,bash", "plain,zsh", "plain,fish"]),
        ("provision apply ", ["file,"]),
        ("provision plan --out ", ["file,"]),
        ("provision --env ", ["plain,dev", "plain,prod", "plain,preview"]),
        ("provision plan --env pr", ["plain,prod", "plain,preview"]),
        ("provision plan --env x", []),
    ],
)
def test_commands_options_files_and_environments(
    project: WriteProject, provision: Provision, line: str, offered: list[str]
) -> None:
    project({"provision.yaml": SETTINGS})
    assert sorted(ask(provision, line)) == sorted(offered)


def test_another_folder_is_heeded(project: WriteProject, provision: Provision, tmp_path: Path) -> None:
    root = project({"provision.yaml": SETTINGS})
    offered = ["plain,dev"]
    assert ask(provision, f"provision -C {root} plan --env d", tmp_path.parent) == offered
    assert ask(provision, f"provision plan -C {root} --env d", tmp_path.parent) == offered


@pytest.mark.parametrize(
    "settings",
    [
        None,
        "project: [",
        "- a list",
        "project: test\nenvironments: [dev]\n",
        "project: test\nenvironments: dev\n",
        "project: test\nenvironments: {$(touch sprung): {}, 'a b': {}, -x: {}, 7.5: {}, \"a\\nplain,b\": {}}\n",
        b"\xff\xfe\x00",
    ],
)
def test_whatever_the_settings_are_the_shell_is_not_told(
    provision: Provision, tmp_path: Path, settings: str | bytes | None
) -> None:
    if settings is not None:
        (tmp_path / "manifests").mkdir()
        data = settings.encode() if isinstance(settings, str) else settings
        (tmp_path / "manifests" / "provision.yaml").write_bytes(data)
    assert ask(provision, "provision plan --env ") == []


MANIFEST = """\
instructions: {style: {text: Be short.}}
tools: {look: {type: function, name: look, parameters: {type: object, properties: {}}}}
files: {guide: {path: guide.md}}
vector_stores: {docs: {files: ["*.md"]}}
assistants:
  math-tutor: {instructions: [style], tools: [look]}
  शिक्षक: {instructions: Help.}
"""
STATE: dict[str, dict[str, object]] = {
    "records": {
        "assistant.former": {},
        "vector_store.docs": {},
        'file["docs/a b.md"]': {},
        **{
            f'file["docs/{odd}.md"]': {}
            for odd in ("$(x)", "`x`", "a;b", "a'b", "*", 'a\\"b', "a\\\\b", "a:b", "a,b", "a\u202eb")
        },
        "assistant.$(x)": {},
    }
}
#: As bash is told of the file with a space: the script takes one of each two backslashes away.
FILE = r'plain,file\\[\\"docs/a\\ b.md\\"\\]'


def write_state(folder: Path, body: object, name: str = "default") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("provision show assistant.", ["plain,assistant.former"]),
        ("provision show ", ["plain,assistant.former", "plain,vector_store.docs", FILE]),
        ("provision show file[", [FILE]),
        (r"provision show file\[\"do", [FILE]),
        ("provision state show 'file[", ['plain,file["docs/a b.md"]']),
        ('provision show "file[', [r'plain,file[\\"docs/a b.md\\"]']),
        ("provision apply --only f", ["plain,file.guide", FILE]),
        ("provision show plan", ["file,plan"]),
        ("provision state show v", ["plain,vector_store.docs"]),
        ("provision output ", ["plain,former"]),
        (
            "provision plan --only assistant.",
            ["plain,assistant.former", "plain,assistant.math-tutor", "plain,assistant.शिक्षक"],
        ),
        ("provision apply --only instr", ["plain,instructions.style"]),
        ("provision destroy --only file.", ["plain,file.guide"]),
        ("provision plan --only vector_store.docs --only t", ["plain,tool.look"]),
        ("provision show --emulator ", ["plain,assistant.played"]),
        ("provision --env dev show ", ["plain,assistant.developed"]),
    ],
)
def test_addresses(project: WriteProject, provision: Provision, line: str, offered: list[str]) -> None:
    root = project({"provision.yaml": SETTINGS, "a.yaml": MANIFEST, "guide.md": "Read."})
    write_state(root / "state", STATE)
    write_state(root / "state", {"records": {"assistant.developed": {}}}, "dev")
    write_state(root / ".provision/state", {"records": {"assistant.played": {}}})
    assert sorted(ask(provision, line)) == sorted(offered)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "state",
    [None, "", "{", "[]", '{"records": []}', '{"sealed": 1}', "[" * 100_000, "<<<<<<< HEAD\n{}"],
    ids=["none", "empty", "torn", "a list", "no records", "sealed", "deep", "conflict"],
)
def test_where_no_state_can_be_read_the_manifests_are(
    project: WriteProject, provision: Provision, state: str | None
) -> None:
    root = project({"a.yaml": MANIFEST, "guide.md": "Read.", "broken.yaml": "assistants: ["})
    if state is not None:
        write_state(root / "state", state)
    assert ask(provision, "provision show assistant.m") == ["plain,assistant.math-tutor"]


@pytest.mark.thorough
def test_neither_the_sdk_nor_the_engine_is_loaded_and_no_host_is_asked(
    project: WriteProject, provision: Provision
) -> None:
    project({"provision.yaml": "project: test\nstate: s3://nowhere.invalid/states\n", "a.yaml": MANIFEST})
    code = (
        "import socket, sys; from provisioner.cli.main import provision\n"
        "socket.getaddrinfo = socket.socket.connect = None\n"
        "try: provision(prog_name='provision')\n"
        "except SystemExit: pass\n"
        "slow = {'openai', 'httpx2', 'boto3', 'provisioner.engine', 'provisioner.openai_api.collections',"
        " 'provisioner.openai_api.http.session'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    variables = {
        "_PROVISION_COMPLETE": "bash_complete",
        "COMP_WORDS": "provision plan --only assistant.m",
        "COMP_CWORD": "3",
    }
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables, "PYTHONPATH": str(CHECKOUT)},
        cwd=provision.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines() == ["plain,assistant.math-tutor", "[]"]


@pytest.mark.parametrize("line", ["provision nonsense --env ", "provision 'open ", "provision --no-such ", "provision"])
def test_a_line_that_makes_no_sense_is_no_error(provision: Provision, line: str) -> None:
    ask(provision, line)


def test_an_instruction_of_another_time_is_no_error(provision: Provision) -> None:
    ended = provision(env={"_PROVISION_COMPLETE": "tcsh_complete"}, online=False)
    assert (ended.stdout, ended.stderr) == ("", "")


def test_a_shell_that_is_not_known_is_told(provision: Provision) -> None:
    ended = provision("completion", "tcsh", online=False)
    assert ended.code == 1
    assert "`tcsh` is not one of bash, zsh, fish" in ended.stderr


@pytest.fixture
def commands(provision: Provision, tmp_path: Path) -> dict[str, str]:
    """An environment in which `provision` is a command."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "provision").write_text(f'#!/bin/sh\nexec {" ".join(provision.command())} "$@"\n', encoding="utf-8")
    (folder / "provision").chmod(0o755)
    variables = provision.environment("", {})
    return {**variables, "PATH": f"{folder}:{variables['PATH']}"}


BASH = """
source /dev/stdin
complete -p provision
COMP_WORDS=(provision plan --env p) COMP_CWORD=3
_provision_completion provision
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.thorough
def test_bash_reads_it_and_completes(project: WriteProject, provision: Provision, commands: dict[str, str]) -> None:
    root = project({"provision.yaml": SETTINGS})
    script = provision("completion", "bash", online=False).stdout
    ended = subprocess.run(
        ["bash", "--norc", "-c", BASH], cwd=root, env=commands, input=script, capture_output=True, text=True, check=True
    )
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == [
        "complete -o nosort -F _provision_completion provision", "prod", "preview",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shell", "lines"),
    [
        ("zsh", ["#compdef provision", "_PROVISION_COMPLETE=zsh_complete", "compdef _provision_completion provision"]),
        ("fish", ["complete --no-files --command provision", "_PROVISION_COMPLETE=fish_complete"]),
    ],
)
def test_zsh_and_fish_are_given_theirs(provision: Provision, shell: str, lines: list[str]) -> None:
    script = provision("completion", shell, online=False).stdout
    assert [line for line in lines if line not in script] == []
    if path := shutil.which(shell):  # read by the shell itself, where it is there
        subprocess.run([path, "--no-execute"], input=script, text=True, check=True)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_that_quotes_by_itself_is_given_the_address_as_it_is(
    project: WriteProject, provision: Provision, shell: str
) -> None:
    write_state(project({}) / "state", STATE)
    last = "2" if shell == "zsh" else "file["
    variables = {"_PROVISION_COMPLETE": f"{shell}_complete", "COMP_WORDS": "provision show file[", "COMP_CWORD": last}
    ended = provision(env=variables, online=False)
    assert 'file["docs/a b.md"]' in ended.stdout
    assert ended.stdout.count("file[") == 1


TYPED = r"""
source /dev/stdin
COMP_WORDS=(provision show 'file\[') COMP_CWORD=2
_provision_completion provision
printf '%s\n' "${COMPREPLY[@]}"
eval "printf '<%s>' ${COMPREPLY[0]}"
"""


@pytest.mark.thorough
def test_bash_takes_the_address_of_a_file_for_one_word(
    project: WriteProject, provision: Provision, commands: dict[str, str]
) -> None:
    root = project({})
    write_state(root / "state", STATE)
    script = provision("completion", "bash", online=False).stdout
    ended = subprocess.run(
        ["bash", "--norc", "-c", TYPED],
        cwd=root,
        env=commands,
        input=script,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == [r"file\[\"docs/a\ b.md\"\]", '<file["docs/a b.md"]>']
