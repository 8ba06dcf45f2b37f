"""The whole comparison with the installed SDK: fields, values, tools, models, shutdown dates and resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai

from provisioner.core.catalog import NAMES, SHUTDOWN_DATES
from tests.sdk.comparison import Row, compare, dates_in, literals, load, tools_in
from tests.sdk.deliberate import DELIBERATE
from tests.sdk.pairs import TOOLS, UNIONS, pairs

#: The resources of the SDK's client that this tool uses.
RESOURCES = frozenset({"files", "models", "vector_stores", "vector_stores.files", "vector_stores.file_batches"}) | {
    "beta.assistants",
    "beta.agents",
    "beta.agents.environments.templates",
    "responses",
    "skills",
    "skills.content",
    "skills.versions",
}
#: Resources that hold others, which are compared one by one.
GROUPS = ("beta", "beta.agents", "beta.agents.environments", "skills", "vector_stores")


@dataclass(frozen=True, slots=True)
class Survey:
    """What only the SDK knows: `unknown`, and what is left out on purpose. What only this tool knows: `stale`."""

    unknown: tuple[Row, ...]
    deliberate: tuple[Row, ...]
    stale: tuple[Row, ...]


def survey() -> Survey:
    """Compares everything with the installed SDK."""
    found = compare(pairs(), UNIONS.values())
    for target, union in UNIONS.items():
        found.add(
            (Row("tool", target, "tool", name) for name in tools_in(union)),
            (Row("tool", target, "tool", name) for name in TOOLS[target]),
        )
    found.add(
        (Row("model", "all", "model", name) for name in literals(load("shared.ResponsesModel"))),
        (Row("model", "all", "model", name) for name in NAMES),
    )
    dates = sdk_dates()
    own = {name: day.isoformat() for name, day in SHUTDOWN_DATES.items()}
    found.unknown |= {
        Row("model", "all", "date", f"{name}: {day}") for name, day in dates.items() if own.get(name) != day
    }
    found.add(
        (Row("resource", "all", "resource", name) for name in resources()),
        (Row("resource", "all", "resource", name) for name in RESOURCES),
    )
    return Survey(
        tuple(sorted(found.unknown - DELIBERATE.keys())),
        tuple(sorted(found.unknown & DELIBERATE.keys())),
        tuple(sorted(found.stale)),
    )


def sdk_dates() -> dict[str, str]:
    """Returns the shutdown dates that the docstrings of the SDK's types announce, by the model's name."""
    folder = Path(openai.__file__).parent / "types"
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "shutdown date" in text:
            found |= dates_in(text)
    return found


def resources() -> Iterator[str]:
    """Yields the names of the client's resources; those of a group one by one."""
    client = openai.OpenAI(api_key="none", base_url="http://127.0.0.1:1/v1")
    yield from _resources(client, "")
    client.close()


def _resources(owner: Any, prefix: str) -> Iterator[str]:
    for name in _properties(type(owner)):
        full = f"{prefix}{name}"
        if full in RESOURCES or full not in GROUPS:
            yield full
        if full in GROUPS:
            yield from _resources(getattr(owner, name), f"{full}.")


def _properties(owner: type) -> Iterator[str]:
    """Yields the names of a resource's lazily created parts, except the views of the resource itself."""
    for base in owner.__mro__:
        for name, value in vars(base).items():
            if type(value).__name__ == "cached_property" and not name.startswith("with_"):
                yield name
