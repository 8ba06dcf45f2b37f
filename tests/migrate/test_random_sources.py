"""Random dumps of every form are migrated, applied and forgotten, and the manifests that are pulled are equal.

Two projects are equal if their manifests declare the same resources with the same inputs. Names are left aside, as are
the files in which an entry is written: a resource is compared by its type and its inputs, in which a reference to
another resource is replaced by what that resource is. The fields that only the API sets are in no inputs. A temperature
of 1 counts as not set, because the API returns it for assistants whose temperature nobody has set.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.core.resource import Ref, Template
from provisioner.manifest.loading import load
from provisioner.manifest.migration.migrating import migrate
from provisioner.manifest.writing.folder import write_folder
from provisioner.planning.diff.scope import Scope
from provisioner.project.plans import plan_project
from tests.end_to_end.account import Shared
from tests.migrate.random_accounts import ACCOUNT, FORMS, Account, Form, first_version
from tests.unmanaged.conftest import pointed as pointed
from tests.unmanaged.steps import Desk

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

DEFAULT_TEMPERATURE = ("temperature", 1.0)


def declared(folder: Path) -> list[str]:
    """What the manifests in a folder declare, without names and the places of files."""
    resources = {each.address: each for each in load(folder).resources}

    def plain(value: Any) -> Any:
        if isinstance(value, Ref):
            found = resources.get(value.address)
            return ["reference", value.attribute, content(value.address) if found is not None else str(value.address)]
        if isinstance(value, Template):
            return [plain(part) for part in value.parts]
        if isinstance(value, Mapping):
            return {str(key): plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list | tuple) else value

    def content(address: Address) -> str:
        found = resources[address]
        given = {name: value for name, value in found.inputs.items() if (name, value) != DEFAULT_TEMPERATURE}
        return json.dumps([found.type, plain(given)], sort_keys=True, ensure_ascii=False)

    return sorted(map(content, resources))


def assert_complete(folder: Path, account: Account, form: Form) -> None:
    """Each assistant and each store of the account is declared, with what every target can express."""

    def kept(fields: Mapping[str, Any]) -> dict[str, Any]:
        names = ("name", "model", "instructions", "metadata", "expires_after")
        found = {name: fields[name] for name in names if fields.get(name)}
        own = {key: value for key, value in found.get("metadata", {}).items() if key != "provision_template"}
        return {**found, "metadata": own}

    text = partial(json.dumps, sort_keys=True, ensure_ascii=False)

    def described(store: Mapping[str, Any], members: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        given = [[each.get("attributes") or {}, each.get("chunking_strategy")] for each in members]
        return {**kept(store), "members": sorted(given, key=text)}

    resources = load(folder).resources
    assistants = [kept(each.inputs) for each in resources if each.type in ("assistant", "agent")]
    assert sorted(map(text, assistants)) == sorted(text(kept(each)) for each in account["assistants"])
    if form is not first_version:  # It has no stores.
        found = [
            described(each.inputs, each.inputs["files"].values()) for each in resources if each.type == "vector_store"
        ]
        given = [described(each, each["members"].values()) for each in account["stores"]]
        assert sorted(map(text, found)) == sorted(map(text, given))


def check(pointed: Shared, account: Account, form: Form, target: str) -> None:
    pointed.empty()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning), TemporaryDirectory() as made:
        folder = Path(made).resolve()
        for name, text in form(pointed.client, account).items():
            (folder / name).write_text(text, encoding="utf-8")
            note(f"==> {name}\n{text}")
        sources = sorted(path for path in folder.iterdir() if path.is_file())
        manifests = folder / "manifests"
        write_folder(manifests, migrate(sources, manifests, target).files)
        for path in sorted(manifests.rglob("*.*")):
            note(f"==> {path.relative_to(folder)}\n{path.read_text(encoding='utf-8')}")
        desk = Desk(folder, pointed.client)
        migrated = declared(manifests)
        assert_complete(manifests, account, form)
        with desk.open() as project, project.engine.locked("test"):
            outcome = project.engine.apply(plan_project(project, project.manifest.resources, Scope(), under_lock=True))
        assert not outcome.failed, {str(key): str(value) for key, value in outcome.failed.items()}
        forget(desk)
        pulled = desk.pull()
        assert not [each for each, _ in pulled.left if each.type != "file"], pulled.left
        again = declared(manifests)
        lost, new = Counter(migrated) - Counter(again), Counter(again) - Counter(migrated)
        assert not lost + new, "\n".join(["only migrated:", *lost, "only pulled:", *new])


def forget(desk: Desk) -> None:
    """Takes everything out of the manifests and out of the state; the objects stay, without their marks."""
    manifests = desk.folder / "manifests"
    with desk.open() as project:
        addresses = [str(each.address) for each in project.manifest.resources]
    settings = (manifests / "provision.yaml").read_text(encoding="utf-8")
    shutil.rmtree(manifests)
    entries = [{"from": each, "destroy": False} for each in addresses if not each.startswith("environment.")]
    desk.write({"provision.yaml": settings, "removed.yaml": json.dumps({"removed": entries})})
    with desk.open() as project, project.engine.locked("test"):
        planned = plan_project(project, project.manifest.resources, Scope(), under_lock=True)
        outcome = project.engine.apply(planned)
    assert (outcome.failed, outcome.skipped) == ({}, {})
    (manifests / "removed.yaml").unlink()


#: A failing account is shown as it is, because making it smaller takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(account=ACCOUNT, form=st.sampled_from(FORMS), target=st.sampled_from(["assistants", "agents"]))
@settings(max_examples=3, phases=PHASES, suppress_health_check=SLOW)
def test_what_is_migrated_is_pulled_again(pointed: Shared, account: Account, form: Form, target: str) -> None:
    check(pointed, account, form, target)


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@given(account=ACCOUNT, target=st.sampled_from(["assistants", "agents"]))
@settings(max_examples=17, phases=PHASES, suppress_health_check=SLOW)
def test_what_is_migrated_from_any_form_is_pulled_again(
    pointed: Shared, form: Form, account: Account, target: str
) -> None:
    check(pointed, account, form, target)
