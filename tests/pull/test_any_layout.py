"""Random changes of live objects are written into manifests of any layout, and every other byte stays."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from provisioner.core.files.root import Root
from provisioner.project.drift_pulling import PulledDrift, pull_drift
from provisioner.project.rewriting import rewrite
from tests.end_to_end.account import Shared
from tests.pull.layouts import Changed, Piece, differing_piece
from tests.pull.projects import Declared, Drawing, draw, flow
from tests.unmanaged.steps import Desk

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

#: A failing project is shown as it is, because making it smaller takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def encoded(pieces: list[Piece], end: str, bom: str) -> list[Piece]:
    """The pieces of a file with other line ends, and with a BOM."""
    made = [Piece(piece.text.replace("\n", end), piece.value, piece.line, piece.inside) for piece in pieces]
    return [Piece(bom), *made]


def content_of(pieces: list[Piece]) -> bytes:
    return "".join(piece.text for piece in pieces).encode()


def write(desk: Desk, drawing: Drawing, random: Random) -> None:
    """Writes the project; its files have one of the forms of line ends each."""
    top = {"project": "test", "state": "../state", "environments": {"prod": {}}, **drawing.settings}
    desk.write({"provision.yaml": flow(top), "notes/a.txt": "a", "notes/b.txt": "b"})
    for name, pieces in drawing.files.items():
        end, bom = random.choice(["\n", "\n", "\r\n"]), random.choice(["", "", "\ufeff"])
        drawing.files[name] = encoded(pieces, end, bom)
        path = desk.folder / "manifests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content_of(drawing.files[name]))
        note(f"==> {name} ({end!r})\n{path.read_text()}")


def ids(desk: Desk) -> dict[str, str]:
    """The ids of the recorded objects, by their addresses."""
    records = json.loads((desk.folder / "state/prod.json").read_text())["records"]
    return {address: each["id"] for address, each in records.items()}


def send(client: Any, id: str, each: Declared) -> None:
    """Gives a live object the fields that `each` has now."""
    fields = {name: value for name, value in each.fields.items() if name not in ("metadata", "files", "tools")}
    if each.kind == "vector_store":
        if "expires_after" in fields:
            fields["expires_after"] = {"anchor": "last_active_at", **fields["expires_after"]}
        marks = own_metadata(client.vector_stores.retrieve(id).metadata)
        client.vector_stores.update(id, metadata=marks | each.fields["metadata"], **fields)
        for member in list(client.vector_stores.files.list(id)):
            if (attributes := dict(member.attributes or {})).get("path", "").endswith("a.txt"):
                attributes["year"] = each.fields["files"][0]["attributes"]["year"]
                client.vector_stores.files.update(member.id, vector_store_id=id, attributes=attributes)
        return
    tools = each.fields.get("tools")
    objects = client.beta.agents if each.target == "agents" else client.beta.assistants
    if tools is not None and each.target == "assistants":
        tools = [{"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}} for tool in tools]
    if tools is not None:
        fields["tools"] = tools
    metadata = own_metadata(objects.retrieve(id).metadata) | each.fields["metadata"]
    if each.parts:
        fields["instructions"] = each.instructions
    objects.update(id, metadata=metadata, **fields)


def own_metadata(metadata: Any) -> dict[str, str]:
    return {key: value for key, value in (metadata or {}).items() if key.startswith("provision_")}


def pull(desk: Desk) -> PulledDrift:
    """Writes the drift of every resource, as the command does."""
    with desk.open() as project:
        pulled = pull_drift(project, desk.choice, [])
        rewrite(Root(project.settings.root), pulled.before, pulled.after)
    return pulled


def check(client: Any, folder: Path, random: Random) -> None:
    """Applies a project, changes its objects, pulls, and compares."""
    desk = Desk(folder, client, "prod")
    drawing = draw(random)
    write(desk, drawing, random)
    desk.apply()
    assert not desk.plan().changes
    drawing.change()
    found = ids(desk)
    for each in drawing.resources:
        send(client, found[each.address], each)
    pulled = pull(desk)
    for made in pulled.resources:
        for left in made.refused:
            note(f"refused: {made.address} {left.path}: {left.reason}: {left.value!r}")
    total = Changed()
    for each in drawing.resources:
        total.values |= each.changed.values
        total.removed |= each.changed.removed
        total.grown |= each.changed.grown
    note(str(total))
    for name, pieces in drawing.files.items():
        text = (desk.folder / "manifests" / name).read_bytes().decode()
        assert differing_piece(pieces, total, text) is None, f"{name}\n{text}"
        if "\r\n" in content_of(pieces).decode():
            assert not re.search("(?<!\r)\n", text)
    refused = {
        (str(made.address), re.split(r"[.\[]", each.path)[0]) for made in pulled.resources for each in made.refused
    }
    # A value of an environment is written in the settings, or refused where it would not suffice.
    free = {(each.address, name) for each in drawing.resources for name in each.fields if each.is_of_environment(name)}
    assert refused - free == {(each.address, name) for each in drawing.resources for name in each.refused}
    drifting = {(str(each.address), str(each.path[0])) for each in desk.plan().drift}
    assert drifting <= refused
    assert not pull(desk).after


@pytest.mark.thorough
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=4, phases=PHASES, suppress_health_check=SLOW)
def test_what_others_changed_is_written_into_any_layout(pointed: Shared, random: Random) -> None:
    run(pointed, random)


@pytest.mark.thorough
@pytest.mark.timeout(600)
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=80, phases=PHASES, suppress_health_check=SLOW)
def test_what_others_changed_is_written_into_many_layouts(pointed: Shared, random: Random) -> None:
    run(pointed, random)


def run(pointed: Shared, random: Random) -> None:
    pointed.empty()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning), TemporaryDirectory() as folder:
        check(pointed.client, Path(folder).resolve(), random)
