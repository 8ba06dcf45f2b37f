"""What cases cannot show: where a project is found, overrides, what is imported, files that change, the starter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest, UsageError
from provisioner.manifest import find, json_schema, load, write_starter
from provisioner.manifest.files import referenced_files
from tests.manifest.conftest import CASES, ProjectAt, copy_case

GOOD = sorted(path.name for path in CASES.glob("good, *"))


def test_the_manifests_folder_is_found_from_itself_its_owner_and_below(project: ProjectAt) -> None:
    folder = project({"prompts/deep/a.md": "x"})
    for start in (folder, folder.parent, folder / "prompts" / "deep"):
        assert find(start) == folder


def test_without_a_project_find_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    with pytest.raises(UsageError) as error:
        find(tmp_path)
    assert "provision init" in str(error.value.hint)


@pytest.mark.parametrize("name", ["provision.yml", "Provision.yaml", "provision.json"])
def test_settings_under_another_name_are_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / name).write_text("project: a\n", encoding="utf-8")
    with pytest.raises(UsageError) as error:
        find(tmp_path)
    assert name in error.value.message
    assert error.value.hint == "rename it to provision.yaml"


def test_overrides_win_over_the_environment(project: ProjectAt) -> None:
    settings = "project: a\ntarget: agents\nenvironments: {dev: {base_url: 'https://a.example', state: ../elsewhere}}\n"
    folder = project({"provision.yaml": settings})
    chosen = load(folder, "dev", {"base_url": "https://b.example", "target": None, "state": "here"}).settings
    assert (chosen.base_url, chosen.target, chosen.state) == ("https://b.example", "agents", str(Path.cwd() / "here"))
    assert load(folder, "dev").settings.state == str(folder.parent / "elsewhere")


@pytest.mark.parametrize("overrides", [{"project": "b"}, {"target": "nowhere"}])
def test_what_cannot_be_overridden_is_refused(project: ProjectAt, overrides: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        load(project({}), None, overrides)


def test_the_default_environment_needs_no_declaration(project: ProjectAt) -> None:
    folder = project({})
    assert load(folder, "default").settings.environment == "default"
    with pytest.raises(InvalidManifest) as refused:
        load(folder, "prod")
    [told] = refused.value.diagnostics
    assert "none is declared" in told.message
    assert str(told.place) == "manifests/provision.yaml:1:1"


def test_a_declared_default_environment_is_chosen_by_itself(project: ProjectAt) -> None:
    folder = project({"provision.yaml": "project: a\nenvironments: {default: {target: agents}, prod: {}}\n"})
    manifest = load(folder)
    assert (manifest.settings.environment, manifest.settings.target) == ("default", "agents")
    assert manifest.diagnostics == ()


def test_a_path_that_no_attribute_can_hold_is_told(project: ProjectAt) -> None:
    path = "/".join(["long" * 30] * 5) + ".md"
    folder = project({path: "x", "m.yaml": f"vector_stores: {{s: {{files: [{path}]}}}}"})
    with pytest.raises(InvalidManifest) as refused:
        load(folder)
    assert "path_attribute: false" in refused.value.diagnostics[0].message


def test_what_costs_time_is_not_imported_for_the_example(tmp_path: Path) -> None:
    copy_case(CASES / "good, the example of the design", tmp_path)
    code = """
import sys
from pathlib import Path
from provisioner.manifest import load
manifest = load(Path(sys.argv[1]), "dev")
assert len(manifest.resources) == 8
print([name for name in ("openai", "deepdiff", "rich", "click", "httpx2") if name in sys.modules])
"""
    root = Path(referenced_files.__file__).parents[2]
    command = [sys.executable, "-c", code, str(tmp_path / "project" / "manifests")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.thorough
def test_every_case_holds_without_the_c_loader() -> None:
    tests = Path(__file__).parent / "test_cases.py"
    code = "import sys, yaml; del yaml.CSafeLoader; import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(tests)]
    done = subprocess.run(
        command, cwd=Path(referenced_files.__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_jsonschema_is_imported_only_for_schemas(project: ProjectAt) -> None:
    folder = project({"a.yaml": "assistants: {bot: {model: x, tools: [web_search]}}"})
    code = "import sys; from pathlib import Path; from provisioner.manifest import load; load(Path(sys.argv[1]));"
    command = [sys.executable, "-c", f"{code} print('jsonschema' in sys.modules)", str(folder)]
    done = subprocess.run(
        command, cwd=Path(referenced_files.__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_a_file_that_grows_while_it_is_read_is_told(project: ProjectAt) -> None:
    folder = project({"a.md": "x"})
    path = folder / "a.md"
    before = path.stat()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert referenced_files.changed(before, path.stat())
    assert not referenced_files.changed(path.stat(), path.stat())


def test_a_file_is_one_resource_however_often_it_is_used(project: ProjectAt) -> None:
    tools = "tools: [{type: code_interpreter, container: {files: [a.md, ./a.md, b/../a.md]}}]"
    text = "vector_stores: {s: {files: [a.md, '*.md']}, t: {files: [a.md]}}\n"
    text += f"assistants: {{x: {{model: m, {tools}}}}}\n"
    manifest = load(project({"a.md": "x", "b/x.txt": "y", "m.yaml": text}))
    files = [resource.address for resource in manifest.resources if resource.type == "file"]
    assert files == [Address("file", "manifests/a.md")]


def test_an_unreadable_file_is_told_where_it_is_named(project: ProjectAt) -> None:
    folder = project({"a.md": "x", "m.yaml": "vector_stores: {s: {files: [a.md]}}"})
    (folder / "a.md").chmod(0)
    if os.access(folder / "a.md", os.R_OK):
        # A superuser reads everything: a link to itself is unreadable even so.
        (folder / "a.md").unlink()
        (folder / "a.md").symlink_to("a.md")
    with pytest.raises(InvalidManifest) as refused:
        load(folder)
    [told] = refused.value.diagnostics
    assert "cannot be read" in told.message
    assert str(told.place) == "manifests/m.yaml:1:29"


def test_credentials_are_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_case(CASES / "credentials", tmp_path)
    monkeypatch.chdir(tmp_path / "project")
    with pytest.raises(InvalidManifest) as refused:
        load(Path("manifests"))
    said = "\n".join(str(item) for item in refused.value.diagnostics)
    for secret in ("open-sesame", "sk-proj", "abcdefghijk", "ghp_0", "xoxb-", "AKIAA", "Bearer "):
        assert secret not in said


def test_the_schema_is_valid_and_accepts_the_good_cases() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in CASES.glob("good, */manifests/[!.]*.yaml"):
        data = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        if isinstance(data, dict) and "scalars" not in str(path) and "anchors" not in str(path):
            from provisioner.manifest.parsing.reading import read_yaml

            assert not list(validator.iter_errors(read_yaml(path).document.data)), path


@pytest.mark.parametrize(
    "data",
    [
        {"assistants": {"bot": {"temprature": 1}}},
        {"assistants": {"bot": {"tools": [{"type": "function"}]}}},
        {"vector_store": {}},
        {"project": "a", "target": "nowhere"},
    ],
)
def test_the_schema_refuses_what_loading_refuses(data: object) -> None:
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(data))


def test_the_starter_loads_as_it_is(tmp_path: Path) -> None:
    written = write_starter(tmp_path)
    manifest = load(find(tmp_path))
    assert [str(resource.address) for resource in manifest.resources] == ["assistant.helper"]
    assert manifest.diagnostics == ()
    assert json.loads((tmp_path / "manifests" / ".provision-schema.json").read_text(encoding="utf-8")) == json_schema()
    header = (tmp_path / "manifests" / "assistants.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert header == "# yaml-language-server: $schema=.provision-schema.json"
    assert {path.name for path in written} >= {"provision.yaml", ".gitignore", ".gitattributes"}


def test_the_starter_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "assistants.yaml").write_text("mine: 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"manifests/assistants\.yaml is here already"):
        write_starter(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["assistants.yaml"]


def test_the_starter_adds_to_what_git_ignores(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc\n.env", encoding="utf-8")
    write_starter(tmp_path)
    lines = (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["*.pyc", ".env", ".provision/"]
    assert lines.count(".env") == 1
