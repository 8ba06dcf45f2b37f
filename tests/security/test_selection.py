"""Which files a glob means: links, loops, names, limits. Termination is what the time limit of a test shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provisioner.core.files.limits import PATTERN_CHARACTERS
from provisioner.core.files.path_tree import PathTree
from provisioner.core.files.patterns import Budget, Pattern, parse_exclusion, parse_pattern
from tests.conftest import Provision, WriteProject

pytestmark = pytest.mark.timeout(60)

STORE = "vector_stores: {s: {name: S, files: [%s]%s}}\n"


def matches(pattern: Pattern, name: str, budget: Budget) -> bool:
    tree, (*folder, last) = PathTree(), name.split("/")
    tree.add(folder, [last], [name])
    return list(tree.matching(pattern, budget)) == [name]


def store(files: str, exclude: str = "") -> str:
    return STORE % (files, f", exclude: [{exclude}]" if exclude else "")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("pattern", ["docs/**/*.md", "docs/**", "docs/*/**/*.md", "**/*.md", "docs/**/**/**/x.md"])
def test_loops_of_links_end(project: WriteProject, provision: Provision, pattern: str) -> None:
    folder = project({"a.yaml": store(f'"{pattern}"'), "docs/in/x.md": "x"})
    docs = folder / "manifests" / "docs"
    for name, target in {"one": ".", "two": ".", "up": "..", "slash": "/", "in/back": "../in", "me": "me"}.items():
        (docs / name).symlink_to(target)
    code, stdout, stderr = provision("validate", online=False)
    assert code == 0, stderr
    assert "1 file, 1 vector store" in stdout
    assert "`manifests/docs/slash` is left out: a link that leads outside the root" in stderr
    if pattern != "docs/**/**/**/x.md":
        assert "a link to a folder that it lies in" in stderr


def test_links_are_followed_once_where_they_stay_inside(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": store('"docs/**/*.md"'), "docs/x.md": "x", "shared/y.md": "y", "shared/deep/z.md": "z"})
    docs = folder / "manifests" / "docs"
    (docs / "first").symlink_to("../shared")
    (docs / "second").symlink_to("../shared")
    (docs / "copy.md").symlink_to("x.md")
    (docs / "broken.md").symlink_to("absent.md")
    (docs / "broken.txt").symlink_to("absent.txt")
    (docs / "out.md").symlink_to("/etc/hostname")
    os.mkfifo(docs / "pipe.md")
    code, stdout, stderr = provision("validate", online=False)
    assert code == 0, stderr
    assert "3 files, 1 vector store" in stdout
    assert "`manifests/docs/second`" in stderr
    assert "`manifests/docs/copy.md`, `manifests/docs/second` is left out: a link to what is taken already" in stderr
    assert "warning: `manifests/docs/broken.md` is left out: a link that leads nowhere" in stderr
    assert "warning: `manifests/docs/out.md` is left out: a link that leads outside the root" in stderr
    assert "warning: `manifests/docs/pipe.md` is left out: no regular file" in stderr
    assert "broken.txt" not in stderr


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "exclude",
    [
        "docs/drafts",
        "docs/drafts/",
        "./docs/drafts",
        "docs/draft*",
        "**/drafts",
        "docs/drafts/**",
        "../manifests/docs/drafts",
        "/docs/drafts",
        "drafts",
        "drafts/",
        "draft?",
    ],
)
def test_an_excluded_folder_takes_everything_below_it(
    project: WriteProject, provision: Provision, exclude: str
) -> None:
    files = {"docs/x.md": "x", "docs/drafts/y.md": "y", "docs/drafts/old/z.md": "z"}
    project({"a.yaml": store('"docs/**/*.md"', f'"{exclude}"'), **files})
    code, stdout, stderr = provision("validate", online=False)
    assert (code, "1 file, 1 vector store" in stdout) == (0, True), stdout + stderr
    assert "removes nothing" not in stderr


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "exclude", ["docs/draft", "/drafts", "./drafts", "drafts/**", "x.md/", "docs/DRAFTS", "docs/drafts/*.txt"]
)
def test_an_exclusion_that_takes_nothing_is_reported(project: WriteProject, provision: Provision, exclude: str) -> None:
    files = {"docs/x.md": "x", "docs/drafts/y.md": "y"}
    project({"a.yaml": store('"docs/**/*.md"', f'"{exclude}"'), **files})
    code, stdout, stderr = provision("validate", online=False)
    assert (code, "2 files, 1 vector store" in stdout) == (0, True), stdout + stderr
    assert f"`{exclude}` removes nothing" in stderr


def test_an_exclusion_means_links_by_both_paths(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": store('"docs/**/*.md"', "shared/private"), "docs/x.md": "x"})
    (folder / "manifests" / "shared" / "private").mkdir(parents=True)
    (folder / "manifests" / "shared" / "private" / "y.md").write_text("y", encoding="utf-8")
    (folder / "manifests" / "docs" / "link").symlink_to("../shared")
    _, stdout, stderr = provision("validate", online=False)
    assert "1 file, 1 vector store" in stdout, stderr


@pytest.mark.parametrize("written", ["café*.md", "cafe\u0301*.md", "caf?.md", "caf[é].md", "café.md", "cafe\u0301.md"])
@pytest.mark.parametrize("on_disk", ["café.md", "cafe\u0301.md"])
def test_globs_try_both_forms(tmp_path: Path, project: WriteProject, written: str, on_disk: str) -> None:
    from provisioner.manifest import load

    project({"a.yaml": store(f'"{written}"'), on_disk: "x"})
    assert [str(each.address) for each in load(tmp_path / "manifests").resources] == [
        'file["manifests/café.md"]',
        "vector_store.s",
    ]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("files", ['"*.md"', '"café.md", "cafe\\u0301.md"', '"a*/x.md", "é/x.md", "e\\u0301/x.md"'])
def test_twins_are_an_error_that_names_both(project: WriteProject, provision: Provision, files: str) -> None:
    both = {"café.md": "1", "cafe\u0301.md": "2", "é/x.md": "1", "e\u0301/x.md": "2", "a/x.md": "3"}
    project({"a.yaml": store(files), **both})
    said = {provision("validate", online=False, env={"PYTHONHASHSEED": seed}).stderr for seed in ("1", "2")}
    assert len(said) == 1
    assert "differ only in how their characters are composed; rename one" in said.pop()


@pytest.mark.parametrize("files", ['"docs/*"', '"**/*"'])
def test_a_name_that_is_not_utf_8_is_an_error(project: WriteProject, provision: Provision, files: str) -> None:
    folder = project({"a.yaml": store(files)})
    (folder / "manifests" / "docs").mkdir()
    (folder / "manifests" / "docs" / os.fsdecode(b"\xff.md")).write_text("x", encoding="utf-8")
    for command in (["validate"], ["--emulator", "apply", "--yes"]):
        code, _, stderr = provision(*command, online=False)
        assert code == 1
        assert "udcff.md`: a name that is not UTF-8, which cannot be an address; rename it" in stderr
        assert "provision has a bug" not in stderr


def test_a_manifest_whose_name_is_not_utf_8_is_an_error(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": "assistants: {a: {instructions: Answer.}}\n"})
    (folder / "manifests" / os.fsdecode(b"\xff.yaml")).write_text("assistants: {}", encoding="utf-8")
    code, _, stderr = provision("validate", online=False)
    assert code == 1
    assert "this file's name is not UTF-8; rename it" in stderr


IGNORED = [
    "*a" * 400 + "b",
    "**/" * 14 + "x",
    "**/" * 300 + "x",
    "*?" * 400 + "b",
    "[a]*" * 200 + "b",
    "a*" * 90 + "/**/b",
]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("pattern", IGNORED)
def test_patterns_that_backtracked_end(project: WriteProject, provision: Provision, pattern: str) -> None:
    deep = "/".join("a" * 60)
    project({
        "provision.yaml": f'project: test\ndefaults: {{model: gpt-6-luna}}\nignore: ["{pattern}"]\n',
        "a.yaml": store(f'"docs/**/*.md", "{pattern}/*.md", "{deep}/x.md"', f'"{pattern}"'),
        "docs/x.md": "x", f"{'a' * 200}.yaml": "x-a: 1\n", f"docs/{'a' * 200}.md": "x", f"{deep}/x.md": "x",
    })  # fmt: skip
    code, _, stderr = provision("validate", online=False)
    assert code == 1
    assert "no file matches" in stderr or "comparisons" in stderr


@pytest.mark.thorough
@pytest.mark.parametrize("different", [False, True])
def test_two_thousand_globs_over_three_hundred_files(
    project: WriteProject, provision: Provision, different: bool
) -> None:
    globs = ", ".join(
        f'"docs/*{"[.]" if different else "."}md{"*" * (number % 50) if different else ""}"' for number in range(2000)
    )
    project({"a.yaml": store(globs, globs), **{f"docs/{number}.md": "x" for number in range(300)}})
    code, _, stderr = provision("validate", online=False)
    assert code == 0, stderr


@pytest.mark.thorough
def test_limits_are_errors_with_a_place(project: WriteProject, provision: Provision) -> None:
    long = "a*" * PATTERN_CHARACTERS
    many = ", ".join(f'"x{number}*{"y" * 900}"' for number in range(250))
    project(
        {
            "a.yaml": store(f'"{long}", "x.md"', f'"{long}"'),
            "b.yaml": f"vector_stores: {{t: {{files: [{many}]}}}}\n",
            "x.md": "x",
        }
    )
    code, _, stderr = provision("validate", online=False)
    assert code == 1
    assert "a.yaml:1:38: error: this glob has 2,000 characters, at most 1,000; shorten it" in stderr
    assert "b.yaml:1:" in stderr
    assert "over 200,000 characters in all" in stderr


def test_folders_that_are_too_deep(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": store('"docs/**"'), f"docs/{'d/' * 130}x.md": "x"})
    code, _, stderr = provision("validate", online=False)
    assert code == 1
    assert "lies over 100 folders deep" in stderr


@pytest.mark.parametrize(
    ("pattern", "meant", "covered"),
    [
        ("a", ["a"], ["a", "a/b", "a/b/c"]), ("a/", [], ["a/b"]), ("*.md", ["x.md"], ["x.md", ".x.md"]),
        ("**/x", ["x", "a/x", "a/b/x"], ["a/x/y"]), ("a/**", ["a/b", "a/b/c"], ["a/b"]),
        ("a/**/b", ["a/b", "a/c/b"], []),
        ("[!a]x", ["bx"], ["bx/y"]), ("a/../b", ["b"], ["b/c"]), ("./a//b", ["a/b"], []), ("[", ["["], ["[/x"]),
        ("*", ["x"], ["x/y"]), ("?", ["é"], ["é/y"]), ("**/**/x", ["x"], []), (".*", [".x"], [".x/y"]),
    ],
)  # fmt: skip
def test_what_a_pattern_means(pattern: str, meant: list[str], covered: list[str]) -> None:
    budget = Budget()
    parsed = parse_pattern(pattern, (), budget)
    assert parsed is not None
    names = [
        "a",
        "a/b",
        "a/b/c",
        "x.md",
        ".x.md",
        "x",
        "a/x",
        "a/b/x",
        "a/x/y",
        "a/c/b",
        "bx",
        "bx/y",
        "b",
        "b/c",
        "[",
        "[/x",
    ]
    for name in meant:
        assert matches(parsed, name, budget), name
    for name in covered:
        assert parsed.covers(name.split("/"), budget), name
    assert not matches(parsed, "a/b/c/nothing/like/it.txt", budget) or pattern == "a/**"
    assert any(not parsed.covers(name.split("/"), budget) for name in names) or pattern == "*"


@pytest.mark.parametrize(
    ("pattern", "covered", "spared"),
    [
        ("drafts", ["m/drafts", "m/drafts/x", "m/a/b/drafts/x", "m/.a/drafts"], ["drafts/x", "n/drafts", "m/draft"]),
        ("drafts/", ["m/drafts/x", "m/a/drafts/x"], ["m/drafts", "m/a/drafts"]),
        ("drafts//", ["m/a/drafts/x"], ["m/a/drafts"]),
        ("*.tmp", ["m/x.tmp", "m/a/.x.tmp", "m/a.tmp/x"], ["x.tmp", "m/x.tmp.md"]),
        ("/drafts", ["m/drafts", "m/drafts/x"], ["m/a/drafts"]),
        ("./drafts", ["m/drafts", "m/drafts/x"], ["m/a/drafts"]),
        ("/drafts/", ["m/drafts/x"], ["m/drafts", "m/a/drafts/x"]),
        ("docs/drafts", ["m/docs/drafts/x"], ["m/a/docs/drafts/x", "m/drafts"]),
        ("**/drafts", ["m/drafts", "m/a/drafts/x"], ["drafts"]),
        ("drafts/**", ["m/drafts/x"], ["m/drafts", "m/a/drafts/x"]),
        ("**", ["m/x", "m/a/.x"], ["n/x"]),
        ("../n", ["n", "n/x"], ["m/n"]),
        (".", ["m/x"], ["n/x"]),
        ("[d]rafts", ["m/a/drafts/x"], ["m/a/Drafts/x"]),
    ],
)
def test_an_exclusion_is_read_as_in_gitignore(pattern: str, covered: list[str], spared: list[str]) -> None:
    parsed = parse_exclusion(pattern, ("m",), Budget())
    assert parsed is not None
    assert [name for name in covered if not parsed.covers(name.split("/"), Budget())] == []
    assert [name for name in spared if parsed.covers(name.split("/"), Budget())] == []


def test_a_name_with_brackets_that_exists_is_excluded_at_any_depth() -> None:
    parsed = parse_exclusion("[a].md", ("m",), Budget(), literal=True)
    assert parsed is not None
    assert parsed.covers(["m", "docs", "[a].md"], Budget())
    assert not parsed.covers(["m", "docs", "a.md"], Budget())


@pytest.mark.parametrize("pattern", ["/", "//", "../../x", "/../../x"])
def test_an_exclusion_that_leaves_the_root(pattern: str) -> None:
    assert parse_exclusion(pattern, ("m",), Budget()) is None


@pytest.mark.parametrize(("ignored", "read"), [("drafts", 1), ("drafts/", 1), ("/drafts", 2), ("team/drafts", 1)])
def test_settings_ignore_as_gitignore_does(tmp_path: Path, project: WriteProject, ignored: str, read: int) -> None:
    from provisioner.manifest import load

    project(
        {
            "provision.yaml": f"project: p\nignore: ['{ignored}']\n",
            "a.yaml": "assistants: {a: {model: gpt-5, instructions: Help.}}\n",
            "team/drafts/b.yaml": "assistants: {b: {model: gpt-5, instructions: Help.}}\n",
        }
    )
    assert len(load(tmp_path / "manifests").resources) == read


@pytest.mark.parametrize("pattern", ["../x", "a/../../x", "/etc/*"])
def test_a_pattern_that_leaves_the_root(pattern: str) -> None:
    assert parse_pattern(pattern, (), Budget()) is None
