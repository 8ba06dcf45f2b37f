"""What a fork's pull request gets: checks and differences in the job's summary, with no secret at hand."""

from __future__ import annotations

import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from tests.ci.conftest import NOTES, SETTINGS, edit
from tests.ci.runner import Ran, Runner
from tests.ci.test_action import heard
from tests.conftest import CHECKOUT, NOWHERE, Emulators


@pytest.fixture
def fork(runner: Runner) -> Runner:
    """A runner for a fork's pull request, without secrets, which reaches nobody."""
    runner.pull_request(fork=True)
    runner.secrets.clear()
    runner.base_url = NOWHERE
    return runner


def check(runner: Runner) -> Ran:
    return runner.use("check", directory="head", base="base")


def test_checks_and_differences_are_in_the_summary(fork: Runner) -> None:
    edit(fork, "notes.yaml", NOTES.replace("Teach.", "Teach well."))
    ran = check(fork)
    assert ran.code == 0, ran.log
    assert re.findall("^### .*", ran.summary, re.MULTILINE) == [
        "### provision validate",
        "### provision lint",
        "### Differences of the manifests",
    ]
    assert "helpers is valid" in ran.summary
    assert "\n--- base/manifests/notes.yaml\n+++ head/manifests/notes.yaml\n" in ran.summary
    assert re.search(r"\n-.*Teach\..*\n\+.*Teach well\.", ran.summary)
    assert {step for step, outcome in ran.outcomes.items() if outcome == "skipped"} == {
        *("plan", "comment", "Keep the plan", "reviewed", "apply"),
    }


def test_where_nothing_differs_it_says_so(fork: Runner) -> None:
    ran = check(fork)
    assert (ran.code, ran.summary.endswith("### Differences of the manifests\n\nNothing.\n\n")) == (0, True)


def test_every_check_is_made_and_the_worst_counts(fork: Runner) -> None:
    edit(fork, "notes.yaml", "assistants: {tutor: {instruction: Teach.}}\n")
    ran = check(fork)
    assert ran.code == 1
    assert ran.summary.count("did you mean `instructions`?") == 2
    assert "+assistants: {tutor: {instruction: Teach.}}" in ran.summary


def test_what_lint_finds_fails_the_check(fork: Runner) -> None:
    secret = "sk-proj-" + sha256(b"nobody's").hexdigest()
    edit(fork, "notes.yaml", f"assistants: {{tutor: {{instructions: 'The key is {secret}.'}}}}\n")
    ran = check(fork)
    assert ran.code == 1
    assert "notes.yaml:1:" in ran.summary


def test_nothing_is_called_even_where_there_is_a_key(runner: Runner, emulator: Emulators) -> None:
    runner.pull_request(fork=True)
    ran = check(runner)
    assert ran.code == 0, ran.log
    assert emulator.latest.requests() == []
    assert runner.hub.asked == []


def test_settings_may_differ_where_there_are_no_secrets(fork: Runner) -> None:
    edit(fork, "provision.yaml", SETTINGS.replace("../../state", "s3://theirs/state"))
    ran = check(fork)
    assert ran.code == 0, ran.log
    assert "+state: s3://theirs/state" in ran.summary


def test_what_differs_is_shown_as_it_is(fork: Runner) -> None:
    hostile = "# ````\n# <script>alert()</script> @all ![x](https://evil.example/x)\n# \u202etxet\u202c\n"
    edit(fork, "notes.yaml", f"{NOTES}{hostile}")
    ran = check(fork)
    block = ran.summary.split("### Differences of the manifests\n\n")[1].strip()
    fence = re.match("`+", block)
    assert fence is not None
    assert fence[0] == "`````"
    assert block.endswith(f"\n{fence[0]}")
    assert fence[0] not in block.removeprefix(fence[0]).removesuffix(fence[0])
    assert "+# \\u202etxet\\u202c" in block
    assert "\u202e" not in ran.summary


def test_a_huge_difference_is_cut_off(fork: Runner) -> None:
    edit(fork, "notes/b.txt", "alpha beta gamma\n" * 40_000)
    ran = check(fork)
    assert ran.code == 0
    assert ran.summary.endswith("\n```\n\nThere is more: it was cut off here.\n\n")
    block = ran.summary.split("### Differences of the manifests\n\n")[1]
    said = re.match(r"\*\*⚠️ ([\d,]+) of ([\d,]+) bytes are not shown here: look at the files\.\*\*\n\n```diff\n", block)
    assert said is not None
    hidden, whole = (int(each.replace(",", "")) for each in said.groups())
    shown = block[said.end() :].removesuffix("\n```\n\nThere is more: it was cut off here.\n\n")
    assert hidden + len(shown.encode()) == whole
    assert len(ran.summary.encode()) < 1024 * 1024 / 2


def test_links_are_not_followed(fork: Runner, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a runner's secret\n", encoding="utf-8")
    (fork.workspace / "head/manifests/link.txt").symlink_to(tmp_path / "secret")
    assert "a runner's secret" not in check(fork).summary


def test_programs_that_git_is_set_to_use_are_not_run(fork: Runner) -> None:
    trap = f"touch {fork.temp / 'sprung'}"
    edit(fork, ".gitattributes", "* diff=evil\n")
    edit(fork, "notes/a.txt", "changed")
    for setting in ("diff.external", "diff.evil.textconv", "diff.evil.command"):
        subprocess.run(["git", "config", "--file", fork.temp / ".gitconfig", setting, trap], check=True)
    assert check(fork).code == 0
    assert not (fork.temp / "sprung").exists()


def test_what_it_prints_is_no_command_to_the_runner(fork: Runner) -> None:
    edit(fork, "notes.yaml", 'assistants: {"tutor\\n::error::x": {instructions: Teach.}}\n')
    (fork.workspace / "head/manifests/a\n::error::b.yaml").write_text("assistants: [", encoding="utf-8")
    assert heard(check(fork).log) == set()


def test_without_a_base_nothing_is_compared(fork: Runner) -> None:
    ran = fork.use("check", directory="head")
    assert (ran.code, "Differences" in ran.summary) == (0, False)


def test_a_folder_that_is_not_there_is_told(fork: Runner) -> None:
    ran = fork.use("check", directory="head", base="base", manifests="elsewhere")
    assert ran.code == 1
    assert "there is no folder 'elsewhere' in both checkouts" in ran.log


def test_installing_imports_nothing_from_the_checkout(runner: Runner) -> None:
    """With a Python that notes how it is called: what is installed comes from a package index."""
    folder = runner.temp / "fake"
    folder.mkdir()
    script = [
        "#!/bin/sh",
        f'echo "$@" >>{runner.temp}/called',
        'if [ "$3" = venv ]; then mkdir -p "$4/bin" && cp "$0" "$4/bin/python"; fi',
    ]
    (folder / "python3").write_text("\n".join(script) + "\n", encoding="utf-8")
    (folder / "python3").chmod(0o755)
    install = f'PATH={folder}:$PATH bash "$GITHUB_ACTION_PATH/ci/github/install.sh"'
    assert runner.run(install, {"IN_EXTRAS": "s3,encryption"})[0] == 0
    venv = runner.temp / "provision"
    assert (runner.temp / "called").read_text(encoding="utf-8").splitlines() == [
        f"-I -m venv {venv}",
        f"-I -m pip install --quiet --disable-pip-version-check {CHECKOUT}[s3,encryption]",
    ]
    assert (runner.temp / "_GITHUB_PATH").read_text(encoding="utf-8") == f"{venv}/bin\n"
    code, log, _, _ = runner.run(install, {"IN_EXTRAS": "s3]; rm -rf /"})
    assert (code, "names extras" in log) == (1, True)


@pytest.mark.parametrize("attributes", [None, "* -diff\n", "* binary\n"])
def test_nothing_makes_a_change_binary(fork: Runner, attributes: str | None) -> None:
    edit(fork, "notes/a.txt", "changed\0\x9b here\n")
    if attributes:
        (fork.workspace / "head" / ".gitattributes").write_text(attributes, encoding="utf-8")
        edit(fork, ".gitattributes", attributes)
    ran = check(fork)
    assert "+changed\\u0000\\u009b here" in ran.summary
    assert "Binary files" not in ran.summary
