"""Converts the mapping under the key `agents:` of an assistant. It contains fields that only saved agents have. It can
also contain fields that this version of provision does not know.

Source: `types/beta/agent_update_params.py` in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from provisioner.core.assistant_fields import AGENT_FIELDS
from provisioner.core.resource import Problem

KNOWN = frozenset(AGENT_FIELDS)
#: The values that are sent for settings of `experimental` that are omitted. An update merges these settings key by key,
#: so a setting that was on would stay on if nothing was sent for it.
EXPERIMENTAL_DEFAULTS: Mapping[str, Any] = {"time_awareness": False}
#: How similar an unknown field must be to a known field to count as a misspelling, from 0 to 1.
SIMILARITY = 0.8


def express_own(given: Mapping[str, Any]) -> dict[str, Any]:
    """Converts `given`, the mapping under `agents:` in the manifest, to the fields of the API request, and returns
    them. If this version of provision knows a field, null values are left out, and the fields under `extra:` in the
    field are added to it. Settings of `experimental` that are not set get their defaults. Unknown fields are returned
    unchanged.
    """
    inputs = {
        name: _express_block(value) if name in KNOWN else value
        for name, value in given.items()
        if value is not None or name not in KNOWN
    }
    if "experimental" in inputs:
        inputs["experimental"] = {**EXPERIMENTAL_DEFAULTS, **inputs["experimental"]}
    return inputs


def _express_block(block: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in block.items() if name != "extra" and value is not None}
    return fields | (block.get("extra") or {})


def find_own_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    """Yields the problems of `given`, the mapping under `agents:` in the manifest: an error if `multi_agent` does not
    set the required field `enabled`, and a warning for each unknown field whose name is similar to a known name.

    An unknown field is still sent, because it may be newer than this version of provision.
    """
    subagents = given.get("multi_agent")
    if subagents is not None and subagents.get("enabled") is None:
        message = "`enabled` is missing, here and in the defaults; write `multi_agent: {enabled: true}`"
        yield Problem(("agents", "multi_agent"), message)
    for name in sorted(given.keys() - KNOWN):
        for close in get_close_matches(name, sorted(KNOWN), 1, SIMILARITY):
            message = f"`{name}` is not known, and is sent as it is; if you mean `{close}`, write that"
            yield Problem(("agents", name), message, "warning")
