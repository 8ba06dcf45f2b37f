"""Names of models, and the options that each family of models accepts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioner.core.catalog.data import BODY

FINE_TUNED = "ft:"
#: The names of models that the API is known to have had on the catalog's day. Other servers have others.
NAMES: frozenset[str] = frozenset(BODY["names"])


@dataclass(frozen=True, slots=True)
class Family:
    """A family of models that accept the same options.

    `reasons` is true for reasoning models, which refuse `temperature` and `top_p`. `efforts` are the accepted values of
    `reasoning.effort` and `verbosities` those of `text.verbosity`; None if they are not known.
    """

    pattern: re.Pattern[str]
    reasons: bool
    efforts: tuple[str, ...] | None
    verbosities: tuple[str, ...] | None


def _read_family(body: dict[str, object]) -> Family:
    def values(key: str) -> tuple[str, ...] | None:
        found = body[key]
        return tuple(map(str, found)) if isinstance(found, list) else None

    # A name that continues with a letter or a digit belongs to another model: `o10`, `gpt-50`.
    pattern = re.compile(rf"(?:{body['match']})(?![A-Za-z0-9])")
    return Family(pattern, bool(body["reasons"]), values("efforts"), values("verbosities"))


_FAMILIES = tuple(_read_family(each) for each in BODY["families"])


def base_of(model: str) -> str:
    """Returns the base model of a fine-tuned model (`ft:gpt-4o-mini:acme::abc`); any other name is returned
    unchanged.
    """
    return model.removeprefix(FINE_TUNED).partition(":")[0] if model.startswith(FINE_TUNED) else model


def family_of(model: str) -> Family | None:
    """Returns the family of a model, or None if the catalog does not have it."""
    base = base_of(model)
    return next((family for family in _FAMILIES if family.pattern.match(base)), None)


def is_listed(model: str) -> bool:
    """Returns whether a name is in the catalog. Fine-tuned models, which only their account knows, count as listed."""
    return model.startswith(FINE_TUNED) or model in NAMES
