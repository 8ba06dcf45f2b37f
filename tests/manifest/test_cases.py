"""Every folder in cases/ is a case, named by a sentence: a project, and what loading it must give.

`expected.txt` holds the diagnostics, `expected.json` (of the good cases) settings and resources.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from provisioner.core.addresschanges import Move, Removal
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import InvalidManifest
from provisioner.core.resource import Lifecycle, Ref, Resource
from provisioner.manifest import Manifest, load
from tests.manifest.conftest import CASES, copy_case

EVERY = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", EVERY)
def test_case(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rewrite: bool) -> None:
    arguments = copy_case(CASES / name, tmp_path)
    monkeypatch.chdir(tmp_path / "project")
    manifest, said = attempt(arguments)
    assert (manifest is not None) == name.startswith(("good, ", "warned, ")), said
    compare(CASES / name / "expected.txt", said, rewrite)
    if name.startswith("good, ") and manifest is not None:
        compare(CASES / name / "expected.json", describe(manifest, tmp_path / "project"), rewrite)


def attempt(arguments: dict[str, Any]) -> tuple[Manifest | None, str]:
    """What loading gives, and everything that it says, a line each."""
    try:
        manifest = load(Path("manifests"), **arguments)
    except InvalidManifest as invalid:
        return None, "".join(f"{render(item)}\n" for item in invalid.diagnostics)
    return manifest, "".join(f"{render(item)}\n" for item in manifest.diagnostics)


def render(item: Diagnostic) -> str:
    return str(item) if item.severity == "error" else f"{item.place}: {item.severity}: {item.message}"


def compare(path: Path, text: str, rewrite: bool) -> None:
    if rewrite:
        path.write_text(text, encoding="utf-8")
        if not text:
            path.unlink()
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == expected, f"{path} says otherwise; if this is right, run: pytest tests/manifest --rewrite"


def describe(manifest: Manifest, root: Path) -> str:
    settings = {key: value for key, value in vars(manifest.settings).items() if key not in HIDDEN}
    described = {"settings": settings, "resources": [describe_resource(each) for each in manifest.resources]}
    changes = manifest.address_changes
    for name, entries in (("moved", changes.moves), ("removed", changes.removals)):
        if entries:
            described[name] = [spell_fields(each) for each in entries.values()]
    if manifest.tests:
        described["tests"] = [spell_deeply(each) for each in manifest.tests]
    text = json.dumps(described, indent=2, ensure_ascii=False, default=spell)
    return text.replace(str(root), "ROOT") + "\n"


HIDDEN = (
    *("folder", "is_known", "silenced", "written_defaults", "written_variables", "written_ignore", "allowed_env"),
    *("documents", "model_prices", "keep_releases"),
)


def spell_deeply(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {name: spell_deeply(item) for name, item in structs.asdict(value).items()}
    if isinstance(value, (list, tuple)):
        return [spell_deeply(item) for item in value]
    return {name: spell_deeply(item) for name, item in value.items()} if isinstance(value, dict) else value


def spell_fields(entry: Move | Removal) -> dict[str, Any]:
    return structs.asdict(entry)


def describe_resource(resource: Resource) -> dict[str, Any]:
    described: dict[str, Any] = {"address": str(resource.address), "type": resource.type, "inputs": resource.inputs}
    if resource.lifecycle != Lifecycle():
        described["lifecycle"] = structs.asdict(resource.lifecycle)
    if resource.sources:
        described["sources"] = resource.sources
    if resource.imported:
        described["import"] = resource.imported.id
    if resource.path:
        described["path"] = resource.path
    return {**described, "place": str(resource.place)}


def spell(value: object) -> str:
    return f"-> {value.address}" if isinstance(value, Ref) else str(value)
