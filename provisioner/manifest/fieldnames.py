"""Finds the fields that a model has at the place of an unknown field."""

from __future__ import annotations

from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, Tag


def is_tag(step: str | int) -> bool:
    """Returns whether a step of an error's path is a union's tag and not a key or an index."""
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")


def names_at(annotation: Any, path: tuple[str | int, ...]) -> list[str]:
    """Returns the field names of the model at `path` (an error's path, tags included); empty if there is no model."""
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
    if not path or not is_tag(path[0]):
        # An optional field: take its one member that is not None.
        return max((names_at(member, path) for member in members if member is not type(None)), key=len, default=[])
    for member in members:
        if any(isinstance(item, Tag) and item.tag == path[0] for item in getattr(member, "__metadata__", ())):
            return names_at(member, path[1:])
        # An optional union: the tags are one level down.
        if get_origin(member) is Annotated and (found := names_at(member, path)):
            return found
    return []
