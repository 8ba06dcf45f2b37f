"""Defines the endpoints for models. The endpoints return the models that the installed SDK names, with their announced
shutdown dates, and the models from `--model`.
"""

from __future__ import annotations

from typing import Any

from provisioner.core.catalog import SHUTDOWN_DATES
from provisioner.emulator.checks.modelrules import known_models
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest, Reply

CREATED = 1788220800
"""The creation time of a model for which no source names one, in seconds since 1970."""
CREATED_AT: dict[str, int] = {
    "gpt-4o": 1715367049,
    "gpt-4o-mini": 1721172741,
    "gpt-4.1": 1744316542,
    "gpt-4.1-mini": 1744318173,
    "o3-mini": 1737146383,
    "gpt-5": 1754425777,
    "gpt-5-mini": 1754425928,
    "gpt-6-luna": CREATED,
}
"""The creation time of each model, by its name, in seconds since 1970."""


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /models`: returns all models."""
    more = sorted({*known_models(), *call.models} - CREATED_AT.keys())
    return {"object": "list", "data": [_render(name) for name in (*CREATED_AT, *more)]}


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /models/{model}`: returns the model."""
    name = call.ids["model"]
    if name not in CREATED_AT and name not in known_models() and name not in call.models:
        raise Refusal(404, f"The model '{name}' does not exist", code="model_not_found", param="model")
    return _render(name)


def _render(name: str) -> dict[str, Any]:
    created, shutdown = CREATED_AT.get(name, CREATED), SHUTDOWN_DATES.get(name)
    day = shutdown.isoformat() if shutdown else None
    return {"id": name, "object": "model", "created": created, "owned_by": "system", "shutdown_date": day}
