"""Looks up models by name, and the options that each family of models accepts."""

from __future__ import annotations

import re

from msgspec import Struct

from provisioner.core.catalog.data import BODY

FINE_TUNED = "ft:"
#: The values of `Family.sampling`, and the value of `reasoning.effort` with which a model does not reason.
ACCEPTED, REFUSED, WITHOUT_EFFORT, WITH_EFFORT_NONE = "accepted", "refused", "without effort", "with effort none"
NONE = "none"
#: The names of the models that OpenAI's API had on the date `AS_OF`. Other servers have other models.
NAMES: frozenset[str] = frozenset(BODY["names"])


class Family(Struct, frozen=True):
    """A family of models that accept the same options. A field is None if no source confirms its value. An option whose
    field is None is not checked.

    `sampling` says when the models accept `temperature` and `top_p`. The value "accepted" means always, and "refused"
    means never. The value "without effort" means: if `reasoning.effort` is not set or is `none`. The value "with effort
    none" means: only if it is `none`. `efforts` are the accepted values of `reasoning.effort`, and `verbosities` those
    of `text.verbosity`.
    """

    pattern: re.Pattern[str]
    sampling: str | None
    efforts: tuple[str, ...] | None
    verbosities: tuple[str, ...] | None

    @property
    def reasons(self) -> bool:
        """Whether the catalog says that the models of this family can reason."""
        return bool(self.efforts) or self.sampling not in (None, ACCEPTED)

    def refuses_sampling(self, effort: object) -> bool:
        """Returns whether the models refuse `temperature` and `top_p` if `reasoning.effort` is `effort` (None: not
        set).
        """
        if self.sampling == WITHOUT_EFFORT:
            return effort not in (None, NONE)
        return self.sampling == REFUSED or (self.sampling == WITH_EFFORT_NONE and effort != NONE)


def _read_family(body: dict[str, object]) -> Family:
    def values(key: str) -> tuple[str, ...] | None:
        found = body[key]
        return tuple(map(str, found)) if isinstance(found, list) else None

    # A name that continues with a letter or a digit belongs to another model: `o10`, `gpt-50`.
    pattern = re.compile(rf"(?:{body['match']})(?![A-Za-z0-9])")
    sampling = body["sampling"]
    return Family(pattern, None if sampling is None else str(sampling), values("efforts"), values("verbosities"))


_FAMILIES = tuple(_read_family(each) for each in BODY["families"])


def base_of(model: str) -> str:
    """Returns the name of the base model of a fine-tuned model: `gpt-4o-mini` for `ft:gpt-4o-mini:acme::abc`. Any other
    name is returned unchanged.
    """
    return model.removeprefix(FINE_TUNED).partition(":")[0] if model.startswith(FINE_TUNED) else model


def family_of(model: str) -> Family | None:
    """Returns the family to which a model belongs (the models that accept the same options), or None if the catalog has
    no such family.
    """
    base = base_of(model)
    return next((family for family in _FAMILIES if family.pattern.match(base)), None)


def is_listed(model: str) -> bool:
    """Returns whether the catalog lists the model with the name `model`. Returns True for every fine-tuned model,
    because only the account that owns a fine-tuned model knows its name.
    """
    return model.startswith(FINE_TUNED) or model in NAMES
