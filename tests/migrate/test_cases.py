"""Every folder in cases/ is a case: its sources in `in/`, and the report and the manifests that are made from them.

`target` is a file with the target, if it is not `responses`. The manifests of every case load without an error.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest, ProvisionError, diagnose
from provisioner.manifest.loading import load
from provisioner.manifest.migration.migrating import Migration, migrate
from provisioner.manifest.writing.folder import write_folder
from provisioner.review.render.migration_report import migration_text
from provisioner.review.render.style import Style

CASES = Path(__file__).parent / "cases"
EVERY = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", EVERY)
def test_case(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rewrite: bool) -> None:
    case, folder = CASES / name, Path("manifests")
    target = (case / "target").read_text().strip() if (case / "target").exists() else "responses"
    shutil.copytree(case / "in", tmp_path / "project" / "in")
    monkeypatch.chdir(tmp_path / "project")
    files = {}
    try:
        made = migrate(sorted(Path("in").iterdir()), folder, target, imports=True)
    except ProvisionError as error:
        report = "".join(f"{each}\n" for each in diagnose(error))
    else:
        report = _report(made)
        files = made.files
        write_folder(folder, files)
        load(folder)
    found = {"report.txt": report} | {f"manifests/{path}": text for path, text in files.items()}
    if rewrite:
        shutil.rmtree(case / "expected", ignore_errors=True)
        for path, text in found.items():
            (case / "expected" / path).parent.mkdir(parents=True, exist_ok=True)
            (case / "expected" / path).write_text(text, encoding="utf-8")
    expected = {
        path.relative_to(case / "expected").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((case / "expected").rglob("*"))
        if path.is_file()
    }
    assert found == expected, "if this is right, run: pytest tests/migrate --rewrite"


def test_no_secret_is_written() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (CASES / "secrets" / "expected").rglob("*") if path.is_file()]
    assert texts
    assert not [text for text in texts for secret in ("Zk3v9Qm2", "9f8e7d6c", "eyQx9") if secret in text]


def test_a_source_with_an_error_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest):
        migrate([CASES / "one-object" / "in", CASES / "cut-off" / "in"], tmp_path / "manifests", "responses")
    assert not list(tmp_path.iterdir())


def _report(made: Migration) -> str:
    problems = "".join(f"{each.severity}: {each}\n" for each in made.problems)
    return f"{problems}{migration_text(made, Style())}\n"
