"""Recognises the objects of the API in data, and converts them to `Found` values (descriptions of objects that were
found in a source).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.diagnostic import Place
from provisioner.core.objecttype import AGENT, ASSISTANT, ENVIRONMENT_TEMPLATE, FILE, SKILL, TYPES, VECTOR_STORE
from provisioner.manifest.writing.found import TOOL, Found, MemberFile

#: The types of objects by the values of the field `object` in the API's answers.
OBJECTS: Mapping[str, str] = {
    "assistant": ASSISTANT.name,
    "agent": AGENT.name,
    "vector_store": VECTOR_STORE.name,
    "file": FILE.name,
    "skill": SKILL.name,
    "agent.environment.template": ENVIRONMENT_TEMPLATE.name,
    "environment_template": ENVIRONMENT_TEMPLATE.name,
}
MEMBER = "vector_store.file"
#: The types of objects by the names of the SDK's classes, which Python prints.
CLASSES: Mapping[str, str] = {
    "Assistant": ASSISTANT.name,
    "Agent": AGENT.name,
    "VectorStore": VECTOR_STORE.name,
    "FileObject": FILE.name,
    "Skill": SKILL.name,
    "VectorStoreFile": MEMBER,
}


def type_of(data: Mapping[str, Any]) -> str | None:
    """Returns the type of the API object in `data`, or None if `data` is not an API object. The type is recognised by
    the field `object` or by the id.
    """
    named = data.get("object")
    if isinstance(named, str):
        return MEMBER if named == MEMBER else OBJECTS.get(named)
    id_ = data.get("id")
    if isinstance(id_, str):
        for each in TYPES.values():
            if each.id_prefix and id_.startswith(each.id_prefix) and ("name" in data or "filename" in data):
                return each.name
    return None


def found_object(data: Mapping[str, Any], place: Place) -> Found | None:
    """Returns the object in `data` as a `Found` value (the description of an object that was found in a source).
    Returns None if `data` is neither an object of the API with an id nor a function tool. A function tool may be in the
    format of Chat Completions.
    """
    kind = type_of(data)
    if kind is None:
        return _found_tool(data, place)
    id_ = data.get("id")
    if not isinstance(id_, str) or not id_:
        return None
    if kind == MEMBER:
        store = str(data.get("vector_store_id") or "")
        chunking, attributes = data.get("chunking_strategy"), data.get("attributes")
        member = MemberFile(
            id_,
            attributes=attributes if isinstance(attributes, Mapping) else None,
            chunking_strategy=chunking if isinstance(chunking, Mapping) else None,
        )
        return Found(MEMBER, f"{store}/{id_}", {}, members=(member,), place=place) if store else None
    return Found(kind, id_, data, id_, place=place)


def objects_in(value: Any, place: Place) -> Iterator[Found]:
    """Yields the objects in a value as `Found` values, the descriptions of objects that were found in a source. The
    value may be an object, a list of objects, a page of the API (field `data`), or a request (field `tools`).
    """
    ahead = [value]
    while ahead:
        each = ahead.pop()
        if isinstance(each, list | tuple):
            ahead += reversed(each)
        elif isinstance(each, Mapping):
            if (found := found_object(each, place)) is not None:
                yield found
            elif isinstance(each.get("data"), list):
                ahead += reversed(each["data"])
            elif is_request(each):
                ahead += reversed(each["tools"])


def is_request(data: Mapping[str, Any]) -> bool:
    """Returns whether `data` contains a list of tools in the field `tools`, like a request to Chat Completions."""
    tools = data.get("tools")
    return isinstance(tools, list) and bool(tools) and all(isinstance(each, Mapping) for each in tools)


def _found_tool(data: Mapping[str, Any], place: Place) -> Found | None:
    inner = data.get("function")
    if data.get("type") == "function" and isinstance(inner, Mapping) and isinstance(inner.get("name"), str):
        name = inner["name"]
    elif data.get("type") == "function" and isinstance(data.get("name"), str):
        name = data["name"]
    elif _is_bare_function(data):
        name, data = data["name"], {"type": "function", "function": data}
    else:
        return None
    return Found(TOOL, f"tool {name} at {place}", data, place=place, is_echo=False, name=name)


def _is_bare_function(data: Mapping[str, Any]) -> bool:
    """Returns whether `data` is a function without a field `type`. Such functions were in the former request field
    `functions`.
    """
    parameters = data.get("parameters")
    known = {"name", "description", "parameters", "strict"}
    return isinstance(data.get("name"), str) and isinstance(parameters, Mapping) and data.keys() <= known
