"""Converts the names in the manifests of an included folder to names in the project. Each name that the folder declares
gets a prefix, which the entry of the section `include:` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.addresskind import TEST_KIND
from provisioner.core.errors import UsageError
from provisioner.core.kinds import SECTIONS
from provisioner.core.kinds.sections import IMPORTS, MOVED, REMOVED
from provisioner.core.text.composition import to_nfc

#: Fields whose content is the user's own, in which nothing is a name.
OPAQUE = frozenset(
    {"parameters", "schema", "output_schema", "metadata", "extra", "variables", "attributes", "for_each", "text"}
)
#: Fields that are lists of names, by the kind that they name.
LISTS = {"vector_stores": "vector_store", "skills": "skill", "tools": "tool", "instructions": "instructions"}
#: Fields of mappings in lists that are names: `{file: NAME}` in `files`, and `{skill: NAME}` in `skills`.
FIELDS = {("files", "file"): "file", ("skills", "skill"): "skill"}
#: The fields of lists of addresses.
ADDRESSES = {IMPORTS: ("to",), MOVED: ("from", "to"), REMOVED: ("from",)}


class LocalNames(Struct, frozen=True):
    """Converts names in the manifests of an included folder to names in the project.

    `names` maps each kind to the names that the folder declares. These names get the prefix `prefix`. For all other
    names, which the including manifests declare, `outer` is called with the kind and the name. It returns the name in
    the project.
    """

    prefix: str
    names: Mapping[str, frozenset[str]]
    outer: Callable[[str, str], str]

    def qualify(self, kind: str, name: str) -> str:
        """Returns the name that a resource has in the project. `kind` is the kind of the resource, and `name` is the
        name in the manifests of the included folder. If this folder declares the name, the prefix is added. Otherwise,
        the function `outer` decides, because the name belongs to the including manifests.
        """
        composed = to_nfc(name)
        of_kind = "assistant" if kind == "environment" else kind
        is_own = composed.partition("[")[0] in self.names.get(of_kind, frozenset())
        return f"{self.prefix}{composed}" if is_own else self.outer(kind, name)

    def qualify_address(self, text: str) -> str:
        """Returns the address in the project for an address in the manifests of an included folder. The prefix is added
        to the name in the address. A text that is not an address is returned unchanged, and so is the address of a file
        that is not declared (its name is a path).
        """
        try:
            address = Address.parse(text)
        except UsageError:
            return text
        if "/" in address.name.partition("[")[0]:
            return text  # The path of a file that is not declared.
        return str(Address(address.kind, f"{self.prefix}{address.name}"))

    def rewrite(self, data: Any, is_assistant: bool) -> Any:
        """Returns a copy of an included manifest's data, in which the names of resources are converted to names in the
        project. Keys of mappings are not changed. Without a prefix, returns `data` itself. `is_assistant` is true if
        the data is the front matter of an assistant, which contains an assistant's fields instead of sections.
        """
        if not self.prefix or not isinstance(data, dict):
            return data
        if is_assistant:
            return self._fields(data)
        return {section: self._section(section, value) for section, value in data.items()}

    def _section(self, section: str, value: Any) -> Any:
        if section == TEST_KIND.section and isinstance(value, dict):
            return {name: self._test(entry) for name, entry in value.items()}
        if section in SECTIONS and isinstance(value, dict):
            return {name: self._fields(entry) if isinstance(entry, dict) else entry for name, entry in value.items()}
        if section in ADDRESSES and isinstance(value, list):
            return [self._addresses(entry, ADDRESSES[section]) for entry in value]
        return value

    def _test(self, entry: Any) -> Any:
        """Returns an entry of `tests:`, in which the names of assistants and declared files are converted to names in
        the project. All other texts are messages and expectations of the user, and are not changed.
        """
        if not isinstance(entry, dict):
            return entry
        made = {key: self._messages(item) if key == "input" else item for key, item in entry.items()}
        return self._judged(self._named(made, "assistant", "assistant"))

    def _messages(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._messages(each) for each in value]
        if not isinstance(value, dict):
            return value
        files = value.get("files")
        if isinstance(files, list):
            value = {**value, "files": [self._named(each, "file", "file") for each in files]}
        return self._judged(value)

    def _judged(self, owner: dict[str, Any]) -> dict[str, Any]:
        expect = owner.get("expect")
        if not isinstance(expect, dict) or "judged_by" not in expect:
            return owner
        judges = expect["judged_by"]
        named = (
            [self._named(each, "assistant", "assistant") for each in judges]
            if isinstance(judges, list)
            else self._named(judges, "assistant", "assistant")
        )
        return {**owner, "expect": {**expect, "judged_by": named}}

    def _named(self, value: Any, field: str, kind: str) -> Any:
        """Returns the mapping `value`, in which the name in `field` is converted to the name in the project. `kind` is
        the kind of the resource with this name. A value that contains no such name is returned unchanged.
        """
        if not isinstance(value, dict) or not isinstance(value.get(field), str):
            return value
        return {**value, field: self.qualify(kind, value[field])}

    def _addresses(self, entry: Any, fields: tuple[str, ...]) -> Any:
        if not isinstance(entry, dict):
            return entry
        return {
            key: self.qualify_address(item) if key in fields and isinstance(item, str) else item
            for key, item in entry.items()
        }

    def _fields(self, value: dict[str, Any]) -> dict[str, Any]:
        return {key: self._field(key, item) for key, item in value.items()}

    def _field(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return value if key in OPAQUE else self._fields(value)
        if isinstance(value, list):
            return value if key in OPAQUE else [self._item(key, item) for item in value]
        return value

    def _item(self, key: str, item: Any) -> Any:
        if isinstance(item, str):
            return self.qualify(LISTS[key], item) if key in LISTS else item
        if not isinstance(item, dict):
            return item
        fields = self._fields(item)
        for (owner, field), kind in FIELDS.items():
            if owner == key and isinstance(fields.get(field), str):
                fields[field] = self.qualify(kind, fields[field])
        return fields
