"""Links, pipes and devices that a branch puts among its files: tried with the command line as a process."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.core.files.limits import SMALL_BYTES
from provisioner.manifest.limits import FILE_BYTES
from tests.conftest import Provision, WriteProject

pytestmark = pytest.mark.timeout(120)

SECRET = "assistants: {outsider: {instructions: OUTSIDE-TEXT}}\n"
INSIDE = "assistants: {insider: {instructions: Answer shortly.}}\n"
Place = Callable[[Path, Path], None]


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that no project owns."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "a.yaml").write_text(SECRET, encoding="utf-8")
    (folder / "a.md").write_text("---\nname: Outsider\n---\nOUTSIDE-TEXT\n", encoding="utf-8")
    (folder / "prompt.md").write_text("OUTSIDE-TEXT\n", encoding="utf-8")
    (folder / "schema.json").write_text('{"type": "object", "properties": {"OUTSIDE-TEXT": {}}}', encoding="utf-8")
    return folder


def a_fifo(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def a_link_to_a_fifo(path: Path, outside: Path) -> None:
    os.mkfifo(path.parent / "pipe")
    path.symlink_to("pipe")


def a_socket(path: Path, outside: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path has at most 108 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
    os.chdir(here)


def a_link_to(target: str) -> Place:
    def place(path: Path, outside: Path) -> None:
        path.symlink_to(target.format(outside=outside))

    place.__name__ = f"a_link_to_{target}"
    return place


def a_link_to_itself(path: Path, outside: Path) -> None:
    path.symlink_to(path.name)


SPECIAL = [
    a_fifo, a_link_to_a_fifo, a_socket, a_link_to_itself, a_link_to("/dev/zero"), a_link_to("/dev/tty"),
    a_link_to("/proc/self/environ"), a_link_to("/etc/passwd"), a_link_to("{outside}/a.yaml"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["evil{}.yaml", "assistants/evil{}.md", "inner/evil{}.yml"])
def test_manifests_that_are_no_files_of_the_project(
    project: WriteProject, provision: Provision, outside: Path, name: str
) -> None:
    folder = project({"a.yaml": INSIDE})
    names = [name.format(number) for number in range(len(SPECIAL))]
    (folder / "manifests" / name).parent.mkdir(exist_ok=True)
    for each, place in zip(names, SPECIAL, strict=True):
        place(folder / "manifests" / each, outside)
    code, stdout, stderr = provision("plan", online=False)
    assert code == 1
    for each in names:
        assert f"{each}:1:1: error: this cannot be read" in stderr or f"{each}:1:1: error: cannot be read" in stderr
    assert "OUTSIDE" not in stdout + stderr
    assert "root:x" not in stdout + stderr


@pytest.mark.parametrize("place", SPECIAL[1::2], ids=lambda place: place.__name__)
def test_settings_that_are_no_file_of_the_project(
    project: WriteProject, provision: Provision, outside: Path, place: Place
) -> None:
    folder = project({"a.yaml": INSIDE})
    (folder / "manifests" / "provision.yaml").unlink()
    place(folder / "manifests" / "provision.yaml", outside)
    code, stdout, stderr = provision("validate", online=False)
    assert code == 1
    assert "cannot be read" in stderr
    assert "OUTSIDE" not in stdout + stderr


USES = {
    "prompt": "assistants: {a: {instructions: [{file: FILE}]}}",
    "fragment": "instructions: {f: {file: FILE}}\nassistants: {a: {instructions: [f]}}",
    "schema": "tools: {t: {type: function, name: t, parameters: {file: FILE}}}",
    "upload": "vector_stores: {s: {files: [FILE]}}",
    "declared": "files: {f: {path: FILE}}\nvector_stores: {s: {files: [{file: f}]}}",
    "container": "assistants: {a: {tools: [{type: code_interpreter, container: {files: [FILE]}}]}}",
}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("use", USES)
def test_files_that_a_manifest_names(project: WriteProject, provision: Provision, outside: Path, use: str) -> None:
    paths = [f"docs/evil{number}.md" for number in range(len(SPECIAL))]
    written = {f"m{number}.yaml": renamed(USES[use], number, path) for number, path in enumerate(paths)}
    folder = project(written)
    (folder / "manifests" / "docs").mkdir()
    for path, place in zip(paths, SPECIAL, strict=True):
        place(folder / "manifests" / path, outside)
    code, stdout, stderr = provision("validate", online=False)
    assert code == 1
    for path in paths:
        assert path in stderr
    assert "provision has a bug" not in stderr
    assert "OUTSIDE" not in stdout + stderr
    assert "root:x" not in stdout + stderr


def renamed(text: str, number: int, path: str) -> str:
    """The manifest with names that no other has."""
    for name in "aftsn":
        text = text.replace(f"{{{name}: {{", f"{{{name}{number}: {{").replace(f"[{name}]", f"[{name}{number}]")
        text = text.replace(f"  {name}: ", f"  {name}{number}: ").replace(
            f"{{file: {name}}}", f"{{file: {name}{number}}}"
        )
    return text.replace("name: t,", f"name: t{number},").replace("FILE", path) + "\n"


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("name", ["prompt.md", "../{name}/prompt.md", "PROMPT.md"])
@pytest.mark.parametrize("use", ["prompt", "upload"])
def test_a_folder_that_is_a_link_out(
    project: WriteProject, provision: Provision, outside: Path, name: str, use: str
) -> None:
    path = f"docs/{name.format(name=outside.name)}"
    folder = project({"a.yaml": USES[use].replace("FILE", path) + "\n"})
    (outside / "PROMPT.md").write_text("OUTSIDE-TEXT", encoding="utf-8")
    (folder / "manifests" / "docs").symlink_to(outside)
    code, _, stderr = provision("validate", online=False)
    assert code == 1
    assert "outside the root" in stderr or "there is no file" in stderr


def test_manifests_folder_that_is_a_link_out(project: WriteProject, provision: Provision, outside: Path) -> None:
    folder = project({"a.yaml": INSIDE})
    (folder / "manifests").rename(outside / "moved")
    (folder / "manifests").symlink_to(outside / "moved")
    for command in ("validate", "plan", "lint", "graph"):
        code, _, stderr = provision(command, online=False)
        assert code == 1
        assert "symbolic link that leads out of" in stderr


def test_manifests_folder_that_is_a_link_inside(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": INSIDE})
    (folder / "manifests").rename(folder / "config")
    (folder / "manifests").symlink_to("config")
    assert provision("validate", online=False).code == 0


def test_links_inside_are_read_once(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": INSIDE, "store.yaml": "vector_stores: {s: {files: [alias/x.md]}}\n", "docs/x.md": "x"})
    (folder / "manifests" / "b.yaml").symlink_to("a.yaml")
    (folder / "manifests" / "alias").symlink_to("docs")
    (folder / "shared.yaml").write_text("assistants: {shared: {instructions: Answer.}}\n", encoding="utf-8")
    (folder / "manifests" / "shared.yaml").symlink_to("../shared.yaml")
    code, stdout, stderr = provision("validate", online=False)
    assert code == 0, stderr
    assert "2 assistants" in stdout
    assert "b.yaml:1:1: info: this is a link to a manifest that is read already" in stdout + stderr


@pytest.mark.parametrize("use", ["manifest", "prompt", "schema"])
def test_a_file_beyond_the_limit(project: WriteProject, provision: Provision, use: str) -> None:
    text = INSIDE if use == "manifest" else USES[use].replace("FILE", "big.txt")
    folder = project({"a.yaml": text})
    big = folder / "manifests" / ("big.yaml" if use == "manifest" else "big.txt")
    with big.open("wb") as stream:
        stream.truncate(FILE_BYTES + 1)
    code, _, stderr = provision("validate", online=False)
    assert code == 1
    assert "is larger than 10 MB" in stderr


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("suffix", ["lock", "json", "journal", "history"])
def test_links_in_the_states_folder(project: WriteProject, provision: Provision, outside: Path, suffix: str) -> None:
    folder = project({"a.yaml": INSIDE})
    assert provision("apply", "--yes").code == 0
    victim = outside / "victim"
    link = folder / "state" / f"default.{suffix}"
    if suffix == "history":
        link.rename(folder / "moved")
        victim.mkdir()
        (victim / "1.json").write_text("kept", encoding="utf-8")
        (victim / ".default.x.tmp").write_text("kept", encoding="utf-8")
    else:
        link.unlink(missing_ok=True)
        victim.write_text("kept\n", encoding="utf-8")
    link.symlink_to(victim)
    project({"a.yaml": INSIDE.replace("shortly", "at length")})
    for command in (["apply", "--yes"], ["destroy", "--yes"], ["state", "rebuild", "--yes"]):
        code, _, stderr = provision(*command)
        assert code == 1, command
        assert "symbolic link" in stderr or "No such option" in stderr
        assert "provision has a bug" not in stderr
    if suffix == "history":
        assert sorted(os.listdir(victim)) == [".default.x.tmp", "1.json"]
        victim = victim / "1.json"
    assert victim.read_text(encoding="utf-8").strip() == "kept"


def test_a_lock_that_is_a_pipe(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": INSIDE})
    (folder / "state").mkdir()
    os.mkfifo(folder / "state" / "default.lock")
    os.mkfifo(folder / "state" / "default.journal")
    code, _, stderr = provision("apply", "--yes")
    assert code == 1
    assert "not a regular file" in stderr


def test_a_states_folder_that_is_a_link_out(project: WriteProject, provision: Provision, outside: Path) -> None:
    folder = project({"a.yaml": INSIDE})
    (folder / "state").symlink_to(outside)
    before = sorted(os.listdir(outside))
    for command in (["plan"], ["apply", "--yes"], ["validate"]):
        code, _, stderr = provision(*command)
        assert code == 1
        assert "symbolic link that leads outside the root" in stderr
    assert sorted(os.listdir(outside)) == before


def test_a_states_folder_outside_is_taken_where_the_settings_name_it(
    project: WriteProject, provision: Provision, outside: Path
) -> None:
    settings = f"project: test\nstate: {outside}/kept\ndefaults: {{model: gpt-6-luna}}\n"
    project({"a.yaml": INSIDE, "provision.yaml": settings})
    assert provision("apply", "--yes").code == 0
    assert (outside / "kept" / "default.json").is_file()


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("name", [".provision", ".provision/state", ".provision/emulator.db"])
def test_links_in_the_private_folder(project: WriteProject, provision: Provision, outside: Path, name: str) -> None:
    folder = project({"a.yaml": INSIDE})
    link = folder / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside / "new" if name.endswith("db") else outside)
    before = sorted(os.listdir(outside))
    code, _, stderr = provision("--emulator", "apply", "--yes", online=False)
    assert code == 1
    assert "symbolic link" in stderr
    assert sorted(os.listdir(outside)) == before


def test_a_cache_of_models_that_is_a_link(project: WriteProject, provision: Provision, outside: Path) -> None:
    folder = project({"a.yaml": INSIDE})
    (folder / ".provision").mkdir()
    (folder / ".provision" / "models.json").symlink_to(outside / "new.json")
    provision("lint")
    assert not (outside / "new.json").exists()


@pytest.mark.parametrize("place", [a_link_to("/dev/zero"), a_link_to("{outside}/env")], ids=["device", "file"])
def test_a_dotenv_that_is_a_link_out(project: WriteProject, provision: Provision, outside: Path, place: Place) -> None:
    folder = project({"a.yaml": INSIDE})
    (outside / "env").write_text("OPENAI_API_KEY=sk-outside\n", encoding="utf-8")
    place(folder / ".env", outside)
    code, stdout, stderr = provision("plan", env={"OPENAI_API_KEY": None}, online=False)
    assert code == 1
    assert "symbolic link" in stderr or "no API key" in stderr
    assert "sk-outside" not in stdout + stderr


def test_a_dotenv_beyond_the_limit(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": INSIDE})
    (folder / ".env").write_text("A=" + "x" * SMALL_BYTES, encoding="utf-8")
    code, _, stderr = provision("plan", env={"OPENAI_API_KEY": None}, online=False)
    assert code == 1
    assert "more than 1 MB" in stderr


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("name", ["manifests", "manifests/prompts", ".gitignore", "manifests/assistants.yaml"])
def test_init_does_not_write_through_links(tmp_path: Path, provision: Provision, outside: Path, name: str) -> None:
    link = tmp_path / name
    link.parent.mkdir(exist_ok=True)
    target = outside if "." not in name else outside / "written"
    link.symlink_to(target)
    before = sorted(os.listdir(outside))
    code, _, stderr = provision("init", online=False)
    assert code == 1
    assert "symbolic link" in stderr or "here already" in stderr or "Not a directory" in stderr
    assert sorted(os.listdir(outside)) == before


@pytest.mark.parametrize("option", ["--out", "--html"])
def test_a_target_that_is_a_link_out(project: WriteProject, provision: Provision, outside: Path, option: str) -> None:
    folder = project({"a.yaml": INSIDE})
    (folder / "plan.out").symlink_to(outside / "new")
    code, _, stderr = provision("plan", option, "plan.out")
    assert code == 1
    assert "symbolic link leads out of the working folder" in stderr
    assert not (outside / "new").exists()


def test_a_state_from_a_pipe_is_read(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": INSIDE})
    assert provision("apply", "--yes").code == 0
    text = (folder / "state" / "default.json").read_text(encoding="utf-8")
    code, _, stderr = provision("state", "push", "-", stdin=text)
    assert code == 3  # it was read whole: its serial is known
    assert "- has serial 1, and the state is at 1 already" in stderr


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "name", [".ENV", ".Env.local", ".GIT/config", ".g\u200cit/config", ".provisio\uff4e/x", "sub/.env"]
)
def test_names_of_secrets_in_other_forms(project: WriteProject, provision: Provision, name: str) -> None:
    folder = project({"a.yaml": USES["prompt"].replace("FILE", f'"{name}"')})
    path = folder / "manifests" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("KEY=1", encoding="utf-8")
    (folder / "manifests" / "alias.md").symlink_to(name)
    code, _, stderr = provision("validate", online=False)
    assert code == 1
    assert "may not be read" in stderr
    project({"a.yaml": USES["prompt"].replace("FILE", "alias.md")})
    assert "may not be read" in provision("validate", online=False).stderr
