"""The settings file of a new project, which is written together with the first manifests."""

from __future__ import annotations

import os
import re
from pathlib import Path

from provisioner.manifest.project_settings.settings import STATE
from provisioner.manifest.writing.yaml_text import write_yaml

#: The name of a project whose folder has no name from which one can be made.
NAMELESS = "helpers"


def name_project(folder: Path) -> str:
    """Returns a name for the new project whose manifests are in `folder`. It is made from the name of this folder or,
    if the folder is called `manifests`, from the name of the folder above it. Characters that a name cannot have are
    replaced by `-`.
    """
    whole = Path(os.path.abspath(folder))
    name = whole.parent.name if whole.name == "manifests" else whole.name
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or NAMELESS


def settings_text(project: str, target: str, model: str | None = None) -> str:
    """Returns the text of the settings file. `model` is the model of assistants whose model could not be read, or None
    if there are no such assistants.
    """
    text = write_yaml({"project": project, "target": target})
    text += f"state: {STATE} # a folder, or the URL of a remote backend\n"
    if model is not None:
        text += f"defaults: {{model: {model}}} # for assistants whose model could not be read\n"
    return text
