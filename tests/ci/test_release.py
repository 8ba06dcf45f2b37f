"""The workflow of a release, and its scripts: what they refuse, and which job may do what."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ci.release.notes import Disagreement, read_notes
from provisioner import __version__
from provisioner.core.distribution import DISTRIBUTION
from tests.ci.test_shapes import RELEASE, RELEASE_WRITES, jobs, read
from tests.conftest import CHECKOUT

SCRIPTS = CHECKOUT / "ci/release"
SOURCE = '"""A package."""\n\n__version__ = "1.2.0"\n'
CHANGELOG = """\
# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-26

### Added

- A thing, see [1.1.0].

## [1.1.0] - 2026-10-01

- Older.

[1.2.0]: https://git.example/compare/1.1.0...1.2.0
"""


def runs(job: str) -> str:
    return "\n".join(step["run"] for step in jobs(RELEASE)[job]["steps"] if "run" in step)


def used(job: str) -> list[str]:
    return [step["uses"].partition("@")[0] for step in jobs(RELEASE)[job]["steps"] if "uses" in step]


# The tag, the version and the changelog


def test_the_notes_are_the_section_of_the_changelog() -> None:
    assert read_notes("v1.2.0", SOURCE, CHANGELOG) == "### Added\n\n- A thing, see [1.1.0]."


def test_the_last_section_ends_before_the_definitions_of_links() -> None:
    source = SOURCE.replace("1.2.0", "1.1.0")
    assert read_notes("v1.1.0", source, CHANGELOG) == "- Older."


def test_a_pre_release_has_notes_of_its_own() -> None:
    both = [text.replace("1.2.0", "1.2.0rc1") for text in (SOURCE, CHANGELOG)]
    assert read_notes("v1.2.0rc1", *both).startswith("### Added")


@pytest.mark.parametrize(
    ("tag", "source", "changelog", "message"),
    [
        ("v1.2.1", SOURCE, CHANGELOG, r"the tag is v1\.2\.1, and the package's version is 1\.2\.0"),
        ("v1.2.0rc1", SOURCE, CHANGELOG, r"the tag is v1\.2\.0rc1, and the package's version is 1\.2\.0"),
        ("v1.2.0", SOURCE.replace("__version__", "version"), CHANGELOG, "version is missing"),
        ("v1.2.0", SOURCE * 2, CHANGELOG, r"version is 1\.2\.0 and 1\.2\.0"),
        ("1.2.0", SOURCE, CHANGELOG, "not a version"),
        ("v1.2", SOURCE, CHANGELOG, "not a version"),
        ("v1.02.0", SOURCE, CHANGELOG, "not a version"),
        ("v1.2.0-rc1", SOURCE, CHANGELOG, "not a version"),
        ("v1.2.0\n", SOURCE, CHANGELOG, "not a version"),
        ("v1.2.0\n::set-output", SOURCE, CHANGELOG, r"'v1\.2\.0\\n::set-output' is not a version"),
        ("v١.2.0", SOURCE, CHANGELOG, "not a version"),
        ("v1.2.0", SOURCE, CHANGELOG.replace("2026-11-26", "unreleased"), "no date such as"),
        ("v1.2.0", SOURCE, CHANGELOG.replace("2026-11-26", "2026-13-26"), "no date such as"),
        ("v1.2.0", SOURCE, CHANGELOG.replace("2026-11-26", "20261126"), "no date such as"),
        ("v1.2.0", SOURCE, CHANGELOG.replace("[1.2.0] -", "[1.3.0] -"), "0 sections for 1.2.0"),
        ("v1.2.0", SOURCE, CHANGELOG.replace("[1.1.0] -", "[1.2.0] -"), "2 sections for 1.2.0"),
        ("v1.2.0", SOURCE, CHANGELOG.replace("### Added\n\n- A thing, see [1.1.0].\n\n", ""), "is empty"),
    ],
)
def test_what_does_not_agree_is_refused(tag: str, source: str, changelog: str, message: str) -> None:
    with pytest.raises(Disagreement, match=message):
        read_notes(tag, source, changelog)


@given(st.text(max_size=12))
def test_only_the_version_s_own_tag_is_accepted(text: str) -> None:
    tag = f"v{text}"
    if tag != "v1.2.0":
        with pytest.raises(Disagreement):
            read_notes(tag, SOURCE, CHANGELOG)


def test_a_refusal_is_one_line_for_the_log_and_the_exit_code() -> None:
    command = [sys.executable, "-I", str(SCRIPTS / "notes.py"), "v999.0.0"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    message = f"::error::the tag is v999.0.0, and the package's version is {__version__}\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", message)


def test_this_changelog_has_a_section_for_this_version() -> None:
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    dated = re.sub(r"(?m)^(## \[[^\]]+\]) - unreleased$", r"\1 - 2026-11-26", text)
    source = (CHECKOUT / "provisioner/__init__.py").read_text(encoding="utf-8")
    assert "- " in read_notes(f"v{__version__}", source, dated)


# The workflow


def test_only_a_tag_starts_a_release() -> None:
    assert read(RELEASE)[True] == {"push": {"tags": ["v*"]}}


def test_each_job_waits_for_the_one_before() -> None:
    order = {name: job.get("needs") for name, job in jobs(RELEASE).items()}
    assert order == {"test": None, "build": "test", "attest": "build", "publish": "attest", "release": "publish"}
    assert not any("if" in job or "continue-on-error" in job for job in jobs(RELEASE).values())


def test_each_job_has_exactly_the_permissions_that_it_needs() -> None:
    assert read(RELEASE)["permissions"] == {}
    given = {name: job["permissions"] for name, job in jobs(RELEASE).items()}
    assert given == {"test": {"contents": "read"}, "build": {"contents": "read"}, **RELEASE_WRITES}


def test_no_job_that_may_write_runs_code_of_the_repository_or_of_packages() -> None:
    for name in RELEASE_WRITES:
        assert not {"actions/checkout", "actions/setup-python"} & set(used(name))
        assert not re.search(r"\b(pip|python3?|uv|npm|make|bash|sh|curl)\b|ci/", runs(name))
    assert [runs(name) for name in ("attest", "publish")] == ["", ""]


def test_nothing_is_published_that_was_not_built_and_attested_here() -> None:
    assert used("attest") == ["actions/download-artifact"] * 2 + ["actions/attest-build-provenance"]
    assert used("publish") == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]
    kept = {step["with"]["name"] for step in jobs(RELEASE)["build"]["steps"] if "upload" in step.get("uses", "")}
    for name in RELEASE_WRITES:
        fetched = [step["with"] for step in jobs(RELEASE)[name]["steps"] if "download" in step.get("uses", "")]
        assert {each["name"] for each in fetched} <= kept
        assert all(set(each) == {"name", "path"} for each in fetched)  # from this run, and no other


def test_the_index_knows_the_workflow_and_no_token_exists() -> None:
    publish = jobs(RELEASE)["publish"]
    assert publish["environment"] == "pypi"
    options = publish["steps"][-1].get("with", {})
    assert not {"user", "password", "repository-url", "attestations", "skip-existing"} & set(options)
    assert "secrets." not in yaml.safe_dump(read(RELEASE))


def test_the_tag_is_compared_before_anything_is_built_or_installed() -> None:
    steps = [step["run"] for step in jobs(RELEASE)["build"]["steps"] if "run" in step]
    [compared] = [number for number, run in enumerate(steps) if "ci/release/notes.py" in run]
    assert compared == 0
    for script in ("build.sh", "try.sh", "list_components.sh"):
        assert any(f"ci/release/{script}" in run for run in steps[1:])
        assert os.access(SCRIPTS / script, os.X_OK)


def test_the_tools_of_a_release_are_locked() -> None:
    text = (CHECKOUT / "requirements/release.txt").read_text(encoding="utf-8")
    locked = dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", text))
    assert {"build", "cyclonedx-bom", "hatchling", "twine"} <= locked.keys()
    assert "--require-hashes --requirement requirements/release.txt" in runs("build")
    development = (CHECKOUT / "requirements/dev.txt").read_text(encoding="utf-8")
    assert f"hatchling=={locked['hatchling']} " in development


@pytest.mark.parametrize(("tag", "marked"), [("v1.2.0", False), ("v1.2.0rc1", True), ("v1.0.0a2", True)])
def test_a_release_has_the_notes_and_all_files(tmp_path: Path, tag: str, marked: bool) -> None:
    """With a `gh` that writes its arguments into a file."""
    for name in ("dist/a.whl", "dist/a.tar.gz", "about/a.cdx.json", "about/notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    called = _run(tmp_path, ["gh"], runs("release"), GITHUB_REF_NAME=tag)
    options = [*("release", "create", tag, "--verify-tag", "--title", tag, "--notes-file", "about/notes.md")]
    files = ["dist/a.tar.gz", "dist/a.whl", "about/a.cdx.json"]
    assert called == [" ".join(["gh", *options, *(["--prerelease"] if marked else []), *files])]


def test_the_wheel_is_installed_by_its_file_into_an_environment_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/provision_openai-1.2.0-py3-none-any.whl").touch()
    [step] = [step for step in jobs(RELEASE)["build"]["steps"] if "clean environment" in step.get("name", "")]
    called = _run(tmp_path, ["python", "clean/bin/python"], step["run"], RUNNER_TEMP=str(tmp_path))
    wheel = "dist/provision_openai-1.2.0-py3-none-any.whl[emulator]"
    assert called == [f"python -m venv {tmp_path}/clean", f"python -m pip install --quiet {wheel}"]


def _run(folder: Path, programs: list[str], script: str, **variables: str) -> list[str]:
    """Runs a step in `folder` as the runner does, with programs that only note how they are called."""
    for program in programs:
        path = folder / program if "/" in program else folder / "programs" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >>{folder}/called\n', encoding="utf-8")
        path.chmod(0o755)
    environment = {"PATH": f"{folder}/programs{os.pathsep}{os.defpath}", **variables}
    subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=folder, env=environment, check=True)
    return (folder / "called").read_text(encoding="utf-8").splitlines()


# The scripts


def _try(command: Path, tag: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    words = [str(SCRIPTS / "try.sh"), str(command), tag]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.thorough
def test_the_command_is_tried_on_the_emulator(warm_command: Path) -> None:
    ended = _try(warm_command, f"v{__version__}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Done: 1 applied" in ended.stdout
    assert ended.stdout.rstrip().endswith("Nothing to do: 1 resource as declared.")


def test_a_command_of_another_version_is_refused(warm_command: Path) -> None:
    ended = _try(warm_command, "v999.0.0")
    message = f"::error::the tag is v999.0.0, and the installed command says: provision {__version__}\n"
    assert (ended.returncode, ended.stderr) == (1, message)


@pytest.mark.parametrize("code", [0, 1, 3])
def test_a_plan_that_finds_nothing_or_fails_ends_the_trial(tmp_path: Path, code: int) -> None:
    command = tmp_path / "provision"
    command.write_text(
        f'#!/bin/sh\ncase "$*" in\n--version) echo provision 1.2.0 ;;\n*plan*) exit {code} ;;\nesac\n', encoding="utf-8"
    )
    command.chmod(0o755)
    ended = _try(command, "v1.2.0")
    assert (ended.returncode, f"exit code {code} instead of 2" in ended.stderr) == (1, True)


def test_the_bill_of_materials_names_the_version(tmp_path: Path) -> None:
    """With a Python that shows the project that the generator is given: the version is dynamic in this one."""
    (tmp_path / "python").write_text('#!/bin/sh\ncat "$6"\n', encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    command = [str(SCRIPTS / "list_components.sh"), str(tmp_path), "v1.2.0", "out.json"]
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.defpath}"}
    ended = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    lines: list[Any] = ended.stdout.splitlines()
    assert f'name = "{DISTRIBUTION}"' in lines
    assert 'version = "1.2.0"' in lines
    assert not [line for line in lines if line.startswith("dynamic")]
