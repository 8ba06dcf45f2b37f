"""Regular expressions that take long to read end the run with an error, and do not take minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from provisioner.manifest.resources import tests

MANIFEST = """\
assistants: {actor: {instructions: Play.}}
tests:
  one: {assistant: actor, input: Hello., expect: {matches: [a+, b+, c+]}}
"""


@pytest.mark.thorough
def test_too_much_time_for_reading_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "provision.yaml").write_text("project: test\ndefaults: {model: gpt-6-luna}\n", encoding="utf-8")
    (folder / "all.yaml").write_text(MANIFEST, encoding="utf-8")
    assert len(load(folder).tests) == 1
    monkeypatch.setattr(tests, "PATTERN_SECONDS", 0.0)
    with pytest.raises(InvalidManifest) as caught:
        load(folder)
    assert "take more than 0 s to read" in caught.value.diagnostics[0].message
