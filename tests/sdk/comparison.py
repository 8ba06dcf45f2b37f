"""What the installed SDK's types know and this tool does not, and the other way round.

The drift test and the table of `make sdk` use it. Types are looked up by name when they are compared, so that a type
that a newer SDK has renamed or removed is a row of the table, and not an error of an import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, get_args

from pydantic import BaseModel
from typing_extensions import get_type_hints, is_typeddict

Values = frozenset[Any]
#: Fields that take names and paths here, where the API takes ids.
NAMES = {"vector_stores": "vector_store_ids", "files": "file_ids"}
#: Fields that contain several forms, whose literals belong to the forms.
FORMS = ("container", "environment", "type")
ROOT = "openai.types"


#: Fields of manifests that are not sent under their own names: the block of newer fields, and a local function.
UNSENT = ("extra", "handler")


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One thing that only one side knows.

    `kind` is the kind or block of the manifest, `target` the API, `what` is `field`, `value`, `type`, `tool`, `model`,
    `date` or `resource`, and `name` says which one.
    """

    kind: str
    target: str
    what: str
    name: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Types of the SDK, by their names below `openai.types`, and the fields that this tool has for them.

    `fields` maps the API's name of a field to the values that we enumerate; none if any are possible. `own` are fields
    of ours beyond the SDK's. The values of `skipped` fields are not compared. If it is `narrower`, we may know values
    that the SDK does not have here, because the target refuses them.
    """

    kind: str
    target: str
    types: tuple[str, ...]
    fields: Mapping[str, Values]
    own: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    narrower: bool = False


@dataclass(slots=True)
class Comparison:
    """The rows of one comparison: what only the SDK knows, and what only this tool knows."""

    unknown: set[Row] = field(default_factory=set)
    stale: set[Row] = field(default_factory=set)

    def add(self, theirs: Iterable[Row], ours: Iterable[Row]) -> None:
        """Adds the rows of both sides that the other side does not have."""
        theirs, ours = set(theirs), set(ours)
        self.unknown |= theirs - ours
        self.stale |= ours - theirs


def fields_of(model: type[BaseModel], renamed: Mapping[str, str] = NAMES) -> dict[str, Values]:
    """Returns a model's fields by the API's name, with the values that it enumerates; without those of UNSENT."""
    names = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
    return {renamed.get(name, name): literals(hint) for name, hint in names.items() if name not in UNSENT}


def only(fields: Mapping[str, Values], *names: str) -> dict[str, Values]:
    """Returns these fields alone; a name that is not among them may have any value."""
    return {name: fields.get(name, frozenset()) for name in names}


def named(*names: str) -> dict[str, Values]:
    """Returns fields of these names, each of which may have any value."""
    return only({}, *names)


def without(fields: Mapping[str, Values], *names: str) -> dict[str, Values]:
    """Returns the fields except these."""
    return {name: values for name, values in fields.items() if name not in names}


def load(name: str) -> Any:
    """Returns the type of this name below `openai.types`, or None if the installed SDK has none. `UNION[mcp]` is the
    member of a union whose `type` may be `mcp`.
    """
    if name.endswith("]"):
        union, _, tag = name.removesuffix("]").partition("[")
        return tools_in(union).get(tag)
    module, _, attribute = f"{ROOT}.{name}".rpartition(".")
    try:
        return getattr(import_module(module), attribute, None)
    except ModuleNotFoundError:
        return None


def hints_of(shape: Any) -> dict[str, Any]:
    """Returns the fields of a type of the SDK by their names in JSON."""
    found = {}
    for name, hint in get_type_hints(shape, include_extras=True).items():
        found[_alias(hint) or name] = hint
    return found


def _alias(hint: Any) -> str | None:
    for extra in getattr(hint, "__metadata__", ()):
        if alias := getattr(extra, "alias", None):
            return str(alias)
    return next((found for part in get_args(hint) if (found := _alias(part))), None) if get_args(hint) else None


def literals(hint: Any) -> Values:
    """Returns the literal values anywhere in a type hint."""
    if getattr(hint, "__metadata__", None) is not None:
        return literals(hint.__origin__)
    found: set[Any] = set()
    for part in get_args(hint):
        found |= {part} if isinstance(part, str | int | bool) else literals(part)
    return frozenset(found)


def shapes_in(hint: Any) -> Iterator[Any]:
    """Yields the mappings with named fields anywhere in a type hint, without looking into them."""
    if is_typeddict(hint):
        yield hint
        return
    for part in get_args(hint):
        if not isinstance(part, str | int | bool):
            yield from shapes_in(part)


def tools_in(union: str) -> dict[str, Any]:
    """Returns the members of a union of tools by each value of their `type`."""
    return {name: each for each in shapes_in(load(union)) for name in literals(hints_of(each).get("type"))}


def compare(pairs: Iterable[Pair], unions: Iterable[str] = ()) -> Comparison:
    """Compares every pair. A type in a field that no pair has is a row, too, unless it belongs to one of `unions`,
    whose members are compared as tools.
    """
    pairs = list(pairs)
    known = {id(shape) for pair in pairs for name in pair.types if (shape := load(name)) is not None}
    known |= {id(shape) for union in unions for shape in shapes_in(load(union))}
    found = Comparison()
    for pair in pairs:
        _compare_pair(pair, found, known)
    return found


def _compare_pair(pair: Pair, found: Comparison, known: set[int]) -> None:
    theirs: dict[str, list[Any]] = {}
    for name in pair.types:
        shape = load(name)
        if shape is None:
            found.stale.add(Row(pair.kind, pair.target, "type", name))
            continue
        for key, hint in hints_of(shape).items():
            theirs.setdefault(key, []).append(hint)
    if theirs:
        _compare_fields(pair, theirs, found, known)


def _compare_fields(pair: Pair, theirs: Mapping[str, list[Any]], found: Comparison, known: set[int]) -> None:
    def row(what: str, name: object) -> Row:
        return Row(pair.kind, pair.target, what, str(name))

    found.add((row("field", name) for name in theirs), (row("field", name) for name in pair.fields))
    found.stale -= {row("field", name) for name in pair.own}
    for name in theirs.keys() & pair.fields.keys():
        ours = pair.fields[name]
        values = frozenset().union(*map(literals, theirs[name]))
        if ours and values and name not in pair.skipped and name not in FORMS:
            found.unknown |= {row("value", f"{name}: {value}") for value in values - ours}
            if not pair.narrower:
                found.stale |= {row("value", f"{name}: {value}") for value in ours - values}
        for shape in (shape for hint in theirs[name] for shape in shapes_in(hint)):
            if id(shape) not in known:
                found.unknown.add(row("type", f"{name}: {shape.__name__}"))


#: A list of values and the date on which they are shut down, as docstrings of the SDK give them.
ENDING = re.compile(r'- ((?:"[^"]+", )*"[^"]+"): Announced shutdown date: ([0-9]{4}-[0-9]{2}-[0-9]{2})')


def dates_in(text: str) -> dict[str, str]:
    """Returns the shutdown dates of models in a source text of the SDK, by the model's name."""
    flat = " ".join(text.split())
    return {name: day for names, day in ENDING.findall(flat) for name in re.findall(r'"([^"]+)"', names)}
