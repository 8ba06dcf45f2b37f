"""Manifests that were written on Windows: line ends, byte order marks, and paths with backslashes."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest
from provisioner.manifest import Manifest, load
from tests.manifest.conftest import ProjectAt

FILES = {
    "provision.yaml": (
        "project: helpers\n\ndefaults: {model: gpt-4.1}\n"
        "default_environment: dev\nenvironments:\n  dev: {}\n  prod: {}\n"
    ),
    "a.yaml": (
        "instructions:\n  polite:\n    text: |\n      Be polite.\n\n      Always.\n  long: {file: prompts/long.md}\n"
        "tools:\n  look:\n    type: function\n    name: look\n    description: >-\n      Looks\n      up.\n"
        "    parameters: {file: schema.json}\n"
        "vector_stores:\n  books:\n    files: ['books/*.txt']\n"
        "assistants:\n  tutor:\n    instructions: [polite, long]\n"
        "    tools: [look, {type: file_search, vector_stores: [books]}]\n"
    ),
    "assistants/helper.md": "---\nmodel: gpt-4.1\ndescription: Helps.\n---\n# Role\n\nYou help.\n\n- one\n- two\n",
    "prompts/long.md": "First line.\n\n    code\n\nLast line.\n",
    "schema.json": '{\n  "type": "object",\n  "properties": {}\n}\n',
}
BOOK = "A text.\nIts bytes are uploaded as they are.\n"


def resources(manifest: Manifest) -> dict[str, object]:
    return {str(each.address): each.inputs for each in manifest.resources}


def written(project: ProjectAt, end: str, mark: str = "") -> Path:
    return project({name: mark + text.replace("\n", end) for name, text in FILES.items()} | {"books/a.txt": BOOK})


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_change_nothing(project: ProjectAt, end: str, mark: str) -> None:
    expected = resources(load(written(project, "\n")))
    assert expected
    assert resources(load(written(project, end, mark))) == expected


@pytest.mark.thorough
@given(st.lists(st.sampled_from(["\n", "\r\n"]), min_size=64, max_size=64))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mixed_line_ends_change_nothing(project: ProjectAt, ends: list[str]) -> None:
    def mix(text: str) -> str:
        lines = text.split("\n")
        return lines[0] + "".join(ends[number % 64] + line for number, line in enumerate(lines[1:]))

    expected = resources(load(written(project, "\n")))
    assert resources(load(project({name: mix(text) for name, text in FILES.items()}))) == expected


def test_a_file_that_is_uploaded_keeps_its_bytes(project: ProjectAt) -> None:
    digests = []
    for text in (BOOK, BOOK.replace("\n", "\r\n")):
        manifest = load(project({**FILES, "books/a.txt": text}))
        [store] = [each for each in manifest.resources if str(each.address) == "vector_store.books"]
        digests.append(str(store.inputs))
    assert digests[0] != digests[1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_problems_are_reported_in_the_same_places(project: ProjectAt, end: str) -> None:
    text = "assistants:\n  a:\n    instructions: |\n      x\n      y\n    modell: m\n".replace("\n", end)
    page = "---\nmodel: gpt-4.1\nmodell: m\n---\nx\n".replace("\n", end)
    with pytest.raises(InvalidManifest) as raised:
        load(project({"provision.yaml": FILES["provision.yaml"], "a.yaml": text, "assistants/b.md": page}))
    places = [str(each).split(": ")[0] for each in raised.value.diagnostics]
    assert places == ["manifests/a.yaml:6:5", "manifests/assistants/b.md:3:1"]


WINDOWS = ["prompts\\long.md", ".\\prompts\\long.md", "..\\x.md", "C:\\x\\y.md", "\\\\server\\share\\x.md", "\\x.md"]
PLACES = [
    "assistants: {z: {instructions: [{file: 'PATH'}]}}\n",
    "instructions: {z: {file: 'PATH'}}\n",
    "files: {z: {path: 'PATH'}}\n",
    "vector_stores: {z: {files: ['PATH']}}\n",
    "vector_stores: {z: {files: [{path: 'PATH'}]}}\n",
    "tools: {z: {type: function, name: z, parameters: {file: 'PATH'}}}\n",
    "assistants: {z: {instructions: x, tools: [{type: code_interpreter, container: {files: ['PATH']}}]}}\n",
]


def problems(project: ProjectAt, path: str) -> list[str]:
    """What is reported where the path is written in every place, each in a file of its own."""
    files = {f"z{number}.yaml": text.replace("z", f"z{number}", 1) for number, text in enumerate(PLACES)}
    written = {name: text.replace("PATH", path) for name, text in files.items()}
    with pytest.raises(InvalidManifest) as raised:
        load(project({**FILES, "books/a.txt": BOOK, **written}))
    said = list(map(str, raised.value.diagnostics))
    assert [each.partition(":")[0] for each in said] == [f"manifests/{name}" for name in written]
    return said


@pytest.mark.parametrize("path", WINDOWS)
def test_a_path_with_backslashes_is_refused_and_spelled_as_it_should_be(project: ProjectAt, path: str) -> None:
    plain = path.replace("\\", "/")
    assert PureWindowsPath(plain) == PureWindowsPath(path)
    for said in problems(project, path):
        assert f"write `{plain}`: folders are separated by `/`" in said


@pytest.mark.parametrize("path", ["C:/x/y.md", "C:y.md", "//server/share/x.md", "nul", "con.md"])
def test_a_drive_a_share_or_a_device_is_no_file_below_the_root(project: ProjectAt, path: str) -> None:
    for said in problems(project, path):
        assert f"`{path}`" in said


def test_an_exclusion_with_backslashes_is_reported(project: ProjectAt) -> None:
    text = "vector_stores: {z: {files: ['books/*.txt'], exclude: ['books\\a.txt']}}\n"
    manifest = load(project({**FILES, "books/a.txt": BOOK, "z.yaml": text}))
    [said] = map(str, manifest.diagnostics)
    assert "removes nothing; write `books/a.txt`: folders are separated by `/`" in said


def test_addresses_of_files_have_slashes_on_every_system(project: ProjectAt) -> None:
    manifest = load(written(project, "\r\n"))
    addresses = [str(each.address) for each in manifest.resources if each.address.kind == "file"]
    assert addresses == ['file["manifests/books/a.txt"]']
    assert all(str(Address.parse(address)) == address for address in addresses)
