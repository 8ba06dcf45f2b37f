"""Finds the entries of `for_each:`. Each entry makes one resource, whose address contains the key of the entry. In a
list such as `imports:`, each entry of the `for_each` makes one item of the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from unicodedata import category

from provisioner.core.address import Address, instance_name
from provisioner.core.kinds.sections import FOR_EACH
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.expressions.expansion import Expansion
from provisioner.manifest.expressions.parser import NoExpression, WrongExpression, parse
from provisioner.manifest.expressions.scope import Each, name_type
from provisioner.manifest.limits import FOR_EACH_ENTRIES, INSTANCE_NAME, KEY
from provisioner.manifest.parsing.document import Written

#: The characters besides letters, marks and digits that a key may contain.
SIGNS = frozenset("_-.@/+: ")


def entries_of(written: Written, address: Address | None, expansion: Expansion) -> list[Each] | None:
    """Returns the valid entries of a `for_each`, in their order. Returns None if the whole `for_each` has an error.
    Errors are reported.

    `written` is the value of the `for_each`. `address` is the address, without a key, of the resource that contains the
    `for_each`. It is None if an item of a list such as `imports:` contains the `for_each`.
    """
    value = written.value
    if isinstance(value, str):
        value = _evaluate(written, address, expansion)
        if value is None:
            return None
    else:
        value = expansion.expand(written, None).value
    if isinstance(value, Mapping | list):
        if len(value) > FOR_EACH_ENTRIES:
            message = f"`{FOR_EACH}` has {len(value):,} entries; at most {FOR_EACH_ENTRIES:,} are possible"
            expansion.report.error(written, f"{message}, divide it", address)
            return None
        pairs = _of_map(value, written) if isinstance(value, Mapping) else _of_list(value, written)
        source = written.value.strip() if isinstance(written.value, str) else None
        return list(_checked(pairs, address, expansion, source))
    message = f"`{FOR_EACH}` takes a list of texts or a map, not {name_type(value)}; write `[a, b]` or `${{var.NAME}}`"
    expansion.report.error(written, message, address)
    return None


def _evaluate(written: Written, address: Address | None, expansion: Expansion) -> Any:
    """Returns the value of a `for_each` that is an expression, such as `${var.tenants}`. Returns None after an error,
    which is reported. `written` is the expression. `address` is the address of the resource that contains the
    `for_each`, or None for an item of a list such as `imports:`.
    """
    try:
        parts = parse(written.value)
        if len(parts) != 1 or isinstance(parts[0], str):
            raise WrongExpression(
                f"`{FOR_EACH}` takes a list, a map, or one expression such as `${{var.tenants}}`, not a text"
            )
        value, ref = expansion.scope.evaluate(parts[0], None)
        if ref is not None:
            raise WrongExpression(_known_later(parts[0].source))
    except WrongExpression as error:
        said = WrongExpression(str(error)) if isinstance(error, NoExpression) else error
        expansion.fail(written.place, said, address)
        return None
    if value is None:
        expansion.report.error(
            written, f"the value of `{FOR_EACH}` is null; set the variable, or write `{{}}`", address
        )
    return value


def _known_later(source: str) -> str:
    return (
        f"`{source[:80]}` is known only after the apply, and `{FOR_EACH}` must be known before, because it decides "
        "which resources there are; use a variable"
    )


def _of_map(value: Mapping[str, Any], written: Written) -> Iterator[tuple[Written, str, Any]]:
    for key, item in value.items():
        yield Written(written.document, (*written.path, key), item), key, item


def _of_list(value: list[Any], written: Written) -> Iterator[tuple[Written, Any, Any]]:
    for index, item in enumerate(value):
        yield Written(written.document, (*written.path, index), item), item, item


def _checked(
    pairs: Iterator[tuple[Written, Any, Any]], address: Address | None, expansion: Expansion, source: str | None
) -> Iterator[Each]:
    """Yields the valid entries of a `for_each`, and reports an error for each invalid entry. `pairs` contains three
    values for each entry: its place in the manifest, its key and its value. If the value of the `for_each` is an
    expression, `source` is this expression. If the entries are written in the manifest, `source` is None.
    """
    seen: set[str] = set()
    for written, key, value in pairs:
        place = written.key_place
        if problem := _find_problem(key, address, expansion, source):
            expansion.report.error(place, problem, address)
            continue
        key = to_nfc(key)
        if key in seen:
            message = f"the key `{key}` is in `{FOR_EACH}` twice; remove one, or use a map with keys of its own"
            expansion.report.error(place, message, address)
            continue
        seen.add(key)
        yield Each(key, value)


def _find_problem(key: Any, address: Address | None, expansion: Expansion, source: str | None) -> str | None:
    """Returns the error message about `key`, a key of a `for_each`. Returns None if the key is valid. `address` is the
    address, without a key, of the resource that contains the `for_each`, or None. `source` is the expression that
    produced the key, or None if the key is written in the manifest.
    """
    if not isinstance(key, str):
        advice = "put it in quotes" if isinstance(key, int | float) else "write a map `{KEY: …}` for other values"
        advice += f" in the value of `{source[:80]}`" if source else ""
        return f"a list for `{FOR_EACH}` holds texts, which become keys, and this is {name_type(key)}; {advice}"
    if found := next((part for part in expansion.scope.references.split(key) if not isinstance(part, str)), None):
        return _known_later(f"${{{found.address}.{found.attribute}}}")
    if not 0 < len(key) <= KEY:
        return f"a key has 1 to {KEY} characters, and this has {len(key):,}; shorten it"
    wrong = next(
        (each for each in key if not (each.isalnum() or each in SIGNS or category(each) in ("Mn", "Mc"))), None
    )
    if wrong is not None or key != key.strip() or category(key[0]) in ("Mn", "Mc"):
        shown = f"the character U+{ord(wrong):04X}" if wrong else "a space or mark at an end"
        return f"a key has letters, digits, spaces inside, and `_-.@/+:`, and this has {shown}; choose another key"
    if address is not None and len(instance_name(address.name, key)) > INSTANCE_NAME:
        return f"`{address.name}` and its key have more than {INSTANCE_NAME} characters together; shorten one of them"
    return None
