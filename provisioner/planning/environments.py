"""Compares two environments of a project by the fields of their resources. Ids, releases and ownership marks are left
out, because they always differ.

The fields of a resource are those that the state records as sent last, or those that the manifests declare. In both
cases, the id of an object that the state records is replaced by the object's address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from fnmatch import translate
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.equality import same
from provisioner.core.errors import ProvisionError
from provisioner.core.objecttype import ENVIRONMENT_TEMPLATE
from provisioner.core.resource import Resource
from provisioner.openai_api.collections import FIELDS
from provisioner.openai_api.collections.collection import Field, field_of
from provisioner.planning.diff.fields import names_version
from provisioner.planning.diff.members import chunking_of
from provisioner.planning.diff.references import PROSE
from provisioner.planning.diff.values import recordable, resolve
from provisioner.planning.plan import MARK_PREFIX, Action, Change, Unknown, UnknownText
from provisioner.state.records import State

#: A key that is written after a dot in the path of a field. Another key is written in brackets.
NAME = re.compile(r"[A-Za-z_][\w-]*")
#: The fields of a file that comparisons show together, and the name under which they show them.
CONTENT_FIELDS, CONTENT = ("bytes", "sha256"), "content"


class Definition(Struct, frozen=True):
    """The type and the fields of one resource in an environment of the project. The fields contain addresses in place
    of ids.

    The fields may use instructions and tools that are declared in other places. `sources` maps the addresses of these
    instructions and tools to the digests of their contents.
    """

    type: str
    fields: Mapping[str, Any]
    sources: Mapping[str, str] = field(default_factory=dict)


Definitions = Mapping[Address, Definition]


class Comparison(Struct, frozen=True):
    """The differences between two environments of a project. `changes` contains a change for each resource that
    differs. The action is delete if the resource exists only in the first environment of the project, and create if it
    exists only in the second. The action is update if the fields differ, and replace if the types of the objects
    differ.

    `equal` is the number of equal resources. `apart` are the addresses of environment templates that are not compared,
    because only one environment of the project has the template: in the other environment, the assistant is made for
    another API.
    """

    changes: tuple[Change, ...]
    equal: int = 0
    apart: tuple[Address, ...] = ()


class Exceptions:
    """The resources and fields that a comparison leaves out, as patterns. A pattern is an address, a field, or
    `ADDRESS:FIELD`. In a pattern, `*` stands for any number of characters, and `?` for one character.
    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        # Brackets are a part of a file's address, so they are not a character class here.
        self._patterns = [re.compile(translate(text.replace("[", "[[]"))) for text in patterns]

    def cover(self, name: str) -> bool:
        """Returns whether a pattern matches `name`, which is an address, a field, or `ADDRESS:FIELD`."""
        return any(pattern.match(name) for pattern in self._patterns)

    def within(self, definitions: Definitions) -> Definitions:
        """Returns `definitions`, the fields of all resources, without the resources and fields that match a pattern."""
        if not self._patterns:
            return definitions
        return {
            address: Definition(each.type, self._pruned(str(address), "", each.fields), each.sources)
            for address, each in definitions.items()
            if not self.cover(str(address))
        }

    def _pruned(self, address: str, path: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in fields.items():
            below = _below(path, key)
            shown = [below, *([CONTENT] if not path and key in CONTENT_FIELDS else [])]
            if any(self.cover(each) or self.cover(f"{address}:{each}") for each in shown):
                continue
            if isinstance(value, Mapping):
                left = self._pruned(address, below, value)
                if left or not value:
                    kept[key] = left
            else:
                kept[key] = value
        return kept


def _below(path: str, key: str) -> str:
    """Returns the path of the part `key` of the field `path`, as comparisons show it, such as `metadata.team`. For a
    file of a vector store, `key` is an address such as `file.NAME`, and the path is `files[NAME]`.
    """
    if not path:
        return key
    if NAME.fullmatch(key):
        return f"{path}.{key}"
    try:
        return f"{path}[{Address.parse(key).name}]"
    except ProvisionError:
        return f"{path}[{key}]"


def recorded_definitions(state: State) -> Definitions:
    """Returns the type and the fields of each object that the state records, as sent last, keyed by address."""
    return {
        address: Definition(
            record.type,
            _without_ids(record.inputs, record.type, record.needs, state, record.echo),
            record.sources,
        )
        for address, record in state.records.items()
    }


def desired_definitions(resources: Iterable[Resource], state: State) -> Definitions:
    """Returns the type and the fields of every resource, keyed by address, in the form in which the state would record
    them after an apply. `state` is the state of the environment of the project to which the resources would be applied.
    Ids of other objects are replaced by addresses.
    """
    ids: dict[Address, str | Unknown] = {address: record.id for address, record in state.records.items()}
    found = {}
    for each in resources:
        inputs = recordable(resolve(each.inputs, ids), FIELDS.get(each.type, {}))
        record = state.records.get(each.address)
        needs = [str(address) for address in each.needs]
        fields = _without_ids(inputs, each.type, needs, state, record.echo if record else {})
        found[each.address] = Definition(each.type, fields, each.sources)
    return found


def compare_environments(first: Definitions, second: Definitions) -> Comparison:
    """Returns the differences between two environments of a project, sorted by address. `first` and `second` are the
    types and fields of their resources.
    """
    changes, apart, equal = [], [], 0
    for address in sorted({*first, *second}):
        old, new = first.get(address), second.get(address)
        if (old is None or new is None) and _is_apart(address, first, second):
            apart.append(address)
        elif old is None or new is None:
            changes.append(_one_sided(address, old, new))
        elif old.type == new.type and same(old.fields, new.fields):
            equal += 1
        else:
            changes.append(_changed(address, old, new))
    return Comparison(tuple(changes), equal, tuple(apart))


def _is_apart(address: Address, first: Definitions, second: Definitions) -> bool:
    """Returns whether `address` is the address of an environment template that cannot be compared, because its
    assistant is made for different APIs in the two environments of the project.
    """
    if address.kind != ENVIRONMENT_TEMPLATE.kind.name:
        return False
    assistant = Address(ASSISTANT_KIND.name, address.name)
    return assistant in first and assistant in second and first[assistant].type != second[assistant].type


def _one_sided(address: Address, old: Definition | None, new: Definition | None) -> Change:
    if new is not None:
        return Change(address, Action.CREATE, new.type, after=new.fields)
    assert old is not None
    return Change(address, Action.DELETE, old.type, before=old.fields)


def _changed(address: Address, old: Definition, new: Definition) -> Change:
    sources = sorted(name for name in {*old.sources, *new.sources} if old.sources.get(name) != new.sources.get(name))
    if old.type == new.type:
        action, former = Action.UPDATE, None
    else:
        action, former = Action.REPLACE, old.type
    return Change(
        address, action, new.type, before=old.fields, after=new.fields, former_type=former, sources=tuple(sources)
    )


def _without_ids(
    inputs: Mapping[str, Any], type: str, needs: Collection[str], state: State, echo: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the inputs of a resource in a form that can be compared between environments of the project. The ids of
    the objects at the addresses in `needs` are replaced by these addresses, except in instructions. `echo` are the
    fields that the API returned after the last write.

    These fields are left out: ownership marks, empty metadata, the API's default chunking, and fields with a version
    number that the server has set.
    """
    fields = FIELDS.get(type, {})
    records = {each: state.records.get(Address.parse(each)) for each in needs}
    ids = {record.id: name for name, record in records.items() if record is not None}
    pattern = _pattern_of(ids)
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        if _is_metadata(name, fields) and isinstance(value, Mapping):
            value = {key: item for key, item in value.items() if not key.startswith(MARK_PREFIX)}
        if names_version(fields, name) or (_is_metadata(name, fields) and not value):
            continue
        if field_of(fields, name).mode == "members" and isinstance(value, Mapping):
            value = {key: _as_member(member, echo.get(name) or {}) for key, member in value.items()}
        found[name] = value if name == PROSE and isinstance(value, str) else _readdress(value, ids, pattern)
    return found


def _is_metadata(name: str, fields: Mapping[str, Field]) -> bool:
    return name == "metadata" or field_of(fields, name).mode == "keys"


def _as_member(member: Mapping[str, Any], echo: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `member`, a file of a vector store, without its chunking strategy if this strategy is the API's default.
    `echo` maps the ids of files to the settings that the API returned after the last write.
    """
    id = member.get("file_id")
    chunking = chunking_of(member, (echo.get(id) if isinstance(id, str) else None) or {})
    rest = {name: value for name, value in member.items() if name != "chunking_strategy"}
    return rest if chunking is None else {**rest, "chunking_strategy": chunking}


def _pattern_of(ids: Collection[str]) -> re.Pattern[str] | None:
    if not ids:
        return None
    longest_first = sorted(ids, key=lambda id: (-len(id), id))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")


def _readdress(value: Any, ids: Mapping[str, str], pattern: re.Pattern[str] | None) -> Any:
    """Returns `value` with addresses in place of ids. `ids` maps ids to addresses, and `pattern` finds these ids in a
    text. If `pattern` is None, no ids are replaced. A placeholder for an id that is not known yet is also replaced by
    the address of its object.
    """
    if isinstance(value, str):
        return value if pattern is None else pattern.sub(lambda found: ids[found[0]], value)
    if isinstance(value, Unknown):
        return str(value.address) if value.attribute == "id" else f"{value.address}.{value.attribute}"
    if isinstance(value, UnknownText):
        return "".join(str(_readdress(part, ids, pattern)) for part in value.parts)
    if isinstance(value, Mapping):
        return {key: _readdress(item, ids, pattern) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_readdress(item, ids, pattern) for item in value]
    return value
