"""Hostile manifests end soon, in little memory, with errors that have a place: the whole command, as a process."""

# ruff: noqa: E501

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import limits, load
from tests.manifest.attacks import ATTACKS, SETTINGS
from tests.manifest.conftest import ProjectAt

pytestmark = pytest.mark.thorough

GIGABYTE = 1 << 30
#: Seconds of CPU after which the kernel ends the command. What is not bounded takes minutes.
CPU = 20


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTE, GIGABYTE))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))


@pytest.mark.timeout(120)
@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends(name: str, tmp_path: Path) -> None:
    for path, text in {"manifests/provision.yaml": SETTINGS, **ATTACKS[name]()}.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "provisioner.cli", "lint", "--offline"]
    done = subprocess.run(
        command, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, preexec_fn=_limit
    )
    said = done.stdout + done.stderr
    assert done.returncode in (0, 1), said[-2000:]
    assert "bug here" not in said
    assert "Traceback" not in said
    assert len(said) < 500_000


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("x-a: [" + "1," * limits.VALUES + "]", "1:6", "too many values"),
        ("x-a: " + "x" * limits.FILE_BYTES, "1:1", "larger than 10 MB"),
        ("a: b: " + "${" * 50_000, "1:5", "a `: ` is not allowed here"),
        ("x-b: &b {" + ",".join(f"k{n}: 1" for n in range(600)) + "}\n" + "".join(f"x-{n}: {{<<: *b}}\n" for n in range(900)), "833:", "`<<` copies more than"),
    ],
)  # fmt: skip
def test_what_exceeds_a_limit_is_an_error_with_its_place(text: str, place: str, said: str, project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest) as raised:
        load(project({"a.yaml": text}))
    told = [str(each) for each in raised.value.diagnostics]
    assert any(each.startswith(f"manifests/a.yaml:{place}") and said in each for each in told), told[:5]


def test_the_first_problems_are_shown_and_the_others_counted(project: ProjectAt) -> None:
    count = limits.SHOWN_PROBLEMS + 7
    with pytest.raises(InvalidManifest) as raised:
        load(project({"a.yaml": "assistants:\n" + "".join(f"  a{n}: {{model: 1}}\n" for n in range(count))}))
    told = [str(each) for each in raised.value.diagnostics]
    assert len(told) == limits.SHOWN_PROBLEMS + 1
    assert told[0].startswith("manifests/a.yaml:2:15: a text is expected")
    assert told[-1].startswith(f"manifests/a.yaml:{limits.SHOWN_PROBLEMS + 2}:17: 7 more problems are not shown")


def test_errors_are_shown_before_warnings(project: ProjectAt) -> None:
    warned = "".join(f"  w{n}: {{text: 'x', variables: {{v{n}: 1}}}}\n" for n in range(limits.SHOWN_PROBLEMS + 5))
    with pytest.raises(InvalidManifest) as raised:
        load(project({"a.yaml": f"instructions:\n{warned}assistants: {{a: {{model: 1}}}}\n"}))
    assert any("a text is expected here" in each.message for each in raised.value.diagnostics)


def test_a_nearest_name_is_found_among_many(project: ProjectAt) -> None:
    known = "".join(f"  the-{n:05}-fragment: {{text: x}}\n" for n in range(3000))
    with pytest.raises(InvalidManifest) as raised:
        load(
            project(
                {"a.yaml": f"instructions:\n{known}assistants: {{a: {{model: m, instructions: [the-02042-fragmnt]}}}}"}
            )
        )
    assert "did you mean `the-02042-fragment`?" in str(raised.value.diagnostics[0])
