"""Reads Terraform states, and makes objects from the resources of community providers for OpenAI.

Source: the documentation of the providers `mkdev-me/openai` and `skyscrapr/openai`, for the resources
`openai_assistant`, `openai_vector_store`, `openai_file`, `openai_vector_store_file` and
`openai_vector_store_file_batch`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.diagnostic import Place
from provisioner.core.objecttype import ASSISTANT, FILE, VECTOR_STORE
from provisioner.core.strictjson import loads
from provisioner.manifest.migration.objects import MEMBER
from provisioner.manifest.migration.reading import Reading
from provisioner.manifest.writing.draft import EMPTY
from provisioner.manifest.writing.found import Found, MemberFile, Unread

#: The types of objects by the types of Terraform resources.
TYPES: Mapping[str, str] = {
    "openai_assistant": ASSISTANT.name,
    "openai_vector_store": VECTOR_STORE.name,
    "openai_file": FILE.name,
    "openai_vector_store_file": MEMBER,
    "openai_vector_store_file_batch": MEMBER,
}
FILE_FIELDS = ("bytes", "created_at", "purpose")
#: The arguments of Terraform and of the providers that are no fields of an object.
OTHERS = frozenset(
    {"count", "for_each", "provider", "depends_on", "lifecycle", "timeouts", "project_id", "content_hash"}
)


def is_resource(value: Mapping[str, Any]) -> bool:
    """Returns whether a value is a resource in a Terraform state."""
    return isinstance(value.get("instances"), list) and isinstance(value.get("type"), str) and "mode" in value


def read_state_resource(value: Mapping[str, Any], reading: Reading) -> None:
    """Adds an object to `reading` for each instance of `value`, a resource in a Terraform state. If the resource is a
    batch of files of a vector store, adds an object for each file. Does nothing if the type of the resource is not in
    TYPES, or if Terraform only reads the resource (a data source).
    """
    kind = TYPES.get(value["type"])
    if kind is None or value.get("mode") != "managed":
        return
    for index, instance in enumerate(value["instances"]):
        attributes = instance.get("attributes") if isinstance(instance, Mapping) else None
        if isinstance(attributes, Mapping):
            key = instance.get("index_key", index if len(value["instances"]) > 1 else None)
            name = str(value.get("name") or "") + (f"-{key}" if key is not None else "")
            id_ = attributes.get("id")
            reading.found += make_objects(kind, str(id_), attributes, name, Place(reading.file), is_state=True)


def make_objects(
    kind: str, key: str, attributes: Mapping[str, Any], name: str, place: Place, *, is_state: bool
) -> Iterator[Found]:
    """Yields the objects that one Terraform resource declares. `kind` is the type of the objects, `attributes` are the
    resource's arguments, and `name` is the resource's name. With `is_state`, the resource is in a state, and `key` is
    the id of the object. Otherwise, the resource is in a configuration, and `key` is the address of the resource.
    """
    given = {field: value for field, value in attributes.items() if field not in OTHERS and value not in EMPTY}
    for block in given.pop("dynamic", None) or ():
        for field in block if isinstance(block, Mapping) else ():
            given.setdefault(field, Unread(f'dynamic "{field.strip(chr(34))}" {{…}}'))
    id_ = key if is_state else None
    if kind == MEMBER:
        yield from _members(given, key, place)
    elif kind == FILE.name:
        path = given.get("file") or given.get("filepath") or given.get("source") or given.get("filename")
        local = path if isinstance(path, str) else None
        filename = given.get("filename") if isinstance(given.get("filename"), str) else local
        fields: dict[str, Any] = {name_: given[name_] for name_ in FILE_FIELDS if name_ in given}
        fields["filename"] = posixpath.basename(str(filename or name))
        yield Found(kind, key, fields, id_, place=place, is_echo=is_state, path=local, name=name)
    else:
        fields = _assistant(given) if kind == ASSISTANT.name else _store(given)
        yield Found(kind, key, fields, id_, place=place, is_echo=is_state, name=name)


def _members(given: Mapping[str, Any], key: str, place: Place) -> Iterator[Found]:
    store = given.get("vector_store_id")
    if not isinstance(store, str):
        return
    ids = given.get("file_ids") or [given.get("file_id")]
    for index, file in enumerate(ids if isinstance(ids, list) else [ids]):
        attributes = given.get("attributes")
        member = MemberFile(
            file if isinstance(file, str) else "",
            attributes=attributes if isinstance(attributes, Mapping) else None,
            chunking_strategy=_chunking(given.get("chunking_strategy")),
        )
        if member.id:
            yield Found(
                MEMBER, f"{store}/{member.id}/{index}/{key}", {"vector_store_id": store}, members=(member,), place=place
            )


def _store(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = {
        name: _single(value) if name in ("expires_after", "chunking_strategy") else value
        for name, value in given.items()
    }
    if isinstance(expiry := fields.get("expires_after"), Mapping):
        fields["expires_after"] = {name: value for name, value in expiry.items() if value not in EMPTY}
    if "chunking_strategy" in fields and (chunking := _chunking(fields["chunking_strategy"])) is not None:
        fields["chunking_strategy"] = chunking
    return fields


def _chunking(value: Any) -> dict[str, Any] | None:
    """Returns a chunking strategy of a Terraform resource in the API's format. Returns None if `value` is not a
    chunking strategy. The providers write the sizes in the same block as `type`, or in a nested block `static`.
    """
    value = _single(value)
    if not isinstance(value, Mapping):
        return None
    inner = _single(value.get("static"))
    sizes = inner if isinstance(inner, Mapping) else value
    most = sizes.get("max_chunk_size_tokens") or sizes.get("max_tokens")
    overlap = sizes.get("chunk_overlap_tokens", 0) or 0
    if most is None:
        return {"type": value.get("type") or "auto"}
    return {"type": "static", "static": {"max_chunk_size_tokens": most, "chunk_overlap_tokens": overlap}}


def _assistant(given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if name == "tools":
            fields[name] = [_tool(tool) for tool in (value if isinstance(value, list) else [value])]
        elif name == "tool_resources" and (resources := _single(value)) is not None:
            fields[name] = (
                {tool: _single(inner) for tool, inner in resources.items() if _single(inner) not in EMPTY}
                if isinstance(resources, Mapping)
                else resources
            )
        elif name == "response_format" and isinstance(value, str) and value.startswith("{"):
            fields[name] = _parsed(value)
        else:
            fields[name] = value
    return fields


def _tool(tool: Any) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    made = {name: _single(value) for name, value in tool.items() if value not in EMPTY}
    function = made.get("function")
    if isinstance(function, Mapping):
        inner = {name: value for name, value in function.items() if value not in EMPTY}
        if isinstance(inner.get("parameters"), str):
            inner["parameters"] = _parsed(inner["parameters"])
        made["function"] = inner
    if isinstance(search := made.get("file_search"), Mapping):
        made["file_search"] = {name: _single(value) for name, value in search.items() if value not in EMPTY}
    return made


def _single(value: Any) -> Any:
    """Returns the item of a list that contains one mapping, and any other value unchanged. Terraform writes a nested
    block as a list with one mapping.
    """
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping) else value


def _parsed(text: str) -> Any:
    """Returns the data in a JSON text. If the text is not JSON, returns an `Unread` value, a placeholder for an unknown
    value.
    """
    try:
        return loads(text)
    except ValueError:
        return Unread(text)
