"""Reads the files of live skills, which `provision pull` writes into manifests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from unicodedata import category

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.objecttype import SKILL
from provisioner.openai_api.collections import Collection as LiveCollection
from provisioner.openai_api.collections.skills import SkillCollection
from provisioner.planning.unmanaged import Unmanaged

UNREADABLE = "the API does not return its files"
#: The characters that no path has here, although an archive may have them: on some systems they separate folders.
SEPARATORS = "\\:"


class Skills(Struct, frozen=True):
    """The skills whose files were read. `lives` maps ids to skills; each skill contains the digests of its files.
    `files` maps the id of a skill to the contents of its files, keyed by path. `refused` contains a reason for each
    skill that cannot be written, keyed by the id of the skill.
    """

    lives: dict[str, Unmanaged] = field(default_factory=dict)
    files: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def read_skills(collections: Mapping[str, LiveCollection], objects: Mapping[str, Unmanaged]) -> Skills:
    """Returns the skills in `objects` with the files of their default versions. `objects` maps ids to objects of all
    types. Raises Unavailable if the server cannot be reached.
    """
    skills, collection = Skills(), collections[SKILL.name]
    assert isinstance(collection, SkillCollection)
    for id, each in objects.items():
        if each.type != SKILL.name:
            continue
        found = collection.read_files(each.live)
        if not found:
            skills.refused[id] = UNREADABLE
        elif (problem := _find_problem(found)) is not None:
            skills.refused[id] = problem
        else:
            skills.files[id] = found
            content = {path: hashlib.sha256(data).hexdigest() for path, data in found.items()}
            live = replace(each.live, fields={**each.live.fields, "content": content})
            skills.lives[id] = replace(each, live=live)
    return skills


def _find_problem(paths: Collection[str]) -> str | None:
    """Returns the reason if files with the given paths cannot be written to the disk safely. The paths are checked
    because other people chose them. Returns None if the files can be written.
    """
    for path in paths:
        parts = path.split("/")
        odd = any(each in SEPARATORS or category(each) in ("Cc", "Cf", "Cs") for each in path)
        if odd or any(each in ("", ".", "..") for each in parts):
            return f"`{path[:60]}` in it is no path within a folder"
    folded = {path.casefold() for path in paths}
    folders = {str(parent).casefold() for path in paths for parent in PurePosixPath(path).parents}
    if len(folded) < len(paths) or folded & folders:
        return "two of its files would have one name on some systems"
    return None
