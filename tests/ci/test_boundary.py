"""`provision validate --base`: what a branch may not choose for itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Provision, write_file

SETTINGS = """\
project: test
state: s3://ours/state
environments:
  dev: {}
  prod: {openai_project: proj_1, protected: true}
"""


@pytest.fixture
def checkouts(tmp_path: Path) -> Path:
    """Two checkouts that are alike."""
    for name in ("base", "head"):
        write_file(tmp_path / name / "manifests" / "provision.yaml", SETTINGS)
    return tmp_path


def change(root: Path, old: str, new: str, checkout: str = "head") -> None:
    path = root / checkout / "manifests" / "provision.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def validate(provision: Provision, *options: str, base: str = "base") -> tuple[int, str]:
    ended = provision("-C", "head", "validate", "--base", base, *(options or ("--env", "prod")), online=False)
    return ended.code, ended.stdout + ended.stderr


@pytest.mark.usefixtures("checkouts")
def test_settings_that_are_alike_pass(provision: Provision) -> None:
    code, said = validate(provision, "--env", "prod")
    assert (code, "test is valid" in said, "blocked" in said) == (0, True, False)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("s3://ours/state", "s3://theirs/state", 2, "`state` is not as in the base branch in `dev` and `prod`;"),
        ("dev: {}", "dev: {state: s3://theirs/state}", 4, "`state` is not as in the base branch in `dev`;"),
        ("project: test\n", "project: other\n", 1, "`project` is not as in the base branch;"),
        ("proj_1", "proj_2", 5, "`openai_project` is not as in the base branch in `prod`;"),
        (", protected: true", "", 1, "`protected` is not as in the base branch in `prod`;"),
        ("dev: {}", "dev: {}\n  mine: {}", 3, "`environments` is not as in the base branch;"),
        (
            "environments:\n",
            "default_environment: prod\nenvironments:\n",
            3,
            "`default_environment` is not as in the base branch;",
        ),
        ("dev: {}", "", 3, "`environments` is not as in the base branch;"),
        ("project: test\n", "project: test\nroot: ../..\n", 2, "`root` is not as in the base branch in"),
        ("project: test\n", "project: test\nbase_url: https://x/v1\n", 2, "`base_url` is not as in the base branch in"),
        ("project: test\n", "project: test\norganization: org-x\n", 2, "`organization` is not as in"),
        ("project: test\n", "project: test\ndelete_threshold: 100\n", 2, "`delete_threshold` is not as in"),
        ("project: test\n", "project: test\nallowed_env: [REGION]\n", 2, "`allowed_env` is not as in"),
        (
            "project: test\n",
            "project: test\nstate_encryption: {key: {env: OTHER_KEY}}\n",
            2,
            "`state_encryption` is not as in",
        ),
    ],
)
def test_what_moved_is_told_where_it_stands(
    checkouts: Path, provision: Provision, old: str, new: str, place: int, said: str
) -> None:
    change(checkouts, old, new)
    code, told = validate(provision, "--env", "prod")
    assert code == 3
    assert f"head/manifests/provision.yaml:{place}:" in told
    assert f"blocked: {said}" in told
    assert "is valid" not in told
    assert "theirs" not in told


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("state: s3://ours/state\n", "x-note: {state: s3://theirs}\nstate: s3://ours/state\n"),
        ("dev: {}", "dev: {state: s3://ours/state}"),
        ("project: test\n", "project: test\ntarget: agents\ndefaults: {model: gpt-6-luna}\n"),
        ("protected: true}", "protected: true, base_url: null}"),
    ],
)
def test_what_means_the_same_or_reaches_no_further_passes(
    checkouts: Path, provision: Provision, old: str, new: str
) -> None:
    change(checkouts, old, new)
    assert validate(provision)[0] == 0


def test_a_folder_means_the_same_in_both(checkouts: Path, provision: Provision) -> None:
    for checkout in ("base", "head"):
        change(checkouts, "s3://ours/state", "../state", checkout)
    assert validate(provision)[0] == 0
    change(checkouts, "../state", "../../state")
    assert validate(provision)[0] == 3


def test_a_link_is_no_way_around(checkouts: Path, provision: Provision) -> None:
    for checkout in ("base", "head"):
        change(checkouts, "s3://ours/state", "../state", checkout)
    (checkouts / "elsewhere").mkdir()
    (checkouts / "head" / "state").symlink_to(checkouts / "elsewhere")
    code, said = validate(provision)
    assert code == 1
    assert "link" in said


def test_manifests_that_stand_elsewhere_are_others(checkouts: Path, provision: Provision) -> None:
    (checkouts / "head" / "manifests" / "provision.yaml").rename(checkouts / "head" / "provision.yaml")
    code, said = validate(provision)
    assert code == 3
    assert "the manifests' folder is not as in the base branch" in said


@pytest.mark.parametrize("base", ["nowhere", "head/below", "."])
def test_a_base_without_settings_is_none(checkouts: Path, provision: Provision, base: str) -> None:
    (checkouts / "head" / "below").mkdir()
    code, said = validate(provision, base=base)
    assert code == 1
    assert "there is no provision.yaml in" in said


def test_a_base_that_cannot_be_read_blocks(checkouts: Path, provision: Provision) -> None:
    change(checkouts, "project: test", "project: [", "base")
    assert validate(provision)[0] == 1


def test_it_is_told_as_json_too(checkouts: Path, provision: Provision) -> None:
    change(checkouts, "proj_1", "proj_2")
    code, said = validate(provision, "--env", "prod", "--json")
    [told] = json.loads(said)["diagnostics"]
    assert (code, told["severity"], told["line"]) == (3, "blocked", 5)
