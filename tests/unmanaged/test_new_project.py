"""`provision pull DIR` outside of any project begins one, which adopts everything and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.core.errors import UsageError
from provisioner.manifest.writing.new_settings import name_project, settings_text
from provisioner.project.command_options import Choice
from provisioner.project.new_project import begin_settings
from tests.conftest import write_file
from tests.warm.commands import WarmProvision

if TYPE_CHECKING:
    from openai import OpenAI

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API


def make_agent(client: OpenAI, name: str = "Poet") -> str:
    return client.beta.agents.create(model="gpt-6-luna", name=name, instructions="Rhyme.").id


def make_assistant(client: OpenAI) -> str:
    return client.beta.assistants.create(model="gpt-4o", name="Tutor", temperature=0.5).id


def settings_in(folder: Path) -> list[str]:
    return (folder / "provision.yaml").read_text(encoding="utf-8").splitlines()


def assert_adopts_unchanged(provision: WarmProvision, *ids: str) -> None:
    """The plan adopts these objects, and does nothing else."""
    planned = provision("plan")
    assert planned.code == 0, planned.stderr
    assert f"Plan: {len(ids)} to adopt, 0 unchanged." in planned.stdout
    assert "differs from the manifest" not in planned.stdout
    assert all(id in planned.stdout for id in ids)


@pytest.mark.thorough
def test_an_account_becomes_a_project(provision: WarmProvision, client: OpenAI) -> None:
    agent = make_agent(client)
    store = client.vector_stores.create(name="Handbook").id
    checked = provision("pull", "manifests", "--check")
    assert checked.code == 2, checked.stderr
    assert "would write manifests/provision.yaml" in checked.stdout
    assert list(provision.folder.iterdir()) == []

    pulled = provision("pull", "manifests")
    assert pulled.code == 0, pulled.stderr
    assert "wrote manifests/provision.yaml" in pulled.stdout
    assert "new project " in pulled.stderr
    assert pulled.stderr.endswith("Next: provision plan\n")
    assert "target: agents" in settings_in(provision.folder / "manifests")

    assert_adopts_unchanged(provision, agent, store)
    assert provision("apply", "--yes").code == 0
    assert provision("plan", "--detailed-exitcode").code == 0
    assert provision("pull", "manifests/more", "--check").code == 0


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("live", "target"), [("agent", "agents"), ("assistant", "assistants"), ("both", "agents"), ("store", "responses")]
)
def test_the_target_fits_what_is_live(provision: WarmProvision, client: OpenAI, live: str, target: str) -> None:
    made = []
    if live in ("agent", "both"):
        made.append(make_agent(client))
    if live in ("assistant", "both"):
        made.append(make_assistant(client))
    if live == "store":
        made.append(client.vector_stores.create(name="Handbook").id)
    assert provision("pull", "manifests").code == 0
    assert f"target: {target}" in settings_in(provision.folder / "manifests")
    declared = (provision.folder / "manifests/assistants.yaml").read_text() if live != "store" else ""
    assert declared.count("target:") == (live == "both")
    assert_adopts_unchanged(provision, *made)


def test_a_folder_that_is_not_found_by_itself_is_named(provision: WarmProvision, client: OpenAI) -> None:
    make_agent(client)
    pulled = provision("pull", "helpers/live")
    assert pulled.code == 0, pulled.stderr
    assert pulled.stderr.endswith("Next: provision -C helpers/live plan\n")
    assert "Plan: 1 to adopt" in provision("-C", "helpers/live", "plan").stdout


def test_an_empty_account_leaves_nothing(provision: WarmProvision) -> None:
    pulled = provision("pull", "manifests")
    assert (pulled.code, "Nothing to write" in pulled.stdout) == (0, True), pulled.stderr
    assert list(provision.folder.iterdir()) == []


def test_a_state_of_a_project_that_is_gone_is_an_error(provision: WarmProvision, client: OpenAI) -> None:
    make_agent(client)
    assert provision("pull", "manifests").code == 0
    assert provision("apply", "--yes").code == 0
    for each in (provision.folder / "manifests").iterdir():
        each.unlink()
    again = provision("pull", "manifests")
    assert (again.code, "there is a state already in" in again.stderr) == (1, True)
    assert list((provision.folder / "manifests").iterdir()) == []


def test_a_folder_of_another_project_is_an_error(tmp_path: Path) -> None:
    write_file(tmp_path / "other/manifests/provision.yaml", "project: other\n")
    for folder in ("other", "other/manifests/new"):
        with pytest.raises(UsageError, match="lies in the project in"):
            begin_settings(Choice(directory=tmp_path), tmp_path / folder)
    assert begin_settings(Choice(directory=tmp_path / "other"), tmp_path / "other/manifests/new") is None


def test_a_folder_with_manifests_is_an_error(tmp_path: Path) -> None:
    write_file(tmp_path / "manifests/notes.txt", "no manifest")
    settings = begin_settings(Choice(directory=tmp_path), tmp_path / "manifests")
    assert settings is not None
    assert (settings.root, settings.state) == (tmp_path, str(tmp_path / "state"))
    write_file(tmp_path / "manifests/a.yaml", "vector_stores: {a: {}}\n")
    with pytest.raises(UsageError, match=r"holds manifests already, such as a\.yaml"):
        begin_settings(Choice(directory=tmp_path), tmp_path / "manifests")


def test_an_environment_and_a_whole_disk_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no environment `prod`"):
        begin_settings(Choice(directory=tmp_path, environment="prod"), tmp_path / "manifests")
    with pytest.raises(UsageError, match="cannot hold manifests"):
        begin_settings(Choice(directory=tmp_path), Path("/"))


def test_a_link_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here/manifests").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a symbolic link"):
        begin_settings(Choice(directory=tmp_path / "here"), tmp_path / "here/manifests")


def test_a_misspelt_settings_file_is_an_error(tmp_path: Path) -> None:
    write_file(tmp_path / "manifests/provision.yml", "project: other\n")
    with pytest.raises(UsageError, match="is not read as settings"):
        begin_settings(Choice(directory=tmp_path), tmp_path / "manifests")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Campus Helpers/manifests", "campus-helpers"),
        ("live", "live"),
        ("한국어/manifests", "helpers"),
        ("2026", "2026"),
    ],
)
def test_a_project_is_named_after_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    assert name_project(tmp_path / folder) == name


@pytest.mark.parametrize("name", ["2026", "1e5", "null", "no", "0x1f", "a-b"])
def test_every_name_is_read_as_text(tmp_path: Path, name: str) -> None:
    from provisioner.manifest import load

    write_file(tmp_path / "manifests/provision.yaml", settings_text(name, "agents", "gpt-6-luna"))
    settings = load(tmp_path / "manifests").settings
    assert (settings.project, settings.target, settings.state) == (name, "agents", str(tmp_path / "state"))
    assert settings.defaults == {"model": "gpt-6-luna"}
