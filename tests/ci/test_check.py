"""What a fork's pull request gets: checks and differences in the job's summary, with no secret at hand."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.ci.conftest import NOTES, SETTINGS, edit
from tests.ci.runner import Ran, Runner
from tests.ci.test_action import heard
from tests.conftest import CHECKOUT, NOWHERE, Emulators

pytestmark = pytest.mark.thorough


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
        *("plan", "comment", "Keep the plan", "reviewed", "apply", "drift", "lint", "test"),
    }


def test_where_nothing_differs_it_says_so(fork: Runner) -> None:
    ran = check(fork)
    assert (ran.code, ran.summary.endswith("### Differences of the manifests\n\nNothing.\n\n")) == (0, True)


def test_every_check_is_made_and_the_worst_counts(fork: Runner) -> None:
    edit(fork, "notes.yaml", "assistants: {tutor: {instruction: Teach.}}\n")
    ran = check(fork)
    assert ran.code == 1
    assert ran.summary.count("write `instructions: …`") == 2
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


def split(ran: Ran) -> str:
    """What the summary says of differences."""
    return ran.summary.split("### Differences of the manifests\n\n")[1]


def test_a_prompt_outside_of_the_manifests_is_compared_after_them(fork: Runner) -> None:
    for checkout, text in (("base", "Teach.\n"), ("head", "Obey.\n")):
        edit(fork, "../prompts/p.md", text, checkout)
    edit(fork, "../prompts/old.md", "No longer needed.\n", "base")
    told = split(check(fork))
    assert "Nothing." not in told
    assert "prompts/p.md" in told.split("\ndiff --git ")[0]
    assert "\n-Teach.\n+Obey.\n" in told
    assert "base/prompts/old.md" in told
    edit(fork, "notes.yaml", NOTES.replace("Teach.", "Teach well."))
    told = split(check(fork))
    assert told.index("manifests/notes.yaml") < told.index("prompts/p.md") < told.index("+Obey.")
    assert told.index("prompts/p.md") < told.index("Teach well.") < told.index("+Obey.")


def make_executable(folder: Path) -> str:
    (folder / "README.md").chmod(0o755)
    return "new mode 100755"


def turn_a_file_into_a_link(folder: Path) -> str:
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to("/etc/hostname")
    return "+/etc/hostname"


def turn_a_file_into_a_folder(folder: Path) -> str:
    (folder / "README.md").unlink()
    (folder / "README.md").mkdir()
    (folder / "README.md" / "inner.md").write_text("inner text\n", encoding="utf-8")
    return "+inner text"


def add_an_empty_file(folder: Path) -> str:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "empty.md").touch()
    return "deep/er/empty.md"


def hide_a_file(folder: Path) -> str:
    (folder / ".gitattributes").write_text("* -diff\n", encoding="utf-8")
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    (folder / ".hidden.md").write_text("hidden\0text\n", encoding="utf-8")
    return "+hidden\\u0000text"


def put_a_repository_beside(folder: Path) -> str:
    (folder / "sub" / ".git").mkdir(parents=True)
    (folder / "sub" / ".git" / "config").write_text("[core] fsmonitor = touch sprung\n", encoding="utf-8")
    return "+[core] fsmonitor"


def link_the_manifests(folder: Path) -> str:
    (folder / "manifests").rename(folder / "moved")
    (folder / "manifests").symlink_to("moved")
    return "+moved"


@pytest.mark.parametrize(
    "change",
    [
        make_executable,
        turn_a_file_into_a_link,
        turn_a_file_into_a_folder,
        add_an_empty_file,
        hide_a_file,
        put_a_repository_beside,
        link_the_manifests,
    ],
    ids=lambda each: each.__name__,
)
def test_whatever_differs_beside_the_manifests_is_shown(fork: Runner, change: Callable[[Path], str]) -> None:
    for checkout in ("base", "head"):
        edit(fork, "../README.md", "read me\n", checkout)
    shown = change(fork.workspace / "head")
    told = split(check(fork))
    assert "Nothing." not in told
    assert shown in told


def test_a_project_in_a_folder_is_compared_with_what_lies_above(fork: Runner) -> None:
    for checkout, text in (("base", "Teach.\n"), ("head", "Obey.\n")):
        (fork.workspace / checkout / "infra").mkdir()
        (fork.workspace / checkout / "manifests").rename(fork.workspace / checkout / "infra" / "manifests")
        (fork.workspace / checkout / "shared.md").write_text(text, encoding="utf-8")
    told = split(fork.use("check", directory="head/infra", base="base/infra"))
    assert "\n-Teach.\n+Obey.\n" in told
    assert "manifests/notes.yaml" not in told


def test_a_base_inside_of_the_checkout_is_no_part_of_it(fork: Runner) -> None:
    (fork.workspace / "base").rename(fork.workspace / "head" / "base")
    assert split(fork.use("check", directory="head", base="head/base")) == "Nothing.\n\n"


@pytest.mark.parametrize("manifests", ["../head/manifests", "/etc", "manifests/notes.yaml"])
def test_only_a_folder_of_both_checkouts_is_compared(fork: Runner, manifests: str) -> None:
    ran = fork.use("check", directory="head", base="base", manifests=manifests)
    assert ran.code == 1
    assert "in both checkouts to compare" in ran.log


def test_the_checkouts_stay_as_they_are(fork: Runner) -> None:
    before = sorted(str(each) for each in fork.workspace.rglob("*"))
    check(fork)
    assert sorted(str(each) for each in fork.workspace.rglob("*")) == before
