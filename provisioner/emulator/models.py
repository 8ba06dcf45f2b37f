"""Models: those that the installed SDK names, some with announced shutdown dates, and those from `--model`."""

from __future__ import annotations

from typing import Any

from provisioner.emulator.modelrules import known_models
from provisioner.emulator.refusal import Refusal
from provisioner.emulator.request import ApiRequest, Reply

SHUTDOWN = "2027-01-14"
CREATED = 1788220800
"""When a model was created of which no source says when: Unix seconds."""
MODELS: dict[str, tuple[int, str | None]] = {
    "gpt-4o": (1715367049, SHUTDOWN),
    "gpt-4o-mini": (1721172741, SHUTDOWN),
    "gpt-4.1": (1744316542, SHUTDOWN),
    "gpt-4.1-mini": (1744318173, SHUTDOWN),
    "o3-mini": (1737146383, None),
    "gpt-5": (1754425777, None),
    "gpt-5-mini": (1754425928, None),
    "gpt-6-luna": (CREATED, None),
}
"""Name to when it was created and when it shuts down."""


def list_all(call: ApiRequest) -> Reply:
    """GET /models."""
    more = sorted({*known_models(), *call.models} - MODELS.keys())
    return {"object": "list", "data": [_render(name) for name in (*MODELS, *more)]}


def retrieve(call: ApiRequest) -> Reply:
    """GET /models/{model}."""
    name = call.ids["model"]
    if name not in MODELS and name not in known_models() and name not in call.models:
        raise Refusal(404, f"The model '{name}' does not exist", code="model_not_found", param="model")
    return _render(name)


def _render(name: str) -> dict[str, Any]:
    created, shutdown = MODELS.get(name, (CREATED, None))
    return {"id": name, "object": "model", "created": created, "owned_by": "system", "shutdown_date": shutdown}
