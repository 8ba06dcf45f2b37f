"""`pytest tests/manifest --rewrite` writes what the cases give now into their expectations, for review."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parent / "cases"
ProjectAt = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectAt:
    """Writes manifests (by their path below `manifests/`) and works in the project's folder; gives the manifests'."""

    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path / "project"
        for name, text in {"provision.yaml": "project: helpers\n", **files}.items():
            path = root / "manifests" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        monkeypatch.chdir(root)
        return root / "manifests"

    return write


def copy_case(case: Path, folder: Path) -> dict[str, Any]:
    """Copies a case's project and makes what cannot be kept in version control; returns the arguments of `load`."""
    root = folder / "project"
    root.mkdir()
    if (case / "manifests").exists():
        shutil.copytree(case / "manifests", root / "manifests")
    (root / "manifests").mkdir(exist_ok=True)
    settings = case / "case.json"
    arguments: dict[str, Any] = json.loads(settings.read_text(encoding="utf-8")) if settings.exists() else {}
    make = arguments.pop("make", {})
    for name, text in make.get("outside", {}).items():
        (folder / "outside").mkdir(exist_ok=True)
        (folder / "outside" / name).write_text(text, encoding="utf-8")
    for name, text in make.get("text", {}).items():
        _new(root / name).write_text(text, encoding="utf-8", newline="")
    for name, digits in make.get("bytes", {}).items():
        _new(root / name).write_bytes(bytes.fromhex(digits))
    for name, target in make.get("link", {}).items():
        _new(root / name).symlink_to(target)
    for name, size in make.get("sparse", {}).items():
        with _new(root / name).open("wb") as file:
            file.truncate(size)
    for name in make.get("pipe", []):
        os.mkfifo(_new(root / name))
    return arguments


def _new(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
