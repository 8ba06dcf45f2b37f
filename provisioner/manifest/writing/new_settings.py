"""Makes the settings file of a new project. This file is written together with the first manifests."""

from __future__ import annotations

import os
import re
from pathlib import Path

from provisioner.manifest.project_settings.settings import STATE
from provisioner.manifest.writing.yaml_text import write_yaml

#: The name of a project whose folder has no name from which one can be made.
NAMELESS = "helpers"


def name_project(folder: Path) -> str:
    """Returns a name for a new project. `folder` is the folder of its manifests, and the name is made from the folder's
    name. If this folder is called `manifests`, the name of its parent is used. Characters that a name cannot contain
    are replaced by `-`.
    """
    whole = Path(os.path.abspath(folder))
    name = whole.parent.name if whole.name == "manifests" else whole.name
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or NAMELESS


def settings_text(project: str, target: str, model: str | None = None) -> str:
    """Returns the text of the settings file. If there are assistants whose model could not be read, `model` is the
    model for them. Otherwise `model` is None.
    """
    text = write_yaml({"project": project, "target": target})
    text += f"state: {STATE} # a folder, or the URL of a remote backend\n"
    if model is not None:
        text += f"defaults: {{model: {model}}} # for assistants whose model could not be read\n"
    return text
