"""What was migrated and applied is pulled again as equal manifests, after provision has forgotten it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from provisioner.manifest.loading import load
from tests.conftest import WriteProject
from tests.end_to_end.steps import apply
from tests.migrate.test_transcripts import TRANSCRIPTS
from tests.warm.commands import WarmProvision

# The SDK calls the Assistants API deprecated with every call.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


def declared(folder: Path) -> dict[str, Any]:
    """What the manifests in a folder say about each resource."""
    return {str(each.address): each.inputs for each in load(folder).resources}


@pytest.mark.thorough
@pytest.mark.parametrize("target", ["agents", "assistants"])
def test_migrated_manifests_are_pulled_again(target: str, project: WriteProject, provision: WarmProvision) -> None:
    folder = project({"provision.yaml": None})
    manifests = folder / "manifests"
    assert provision("migrate", *TRANSCRIPTS, manifests, "--target", target, online=False).code == 0
    migrated = declared(manifests)
    apply(provision)

    settings = (manifests / "provision.yaml").read_text(encoding="utf-8")
    shutil.rmtree(manifests)
    manifests.mkdir()
    (manifests / "provision.yaml").write_text(settings, encoding="utf-8")
    entries = [{"from": address, "destroy": False} for address in migrated if not address.startswith("environment.")]
    (manifests / "removed.yaml").write_text(json.dumps({"removed": entries}), encoding="utf-8")
    apply(provision)
    (manifests / "removed.yaml").unlink()

    pulled = provision("pull", manifests / "pulled")
    assert pulled.code == 0, pulled.stderr
    assert declared(manifests) == migrated
