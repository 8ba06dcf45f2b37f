"""Finds options that the API refuses for a family of models. Source: the dated catalog in `provisioner.core.catalog`.

If an option is refused only for a family of models, the problem is a warning, because OpenAI may change which options a
family accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.catalog import family_of
from provisioner.core.resource import Problem

WEB_SEARCH = "web_search"


def find_sampling_problems(fields: Mapping[str, Any]) -> Iterator[Problem]:
    """Yields a warning if `fields`, the fields of an assistant, set `temperature` or `top_p` for a reasoning model,
    because reasoning models refuse these options.
    """
    model, effort = fields.get("model"), (fields.get("reasoning") or {}).get("effort")
    family = family_of(model) if isinstance(model, str) else None
    if family is None or not family.refuses_sampling(effort):
        return
    for name in ("temperature", "top_p"):
        if fields.get(name) is not None:
            message = f"{model} is a reasoning model and refuses `{name}`; remove it"
            if not family.refuses_sampling(None):
                message = (
                    f"{model} refuses `{name}` while it reasons; remove it, or write `reasoning: {{effort: none}}`"
                )
            yield Problem((name,), message, "warning", "temperature-on-reasoning-model")


def find_option_problems(fields: Mapping[str, Any]) -> Iterator[Problem]:
    """Yields a warning for each setting in `reasoning`, and for `text.verbosity`, if the API refuses the setting for
    the model. `fields` are the fields of an assistant. Yields an error if the effort is `minimal` and the assistant has
    the web search tool.
    """
    model = fields.get("model")
    if isinstance(model, str):
        yield from _reasoning_problems(model, fields.get("reasoning") or {})
        yield from _verbosity_problems(model, fields.get("text") or {})
    if (fields.get("reasoning") or {}).get("effort") == "minimal":
        searches = [tool["type"] for tool in fields.get("tools") or () if tool["type"].startswith(WEB_SEARCH)]
        if searches:
            message = f"the API refuses the effort `minimal` together with `{searches[0]}`; write `low`, or remove one"
            yield Problem(("reasoning", "effort"), message)


def _reasoning_problems(model: str, reasoning: Mapping[str, Any]) -> Iterator[Problem]:
    """Yields a warning for each setting of `reasoning` that the family of the model refuses. A model that does not
    reason refuses all of them. A model that reasons may refuse the configured effort.
    """
    family = family_of(model)
    if family is None or family.efforts is None:
        return
    rule = "effort-not-supported"
    for key, value in reasoning.items():
        if value is None or (key != "effort" and (family.reasons or family.efforts)):
            continue
        if family.efforts and value not in family.efforts:
            message = f"{model} does not know the effort `{value}`; choose from {_enumerate(family.efforts)}"
            yield Problem(("reasoning", key), message, "warning", rule)
        elif not family.efforts:
            message = f"{model} refuses `reasoning.{key}`; remove it, or choose a reasoning model that has it"
            yield Problem(("reasoning", key), message, "warning", rule)


def _verbosity_problems(model: str, text: Mapping[str, Any]) -> Iterator[Problem]:
    family, verbosity = family_of(model), text.get("verbosity")
    if family is None or family.verbosities is None or verbosity is None or verbosity in family.verbosities:
        return
    message = f"{model} does not know the verbosity `{verbosity}`; write {_enumerate(family.verbosities)}, or remove it"
    yield Problem(("text", "verbosity"), message, "warning", "verbosity-not-supported")


def _enumerate(values: tuple[str, ...]) -> str:
    quoted = [f"`{value}`" for value in values]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
