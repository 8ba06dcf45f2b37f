"""Finds the names of the fields that a pydantic model has at the place of an unknown field."""

from __future__ import annotations

from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, Tag


def names_at(annotation: Any, path: tuple[str | int, ...]) -> list[str]:
    """Returns the names of the fields of the pydantic model at `path` inside the type `annotation`. The list is empty
    if there is no model at this path. `path` comes from a pydantic error. For a union, such a path also contains a tag
    that names the chosen alternative.
    """
    metadata: tuple[Any, ...] = ()
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        metadata += tuple(more)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {info.alias or name: info.annotation for name, info in annotation.model_fields.items()}
        if not path:
            return list(fields)
        return names_at(fields[str(path[0])], path[1:]) if path[0] in fields else []
    arguments = get_args(annotation)
    if get_origin(annotation) in (list, dict):
        return names_at(arguments[-1], path[1:]) if path else []
    return _names_in_union(arguments, path)


def _names_in_union(members: tuple[Any, ...], path: tuple[str | int, ...]) -> list[str]:
    for member in members:
        if path and _has_tag(member, path[0]):
            return names_at(member, path[1:])
    # An optional field, whose tags may be one level down: its one member that is not None.
    return max((names_at(member, path) for member in members if member is not type(None)), key=len, default=[])


def without_tags(annotation: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Returns the path of a pydantic error as keys and indices in the data. For each union, pydantic adds a tag to the
    path, which names the chosen alternative; the tags are removed.

    `annotation` is the type against which the data was checked. A key in the data that is spelled like a tag is kept.
    """
    if not path:
        return ()
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {info.alias or name: info.annotation for name, info in annotation.model_fields.items()}
        return (path[0], *without_tags(fields.get(str(path[0])), path[1:]))
    arguments = get_args(annotation)
    if get_origin(annotation) in (list, dict):
        return (path[0], *without_tags(arguments[-1], path[1:]))
    for member in arguments:
        if _has_tag(member, path[0]):
            return without_tags(member, path[1:])
    return min((without_tags(member, path) for member in arguments), key=len, default=path)


def _has_tag(member: Any, tag: str | int) -> bool:
    return any(isinstance(item, Tag) and item.tag == tag for item in getattr(member, "__metadata__", ()))
