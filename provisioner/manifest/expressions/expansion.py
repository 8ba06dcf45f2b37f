"""Replaces the expressions in the strings of manifests by the values of the expressions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, INSTRUCTIONS_KIND
from provisioner.core.diagnostic import Place
from provisioner.core.kinds.sections import FOR_EACH
from provisioner.core.resource import Ref
from provisioner.manifest.expressions.parser import NoExpression, WrongExpression, parse
from provisioner.manifest.expressions.references import Use
from provisioner.manifest.expressions.scope import AlreadyReported, Each, Scope, name_type
from provisioner.manifest.limits import EXPANDED_CHARACTERS, EXPANDED_VALUES
from provisioner.manifest.parsing.document import Paths, Steps, Written
from provisioner.manifest.parsing.report import Report

#: The names of fields: the text of a fragment of instructions, an assistant's instructions, a fragment's variables, and
#: a model.
TEXT, INSTRUCTIONS, FRAGMENT_VARIABLES, MODEL = "text", "instructions", "variables", "model"
#: The field with shell commands, in which `${NAME}` can be a variable of the shell.
COMMANDS = "setup_commands"


class Budget(Struct):
    """The number of values and the number of characters of text that expressions may still produce in this run."""

    values: int = EXPANDED_VALUES
    characters: int = EXPANDED_CHARACTERS


class _Late(Struct, frozen=True):
    """An error about a `${…}` that is not an expression. The `${…}` may belong to another program, which uses the same
    notation. Therefore the error is reported at the end, and only if there is no other error at the same place.
    """

    place: Place
    message: str
    address: Address | None


class Expansion(Struct):
    """Replaces expressions by their values, which come from `scope`. Errors are added to `report`, at the place of the
    string that contains the expression.

    `replaced` collects the manifest entries of resources in which expressions were replaced. They contain the values in
    place of the expressions.
    """

    scope: Scope
    report: Report
    budget: Budget = field(default_factory=Budget)
    replaced: list[Written] = field(default_factory=list)
    _late: list[_Late] = field(default_factory=list)
    _sizes: dict[int, tuple[Any, int, int]] = field(default_factory=dict)

    def expand(self, written: Written, address: Address | None, each: Each | None = None) -> Written:
        """Returns `written` with all expressions in its value replaced. A value without expressions is returned
        unchanged. Expressions in texts of instructions are not replaced. A text with a wrong expression is not changed,
        and the error is reported.

        `address` is the address of the resource that contains `written`, or None if no resource contains it. `each` is
        the entry of `for_each` to which `${each.key}` and `${each.value}` refer.
        """
        walk = _Walk(self, written, address, each)
        value = walk.value(written.value, ())
        if value is written.value:
            return written
        block = replace(written, value=value)
        if address is not None:
            self.replaced.append(block)
        return block

    def instance(self, written: Written, address: Address | None, each: Each) -> Written:
        """Returns a copy of a resource's manifest entry for one entry of its `for_each`. `written` is the manifest
        entry, `each` is the entry of the `for_each`, and `address` is the address of the copy. In the copy, expressions
        are replaced by their values, and the field `for_each` is left out.

        The copy gets a document of its own, so that an error in one copy does not hide an error in another copy.
        """
        document = dataclasses.replace(written.document, bad=Paths(), wrong=Paths())
        value = {name: item for name, item in written.value.items() if name != FOR_EACH}
        self.spend(written, *self.measure(written.value))
        return self.expand(Written(document, written.path, value), address, each)

    def fail(self, place: Place, error: WrongExpression, address: Address | None) -> None:
        """Reports an error in an expression at `place`. Later errors at the same place are not reported, because this
        error causes them. An `AlreadyReported` error is not reported again. A `NoExpression` error is only stored:
        `finish` reports it if there is no other error at its place.

        `address` is the address of the resource that contains the expression, or None.
        """
        if isinstance(error, NoExpression):
            self._late.append(_Late(place, str(error), address))
            return
        if not isinstance(error, AlreadyReported):
            self.report.error(place, str(error), address)
        self.report.mute(place)

    def finish(self) -> None:
        """Reports each `${…}` that is not an expression, if the report contains no other error at its place."""
        for late in self._late:
            if not self.report.has_error(late.place):
                self.report.error(late.place, late.message, late.address)
        self._late.clear()

    def spend(self, at: Written, values: int, characters: int) -> None:
        """Subtracts `values` and `characters` from the numbers of values and characters that expressions may still
        produce in this run. If a number would become negative, ends the run with an error at `at`.
        """
        self.budget.values -= values
        self.budget.characters -= characters
        if self.budget.values < 0 or self.budget.characters < 0:
            limits = f"{EXPANDED_VALUES:,} values and {EXPANDED_CHARACTERS >> 20} MB of text"
            self.report.error(at, f"expressions make more than {limits} of the manifests; use fewer or smaller values")
            self.report.finish(is_early=True)

    def measure(self, value: Any) -> tuple[int, int]:
        """Returns the number of values in `value` (including itself), and the number of characters of all texts in it.
        For a list or map, both numbers are computed only once.
        """
        if isinstance(value, str):
            return 1, len(value)
        if not isinstance(value, Mapping | list):
            return 1, 0
        known = self._sizes.get(id(value))
        if known is None:
            parts = [self.measure(item) for item in (value.values() if isinstance(value, Mapping) else value)]
            keys = sum(map(len, value)) if isinstance(value, Mapping) else 0
            known = (value, 1 + sum(part[0] for part in parts), keys + sum(part[1] for part in parts))
            self._sizes[id(value)] = known
        return known[1], known[2]


class _Walk(Struct, frozen=True):
    """Replaces the expressions in `written`, a value in a manifest. `address` is the address of the resource that
    contains the value, or None. `each` is the entry of the surrounding `for_each`, or None.
    """

    expansion: Expansion
    written: Written
    address: Address | None
    each: Each | None

    def value(self, value: Any, path: Steps) -> Any:
        """Returns `value` with its expressions replaced. If `value` contains no expressions, returns the same Python
        object. `path` is the path of `value` below `written`.
        """
        if isinstance(value, str):
            return self._text(value, path) if "${" in value and not self._is_prose(path) else value
        if isinstance(value, dict):
            items = {key: self.value(item, (*path, key)) for key, item in value.items()}
            return items if any(items[key] is not value[key] for key in value) else value
        if isinstance(value, list):
            listed = [self.value(item, (*path, index)) for index, item in enumerate(value)]
            return listed if any(new is not old for new, old in zip(listed, value, strict=True)) else value
        return value

    def _is_prose(self, path: Steps) -> bool:
        kind = self.address.kind if self.address else ""
        if kind == INSTRUCTIONS_KIND.name:
            return path == (TEXT,)
        return kind == ASSISTANT_KIND.name and path[:1] == (INSTRUCTIONS,) and (len(path) == 1 or path[-1] == TEXT)

    def _is_needed_before(self, path: Steps) -> bool:
        """Returns whether the value at `path` must be known when a plan is made, because it is a model's name or a
        value in instructions. Such a value cannot contain the id of an object that the apply creates.
        """
        kind = self.address.kind if self.address else ""
        if kind == INSTRUCTIONS_KIND.name:
            return path[:1] == (FRAGMENT_VARIABLES,)
        return kind == ASSISTANT_KIND.name and path[:1] in ((INSTRUCTIONS,), (MODEL,))

    def _text(self, text: str, path: Steps) -> Any:
        try:
            return self._replaced(text, path)
        except WrongExpression as error:
            self.expansion.fail(self._at(path).place, error, self.address)
            return text

    def _replaced(self, text: str, path: Steps) -> Any:
        scope, parts = self.expansion.scope, parse(text, is_command=COMMANDS in path)
        made: list[str] = []
        for part in parts:
            if isinstance(part, str):
                made.append(part)
                continue
            value, ref = scope.evaluate(part, self.each)
            if ref is not None:
                self._use(ref, path, part.source)
            if len(parts) == 1:
                self.expansion.spend(self._at(path), *self.expansion.measure(value))
                return value
            made.append(_spell(value, part.source))
            self.expansion.spend(self._at(path), 1, len(made[-1]))
        return "".join(made)

    def _use(self, ref: Ref, path: Steps, source: str) -> None:
        if self._is_needed_before(path):
            raise WrongExpression(
                f"`{source[:80]}` is known only after the apply, and a model or instructions are needed before; "
                "only `${var.NAME}` and `${each.…}` are possible here"
            )
        self.expansion.scope.references.uses.append(Use(ref, self._at(path).place, self.address, source))

    def _at(self, path: Steps) -> Written:
        return Written(self.written.document, (*self.written.path, *path), None)


def _spell(value: Any, source: str) -> str:
    if value is None or isinstance(value, Mapping | list):
        part = "name an item of it" if isinstance(value, list) else "name a field of it"
        advice = "write a value" if value is None else part
        raise WrongExpression(f"`{source[:80]}` is {name_type(value)}, which cannot be a part of a text; {advice}")
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(value: Any) -> Iterator[str]:
    """Yields every string in a value, including the keys of mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
