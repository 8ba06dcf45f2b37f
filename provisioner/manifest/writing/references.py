"""Replaces the keys of found objects in manifest entries by the names of vector stores and skills, and by the paths or
ids of files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field

from provisioner.core.addresskind import SKILL_KIND, VECTOR_STORE_KIND
from provisioner.core.objecttype import FILE, VECTOR_STORE
from provisioner.manifest.files.file_lists import RAW
from provisioner.manifest.resources.tools import STORE_ID
from provisioner.manifest.writing.draft import Draft
from provisioner.manifest.writing.drafts_of_stores import ID_FIELD
from provisioner.manifest.writing.found import Found
from provisioner.manifest.writing.names import Names
from provisioner.manifest.writing.outcomes import Outcome


class References(Struct):
    """The objects to which manifest entries can refer. Every found object has a key, which is also its key in the four
    mappings. `stores` and `skills` contain the names of vector stores and skills in the manifests. `files` contains the
    found files. `users` contains, for each file, the display names of the objects that refer to the file.
    """

    stores: dict[str, str]
    files: dict[str, Found]
    users: dict[str, list[str]] = field(default_factory=dict)
    skills: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Iterable[Found], names: Names) -> References:
        """Returns the names and files by which entries can refer to the vector stores, files and skills in `found`.
        Each vector store gets a free name from `names`. Each skill whose files are known also gets a free name.
        """
        everything = list(found)
        stores = {
            each.key: names.choose(VECTOR_STORE_KIND.section, each.display_name, "store")
            for each in everything
            if each.type == VECTOR_STORE.name
        }
        skills = {
            each.key: names.choose(SKILL_KIND.section, each.display_name, "skill") for each in everything if each.files
        }
        return cls(stores, {each.key: each for each in everything if each.type == FILE.name}, skills=skills)

    def resolve_files(self, draft: Draft) -> None:
        """Replaces the keys of files in the draft of a vector store by the paths of the files, or by their ids at the
        API.
        """
        if "files" in draft.entry:
            self._resolve_list(draft, draft.entry, "files")

    def resolve_tools(self, draft: Draft) -> None:
        """Replaces the keys of objects in the tools and the environment template of an assistant's draft. Keys of
        vector stores and skills are replaced by their names, and keys of files by paths or ids.
        """
        for index, tool in enumerate(draft.entry.get("tools") or ()):
            if not isinstance(tool, dict):
                continue
            if isinstance(tool.get("vector_stores"), list):
                self._resolve_stores(draft, tool, f"tools[{index}].vector_stores")
            for owner in ("container", "environment"):
                if isinstance(tool.get(owner), dict) and "files" in tool[owner]:
                    self._resolve_list(draft, tool[owner], f"tools[{index}].{owner}.files")
                if isinstance(tool.get(owner), dict):
                    self._resolve_skills(tool[owner])
                if tool.get("type") == "code_interpreter" and tool.get(owner) == {}:
                    del tool[owner]
            if tool == {"type": "code_interpreter"}:
                draft.entry["tools"][index] = "code_interpreter"
        environment = draft.entry.get("environment")
        if isinstance(environment, dict):
            self._resolve_skills(environment)
            if "files" in environment:
                self._resolve_list(draft, environment, "environment.files")

    def describe_file(self, found: Found) -> str:
        """Returns a note for the report on a found file. The note says how the manifests refer to the file: by its
        path, by its id, or not at all.
        """
        if found.path is not None:
            return f"its content is in `{found.path}`, which is uploaded"
        if found.id is not None:
            return "its content is not here, so it stays the file that it is, by its id"
        return "it has no id, and its content is not here; add its path where it is used"

    def _resolve_stores(self, draft: Draft, tool: dict[str, Any], path: str) -> None:
        kept = []
        for store in tool["vector_stores"]:
            name = self.stores.get(str(store))
            if name is None and not STORE_ID.fullmatch(str(store)):
                draft.say(path, Outcome.HOMELESS, reason=f"`{str(store)[:60]}` is no store that was found; name one")
            elif (name or store) not in kept:
                kept.append(name or store)
        tool["vector_stores"] = kept
        if not kept:
            del tool["vector_stores"]

    def _resolve_skills(self, owner: dict[str, Any]) -> None:
        """Replaces the ids of skills in the list `skills` of `owner`, a container or an environment template, by the
        skills' names. A reference to a version with a number is not changed, because for a declared skill, a manifest
        can name only the version `latest`.
        """
        if isinstance(owner.get("skills"), list):
            owner["skills"] = [self._name_skill(item) for item in owner["skills"]]

    def _name_skill(self, item: Any) -> Any:
        name = self.skills.get(str(item.get("skill_id"))) if isinstance(item, dict) else None
        rest = {} if name is None else {key: value for key, value in item.items() if value is not None}
        if name is None or rest.keys() - {"type", "skill_id", "version"} or rest.get("version") not in (None, "latest"):
            return item
        return {"skill": name, "version": "latest"} if "version" in rest else name

    def _resolve_list(self, draft: Draft, owner: dict[str, Any], path: str) -> None:
        kept = []
        for item in owner["files"]:
            given = dict(item) if isinstance(item, dict) else {ID_FIELD: item}
            key = str(given.pop(ID_FIELD, None) or given.pop("path", None))
            found = self.files.get(key)
            self.users.setdefault(key, []).append(draft.found.display_name or draft.found.key)
            if found is not None and found.path is not None:
                self._drop_path_attribute(draft, given, f"{path}[{key}].attributes")
                kept.append({"path": found.path, **given} if given else found.path)
            elif ID_FIELD == "id" or RAW.fullmatch(key):
                if found is not None and found.id is None:
                    self._say_missing(draft, path, found)
                else:
                    kept.append({ID_FIELD: key, **given} if given else {"id": key} if ID_FIELD == "id" else key)
            elif found is not None:
                self._say_missing(draft, path, found)
            else:
                draft.say(path, Outcome.HOMELESS, reason=f"`{key[:60]}` is no file that was found; write its path")
        owner["files"] = kept
        if not kept:
            del owner["files"]

    def _drop_path_attribute(self, draft: Draft, given: dict[str, Any], path: str) -> None:
        """Removes the attribute `path` from `given`, the item of a local file, because provision writes the file's own
        path into this attribute. `path` is the path of the attributes in the report.
        """
        attributes = given.get("attributes") or {}
        if "path" in attributes:
            value = str(attributes["path"])[:60]
            reason = f"this attribute gets the path of the local file in place of `{value}`; give it another name"
            draft.say(f"{path}.path", Outcome.HOMELESS, reason=reason)
            given["attributes"] = {name: item for name, item in attributes.items() if name != "path"}
            if not given["attributes"]:
                del given["attributes"]

    def _say_missing(self, draft: Draft, path: str, found: Found) -> None:
        shown = found.display_name or found.key
        reason = f"the content of `{shown}` is not here; put it beside the manifests, and add its path to `{path}`"
        draft.say(path, Outcome.HOMELESS, reason=reason)
