"""The tables of every field that a manifest may have, from the models that manifests are held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from provisioner.core.kinds import KINDS
from provisioner.core.kinds.imported import ImportModel
from provisioner.core.kinds.included import IncludeModel
from provisioner.core.kinds.readdressed import MoveModel, RemovalModel
from provisioner.core.kinds.sections import (
    IMPORTS,
    INCLUDE,
    INCLUDE_SUMMARY,
    LISTS,
    MOVED,
    REMOVED,
    VARIABLES,
    VARIABLES_SUMMARY,
)
from provisioner.core.kinds.tool import MODELS as TOOLS
from provisioner.core.kinds.tool import types_of
from provisioner.core.kinds.variable import VariableModel
from provisioner.manifest.project_settings.settings import FILE
from provisioner.manifest.project_settings.settingsmodel import SettingsModel

#: Plain types in words.
PLAIN: Mapping[Any, str] = {
    str: "text", int: "integer", float: "number", bool: "boolean", Any: "anything", NoneType: "null"
}  # fmt: skip


def render_fields() -> str:
    """A table for the settings, for each section, for each tool, and for each block inside them."""
    parts = [f"### `{FILE}`", _table(SettingsModel)]
    inner = dict.fromkeys(_inner(SettingsModel))
    for kind in KINDS:
        if kind.section == "tools":
            continue
        model = next(iter(_models(kind.entry.model)))
        parts += [f"### `{kind.section}`", kind.summary, _table(model)]
        inner |= dict.fromkeys(_inner(model))
    parts += ["### `tools`", "What stands under `tools:` or in an assistant's list, by its `type`."]
    for tool in TOOLS:
        parts += [f"#### {' or '.join(f'`{name}`' for name in types_of(tool))}", _doc(tool), _table(tool)]
        inner |= dict.fromkeys(_inner(tool))
    parts += [f"### `{IMPORTS}`", LISTS[IMPORTS].summary, _table(ImportModel)]
    parts += [f"### `{INCLUDE}`", INCLUDE_SUMMARY, _table(IncludeModel)]
    parts += [f"### `{MOVED}`", LISTS[MOVED].summary, _table(MoveModel)]
    parts += [f"### `{REMOVED}`", LISTS[REMOVED].summary, _table(RemovalModel)]
    parts += [f"### `{VARIABLES}`", VARIABLES_SUMMARY, _table(VariableModel)]
    parts.append("### Blocks inside")
    sections = {next(iter(_models(kind.entry.model))) for kind in KINDS} | {SettingsModel, *TOOLS}
    for model in sorted(inner, key=lambda model: model.__name__):
        if model not in sections:
            parts += [f"#### {model.__name__}", _doc(model), _table(model)]
    return "\n\n".join(parts)


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _table(model: type[BaseModel]) -> str:
    rows = [f"| `{info.alias or name}` | {_type(name, info)} | {_description(info)} |" for name, info in _fields(model)]
    return "\n".join(["| field | type | what it is |", "|---|---|---|", *rows])


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The fields in the order of a reader: `extra`, which a base class gives, comes last."""
    fields = model.model_fields
    yield from ((name, info) for name, info in fields.items() if name != "extra")
    if "extra" in fields:
        yield "extra", fields["extra"]


def _type(name: str, info: FieldInfo) -> str:
    words = spell(info.annotation) + _bounds(info)
    return f"{words}; required" if info.is_required() else words


def _description(info: FieldInfo) -> str:
    return " ".join((info.description or "").replace("|", "\\|").split())


def spell(annotation: Any) -> str:
    """A type in words; models by their names, with a link."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return spell(arguments[0]) + "".join(_bounds(each) for each in arguments[1:] if isinstance(each, FieldInfo))
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin in (Union, UnionType):
        return _spell_union([each for each in arguments if each is not NoneType])
    if origin is list:
        return f"list of {spell(arguments[0])}"
    if origin is dict:
        value = spell(arguments[1])
        return "mapping" if value == "anything" else f"mapping of {value}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{_anchor(annotation)})"
    return PLAIN[annotation]


def _spell_union(members: list[Any]) -> str:
    """The members, joined; a tool of any type is one word."""
    if len(members) >= len(TOOLS):
        return "[tool](#tools) or its name" if any(spell(each) == "text" for each in members) else "[tool](#tools)"
    return " or ".join(dict.fromkeys(spell(each) for each in members))


def _anchor(model: type[BaseModel]) -> str:
    sections = {next(iter(_models(kind.entry.model))): kind.section for kind in KINDS if kind.section != "tools"}
    if model in TOOLS:
        return "-or-".join(types_of(model))
    return sections.get(model, model.__name__.lower())


def _bounds(info: FieldInfo) -> str:
    """` from 1 to 50` where a number or a list has limits."""
    found = {type(each).__name__: each for each in info.metadata}
    low, high = getattr(found.get("Ge"), "ge", None), getattr(found.get("Le"), "le", None)
    longest = getattr(found.get("MaxLen"), "max_length", None)
    if longest is not None:
        return f", at most {longest}"
    if low is not None and high is not None:
        return f" from {low:g} to {_plainly(high)}"
    return f" from {low:g}" if low is not None else ""


def _plainly(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def _inner(annotation: Any, seen: set[Any] | None = None) -> Iterator[type[BaseModel]]:
    """Every model inside a model's fields, at any depth; tools are described by themselves."""
    seen = set() if seen is None else seen
    for model in _models(annotation) if not _is_model(annotation) else [annotation]:
        if model in seen:
            continue
        seen.add(model)
        for info in model.model_fields.values():
            for found in _models(info.annotation):
                if found not in TOOLS:
                    yield found
                yield from _inner(found, seen)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names, without looking into them."""
    if _is_model(annotation):
        yield annotation
        return
    arguments = annotation if isinstance(annotation, tuple) else get_args(annotation)
    for each in arguments[:1] if get_origin(annotation) is Annotated else arguments:
        yield from _models(each)
