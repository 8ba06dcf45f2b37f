"""Which files are manifests, and what is reported of those that only look like one."""

# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest
from provisioner.manifest import Manifest, load
from tests.manifest.conftest import ProjectAt

ASSISTANT = "---\nmodel: gpt-4.1\n---\nYou teach.\n"
COMMENT = "<!-- SPDX-License-Identifier: MIT -->\n"


def attempt(project: ProjectAt, files: dict[str, str]) -> tuple[Manifest | None, list[str]]:
    folder = project({"provision.yaml": "project: helpers\ndefaults: {model: gpt-4.1}\n", **files})
    try:
        manifest = load(folder)
    except InvalidManifest as invalid:
        return None, [str(item) for item in invalid.diagnostics]
    return manifest, [f"{item.severity} {item}" for item in manifest.diagnostics]


@pytest.mark.parametrize(
    "before",
    ["\n", "\n\n  \n", COMMENT, f"\n{COMMENT}\n", f"{COMMENT}{COMMENT}", "<!--\n---\nx: y\n---\n-->\n", "\ufeff\n",
     "\u00a0\n", "[//]: # (generated)\n", "<!-- a --> <!-- b -->\n", "\r\n\r\n"],
)  # fmt: skip
def test_blank_lines_and_comments_may_stand_before_front_matter(before: str, project: ProjectAt) -> None:
    manifest, said = attempt(project, {"assistants/tutor.md": before + ASSISTANT})
    assert manifest is not None, said
    assert said == []
    [resource] = manifest.resources
    assert resource.address == Address("assistant", "tutor")
    assert resource.inputs["instructions"] == "You teach."


def test_places_count_what_stands_before(project: ProjectAt) -> None:
    _, said = attempt(project, {"assistants/tutor.md": f"{COMMENT}\n---\nmodle: x\n---\nYou teach.\n"})
    assert said == ["manifests/assistants/tutor.md:4:1: there is no field `modle` here; did you mean `model`?"]


@pytest.mark.parametrize("name", ["a.YAML", "a.Yml", "b/c.YML"])
def test_yaml_is_a_manifest_whatever_its_capitals(name: str, project: ProjectAt) -> None:
    manifest, _ = attempt(project, {name: "assistants: {tutor: {instructions: You teach.}}\n"})
    assert manifest is not None
    assert [str(each.address) for each in manifest.resources] == ["assistant.tutor"]


@pytest.mark.parametrize("name", ["assistants/tutor.MD", "assistants/tutor.markdown", "Assistants/tutor.Md"])
def test_markdown_is_a_manifest_whatever_its_ending(name: str, project: ProjectAt) -> None:
    manifest, said = attempt(project, {name: ASSISTANT})
    assert manifest is not None, said
    assert [str(each.address) for each in manifest.resources] == ["assistant.tutor"]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ('+++\nmodel = "gpt-4.1"\n+++\nYou teach.\n', "1:1", "this front matter is TOML (`+++`)"),
        ('{"model": "gpt-4.1"}\n\nYou teach.\n', "1:1", "this front matter is JSON"),
        ("# Tutor\n---\nmodel: gpt-4.1\n---\nYou teach.\n", "2:1", "front matter seems to begin here, and is not read"),
        ("----\nmodel: gpt-4.1\n----\nYou teach.\n", "1:1", "it begins with a line of three hyphens"),
        (" ---\nmodel: gpt-4.1\n ---\nYou teach.\n", "1:1", "without indentation"),
        ("\u2014\nmodel: gpt-4.1\n---\nYou teach.\n", None, ""),
        ("```yaml\n---\nmodel: gpt-4.1\n---\n```\nYou teach.\n", "2:1", "before which only empty lines and comments"),
        ("model: gpt-4.1\n---\nYou teach.\n", "1:1", "put a line `---` before it"),
        ("\n\n---\nmodel: gpt-4.1\nYou teach.\n", "3:1", "the front matter that begins here never ends"),
    ],
)
def test_front_matter_that_cannot_be_read_is_an_error(
    text: str, place: str | None, said: str, project: ProjectAt
) -> None:
    manifest, told = attempt(project, {"assistants/tutor.md": text})
    if place is None:
        assert len(told) == 1
        return
    assert manifest is None
    assert [each.startswith(f"manifests/assistants/tutor.md:{place}: ") and said in each for each in told] == [True]


@pytest.mark.parametrize(
    "text", ["You teach.\n", "# Tutor\n\nYou teach.\n", "A\n\n---\n\nB\n", "\n---\n\nText.\n\n---\n", ""]
)
def test_markdown_without_front_matter_is_reported(text: str, project: ProjectAt) -> None:
    manifest, [said] = attempt(project, {"assistants/tutor.md": text})
    assert manifest is not None
    assert "has no front matter, so it is not read as an assistant" in said
    assert manifest.unread[Address("assistant", "tutor")].startswith("manifests/assistants/tutor.md is still there")
    manifest, said_then = attempt(project, {"assistants/tutor.md": f"---\n---\n{text or 'You teach.'}"})
    assert manifest is not None, said_then
    assert (len(manifest.resources), said_then) == (1, [])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("assistants/tutor.json", "{}", "write it as YAML"),
        ("assistants/tutor.toml", "model = 1", "write it as Markdown with front matter"),
        ("assistants/tutor.txt", "You teach.", "write it as Markdown with front matter"),
        ("assistants/tutor.md.j2", ASSISTANT, "write it as Markdown with front matter"),
        ("bots.json", '{"assistants": {"tutor": {"model": "gpt-4.1"}}}', "this reads like a manifest (`assistants:`)"),
        ("bots.jsonc", '{\n  // ours\n  "assistants": {\n    "tutor": {}\n  }\n}', "this reads like a manifest"),
        ("bots.yaml.txt", "assistants:\n  tutor:\n    model: gpt-4.1\n", "this reads like a manifest"),
        ("bots.toml", '[assistants.tutor]\nmodel = "gpt-4.1"\n', "this reads like a manifest"),
        ("bots/tutor.md", ASSISTANT, "this is an assistant's front matter (`model`), and is not read"),
        ("assistant/tutor.MD", ASSISTANT, "this is an assistant's front matter (`model`), and is not read"),
    ],
)
def test_what_looks_like_a_manifest_is_reported(name: str, text: str, said: str, project: ProjectAt) -> None:
    manifest, told = attempt(project, {name: text})
    assert manifest is not None
    assert [each.startswith(f"warning manifests/{name}:") and said in each for each in told] == [True]
    if not name.endswith("toml") or "assistants/" in name:
        assert Address("assistant", "tutor") in manifest.unread


@pytest.mark.parametrize("ignored", ["assistants/tutor.json", "assistants", "**/*.json"])
def test_what_is_ignored_is_not_reported_but_remembered(ignored: str, project: ProjectAt) -> None:
    settings = f"project: helpers\nignore: ['{ignored}', 'old.yaml']\n"
    files = {"assistants/tutor.json": "{}", "old.yaml": "assistants:\n  poet: {}\n  bard:\n    name: x\n"}
    manifest, said = attempt(project, {"provision.yaml": settings, **files})
    assert manifest is not None
    assert said == []
    assert {str(each) for each in manifest.unread} == {"assistant.tutor", "assistant.poet", "assistant.bard"}


@pytest.mark.parametrize(
    "files",
    [
        {"assistants/README.md": "For people.", "assistants/readme.txt": "For people."},
        {"assistants/part.md": "A part.", "a.yaml": "instructions: {p: {file: assistants/part.md}}\n"},
        {"assistants/data/x.csv": "1,2", "a.yaml": "assistants: {a: {tools: [{type: code_interpreter, container: {files: ['assistants/data/*.csv']}}]}}"},
        {"s.json": '{"type": "object", "properties": {}, "tools": {}}', "a.yaml": "tools: {t: {type: function, name: f, parameters: {file: s.json}}}"},
        {"package.json": '{"name": "x", "files": {"a": {}}}', "tsconfig.json": '{"files": ["a"]}'},
        {"notes.md": "---\ntitle: x\n---\nText.", "data.toml": "[tool.x]\na = 1\n"},
        {"assistants/.hidden.json": "{}"},
    ],
)  # fmt: skip
def test_what_is_something_else_is_not_reported(files: dict[str, str], project: ProjectAt) -> None:
    manifest, said = attempt(project, files)
    assert (manifest is not None, said) == (True, [])


@pytest.mark.parametrize("folder", ["handbook/assistants", "assistants/docs"])
def test_a_page_below_such_a_folder_is_no_assistant(folder: str, project: ProjectAt) -> None:
    page = {f"{folder}/intro.md": "---\ntitle: Intro\ndescription: The beginning.\n---\nHello.\n"}
    manifest, [said] = attempt(project, page)
    assert manifest is not None
    assert manifest.resources == ()
    assert "is not read as an assistant: its front matter has only fields of a page" in said
    store = "vector_stores: {s: {files: ['**/*.md']}}\n"
    manifest, said_then = attempt(project, {**page, "a.yaml": store})
    assert manifest is not None, said_then
    assert said_then == []
    assert [each.address.kind for each in manifest.resources] == ["file", "vector_store"]


def test_a_link_to_a_folder_is_reported_unless_it_is_used(project: ProjectAt) -> None:
    folder = project({})
    (folder.parent / "shared").mkdir()
    Path(folder.parent / "shared" / "x.md").write_text("x", encoding="utf-8")
    (folder / "team").symlink_to("../shared")
    [said] = load(folder).diagnostics
    assert str(said).startswith("manifests/team:1:1: this is a link to a folder, which is not searched for manifests")
    (folder / "a.yaml").write_text("vector_stores: {s: {files: ['team/*.md']}}\n", encoding="utf-8")
    assert load(folder).diagnostics == ()
    (folder / "a.yaml").unlink()
    (folder / "provision.yaml").write_text("project: helpers\nignore: [team]\n", encoding="utf-8")
    assert load(folder).diagnostics == ()
