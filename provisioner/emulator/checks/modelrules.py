"""Checks whether a model exists and accepts the options of a request. Source: the SDK's types and public reports."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, get_args

from provisioner.core.catalog import NAMES
from provisioner.emulator.checks.sdk_types import import_sdk
from provisioner.emulator.messages.refusal import Refusal

REASONING = re.compile(r"(?:ft:)?(?:(?:o1|o3|o4|gpt-5|gpt-6)(?![A-Za-z0-9])(?![.0-9]*-chat)|gpt-5\.[23]-chat)")
#: Two groups of models, from recorded answers of the API. Models in ON_DEMAND reason only if an effort is set. Models
#: in CAN_STOP reason except with the effort `none`.
ON_DEMAND = re.compile(r"(?:ft:)?gpt-5\.(?:[124](?!-(?:pro|chat))|3-codex)")
CAN_STOP = re.compile(r"(?:ft:)?(?:gpt-5\.[5-9]|gpt-6)(?![.0-9]*-pro)")
PLAIN = re.compile(r"(?:ft:)?(?:gpt-3\.5|gpt-4|chatgpt-4o|gpt-5-chat)")
O_SERIES = re.compile(r"(?:ft:)?o[134](?![A-Za-z0-9])")
FIRST_GPT_5 = re.compile(r"(?:ft:)?gpt-5(?![.A-Za-z0-9])(?!-(?:chat|pro|codex))")
#: Names in the SDK's types that are not models. The SDK keeps them for compatibility.
NO_MODEL = ("gpt-5.1-mini",)


@cache
def known_models() -> frozenset[str]:
    """Returns the names of all models in the types of the installed SDK. If these types name no models, returns the
    names in provision's own catalog. The first call imports the types, which takes a moment.
    """
    try:
        named = import_sdk("openai.types.shared").ResponsesModel
    except (ImportError, AttributeError):
        return NAMES
    return frozenset(_literals(named)) - {*NO_MODEL}


def _literals(hint: Any) -> Iterator[str]:
    for argument in get_args(hint):
        if isinstance(argument, str):
            yield argument
        else:
            yield from _literals(argument)


def check_model(more: Collection[str], model: str) -> None:
    """Raises Refusal if the model is unknown. A model is known if the SDK names it, or if its name is in `more`. A
    fine-tuned model is known if its base model is known.
    """
    base = model.split(":")[1] if model.startswith("ft:") else model
    if base not in known_models() and model not in more:
        message = f"The requested model '{model}' does not exist."
        raise Refusal(400, message, code="model_not_found", param="model")


def check_sampling(model: str, fields: Mapping[str, Any]) -> None:
    """Raises Refusal if `temperature` or `top_p` in `fields` is not 1 although the model is a reasoning model. Some
    models reason only with certain values of `reasoning_effort`, which is also read from `fields`.
    """
    effort = fields["reasoning_effort"]
    stopped = (effort is None and ON_DEMAND.match(model)) or (
        effort == "none" and (ON_DEMAND.match(model) or CAN_STOP.match(model))
    )
    for name in ("temperature", "top_p"):
        if REASONING.match(model) and not stopped and fields[name] != 1:
            raise _unsupported(name)


def check_effort(model: str, effort: str | None, param: str) -> None:
    """Raises Refusal if the model does not accept the reasoning effort `effort`, or if the model is not a reasoning
    model. If `effort` is None, nothing is checked. `param` is the name of the field in error messages.
    """
    if effort is None:
        return
    if PLAIN.match(model):
        raise _unsupported(param)
    for series, values in (
        (O_SERIES, ("low", "medium", "high")),
        (FIRST_GPT_5, ("minimal", "low", "medium", "high")),
    ):
        if series.match(model) and effort not in values:
            raise _unsupported_value(param, effort, model, values)


def check_verbosity(model: str, verbosity: str, param: str) -> None:
    """Raises Refusal if the model accepts only the verbosity `medium`, and `verbosity` has another value. `param` is
    the name of the field in error messages.
    """
    if verbosity != "medium" and (PLAIN.match(model) or O_SERIES.match(model)):
        raise _unsupported_value(param, verbosity, model, ("medium",))


def check_minimal(effort: str | None, tools: Collection[str]) -> None:
    """Raises Refusal if the reasoning effort is `minimal`, and the tool `web_search` is in `tools`."""
    if effort == "minimal" and "web_search" in tools:
        message = "The following tools cannot be used with reasoning.effort 'minimal': web_search."
        raise Refusal(400, message, param="tools")


def _unsupported(param: str) -> Refusal:
    message = f"Unsupported parameter: '{param}' is not supported with this model."
    return Refusal(400, message, code="unsupported_parameter", param=param)


def _unsupported_value(param: str, value: str, model: str, values: Collection[str]) -> Refusal:
    known = ", ".join(f"'{each}'" for each in values)
    message = f"Unsupported value: '{value}' is not supported with the '{model}' model. Supported values are: {known}."
    return Refusal(400, message, code="unsupported_value", param=param)
