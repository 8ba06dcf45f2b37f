"""Estimates the price of a turn: the price of its tokens, of its searches, and of the containers in which code runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.engine.running.subject import Subject
from provisioner.openai_api.turns.turn import TOKENS_OF, Price, Turn
from provisioner.review.cost.prices import Prices, read_prices

#: Prices of tokens are for this number of tokens.
MILLION = 1_000_000
#: The price of a container whose memory the definition does not set: that of the smallest.
SMALLEST = "1g"


def price_turn(
    turn: Turn, subject: Subject, own: Mapping[str, float], models: Mapping[str, Mapping[str, float]]
) -> Price:
    """Returns the estimated price of `turn`. `own` are the prices in the setting `prices:`, and `models` are the prices
    in the setting `model_prices:`, keyed by the name of the model.

    Each turn in which code runs counts one container. OpenAI charges a container for 20 minutes, so the sum of several
    turns may be too high.
    """
    prices = read_prices(own)
    parts: dict[str, float | None] = {}
    has_answer = bool(turn.text or turn.code or turn.calls)
    if turn.usage.total_tokens or has_answer:  # A turn that was cut has an answer, and no usage.
        parts[f"{TOKENS_OF}{subject.model or 'the model'}"] = _tokens(turn, models.get(subject.model))
    calls = {"file_search": len(turn.searches), "web_search": len(turn.web_searches), "mcp": len(turn.mcp_calls)}
    for tool, count in calls.items():
        if count:
            each = prices.per_1000_calls(tool)
            parts[tool] = None if each is None else each / 1000 * count
    if any(each.language == "python" for each in turn.code):
        parts["code_interpreter"] = prices.per_container(_memory(subject, prices))
    known = [usd for usd in parts.values() if usd is not None]
    unknown = tuple(name for name, usd in parts.items() if usd is None)
    return Price(None if unknown else sum(known), unknown)


def _tokens(turn: Turn, price: Mapping[str, float] | None) -> float | None:
    usage = turn.usage
    if price is None or not usage.total_tokens:
        return None
    cached = price.get("cached_input")
    cached = price["input"] if cached is None else cached
    fresh = usage.input_tokens - usage.cached_tokens
    return (fresh * price["input"] + usage.cached_tokens * cached + usage.output_tokens * price["output"]) / MILLION


def _memory(subject: Subject, prices: Prices) -> str:
    for tool in subject.fields.get("tools") or ():
        container: Any = tool.get("container") if isinstance(tool, Mapping) else None
        if isinstance(container, Mapping) and container.get("memory_limit"):
            return str(container["memory_limit"])
    return SMALLEST
