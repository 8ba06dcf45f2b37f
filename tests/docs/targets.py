"""The tables of what each field and tool becomes on each target: samples are loaded as manifests, and compared.

All samples stand in one project, as assistants called `PART-NUMBER-TARGET`. It is loaded once to see which samples
are errors, and once more without those.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from provisioner.core.defaults import TARGETS
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import InvalidManifest
from provisioner.core.resource import Ref, Resource
from provisioner.manifest import Manifest, load
from tests.docs import samples

#: What every sample has; the model is none that refuses a temperature.
COMMON = {"model": "gpt-4.1-mini", "name": "Sample", "instructions": "Help."}
ERROR = "error"
NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class Sample:
    """An assistant without something and with it; `row` is what the table calls it."""

    row: str
    without: Mapping[str, Any]
    having: Mapping[str, Any]


@dataclass(slots=True)
class Realised:
    """What assistants became, by name: their resources' inputs and their environments', and what was said of them."""

    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: dict[str, set[str]] = field(default_factory=dict)


def render_assistant_fields() -> str:
    """The table of an assistant's fields."""
    return _table("field", _field_samples())


def render_tools() -> str:
    """The table of tools and their options."""
    return _table("tool", [*_tool_samples(), *_option_samples()])


def _field_samples() -> list[Sample]:
    found = []
    for path, value in samples.FIELDS.items():
        first, _, rest = path.partition(".")
        needed = samples.NEEDED.get(first, {})
        found.append(Sample(path, needed, {**needed, first: {rest: value} if rest else value}))
    return found


def _tool_samples() -> list[Sample]:
    return [Sample(name, {}, {"tools": [tool]}) for name, tool in samples.TOOLS.items()]


def _option_samples() -> list[Sample]:
    return [
        Sample(name, {"tools": [without]}, {"tools": [having]}) for name, (without, having) in samples.OPTIONS.items()
    ]


def _table(what: str, rows: list[Sample]) -> str:
    realised = realise(rows)
    lines = [f"| {what} | {' | '.join(f'`{target}`' for target in TARGETS)} |", "|---" * (len(TARGETS) + 1) + "|"]
    for number, sample in enumerate(rows):
        cells = [_cell(sample.row, number, target, realised) for target in TARGETS]
        lines.append(f"| `{sample.row}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: str, number: int, target: str, realised: Realised) -> str:
    """`error`, `not sent`, or the paths at which the sample shows, with a warning where there was one."""
    without, having = _name("without", number, target), _name("having", number, target)
    said = realised.said.get(having, set())
    if "error" in said:
        return ERROR
    last = row.partition(": ")[2] or row
    last = last.partition(":")[0].partition(" ")[0].rpartition(".")[2]
    paths = dict.fromkeys(differences(realised.inputs[without], realised.inputs[having], last))
    shown = ", ".join("same" if path == row else f"`{path}`" for path in paths) or NOT_SENT
    return f"{shown} (warning)" if "warning" in said else shown


def differences(before: Any, after: Any, wanted: str, path: str = "") -> Iterator[str]:
    """The paths at which two inputs differ. What is new is not looked into where it is called as it is `wanted`,
    or holds several things.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            inner = f"{path}.{key}" if path else str(key)
            new = after.get(key)
            if key not in before and isinstance(new, Mapping) and len(new) == 1 and key != wanted:
                yield from differences({}, new, wanted, inner)
            elif key not in before or key not in after:
                yield inner
            elif before[key] != after[key]:
                yield from differences(before[key], after[key], wanted, inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            if old != new:
                yield from differences(old, new, wanted, f"{path}[]")
    else:
        yield path


def realise(rows: Iterable[Sample]) -> Realised:
    """Every sample on every target."""
    assistants: dict[str, dict[str, Any]] = {}
    for number, sample in enumerate(rows):
        for target in TARGETS:
            own = {**COMMON, "target": target}
            assistants[_name("without", number, target)] = {**own, **sample.without}
            assistants[_name("having", number, target)] = {**own, **sample.having}
    realised = Realised()
    _keep(_load(json.dumps(assistants)), assistants, realised)
    good = {name: body for name, body in assistants.items() if "error" not in realised.said.get(name, ())}
    _keep(_load(json.dumps(good)), good, realised)
    return realised


@cache
def _load(assistants: str) -> Manifest | tuple[Diagnostic, ...]:
    """The project with these assistants, or what is wrong with it."""
    with tempfile.TemporaryDirectory() as name:
        manifests = Path(name) / "manifests"
        manifests.mkdir()
        (manifests / "provision.yaml").write_text("project: samples\n", encoding="utf-8")
        (manifests / "handbook.md").write_text("A handbook.\n", encoding="utf-8")
        (manifests / "data.csv").write_text("a,b\n", encoding="utf-8")
        stores = {"handbook": {"files": ["handbook.md"]}}
        text = json.dumps({"vector_stores": stores, "assistants": json.loads(assistants)}, indent=1)
        (manifests / "samples.yaml").write_text(text, encoding="utf-8")
        try:
            return load(manifests)
        except InvalidManifest as invalid:
            return tuple(invalid.diagnostics)


def _keep(loaded: Manifest | tuple[Diagnostic, ...], assistants: Mapping[str, Any], realised: Realised) -> None:
    for diagnostic in loaded.diagnostics if isinstance(loaded, Manifest) else loaded:
        name = (diagnostic.address or "").removeprefix("assistant.")
        assert name in assistants, f"a sample is wrong: {diagnostic}"
        realised.said.setdefault(name, set()).add(diagnostic.severity)
    for resource in loaded.resources if isinstance(loaded, Manifest) else ():
        if resource.address.kind in ("assistant", "environment"):
            realised.inputs.setdefault(resource.address.name, {}).update(_inputs(resource))


def _inputs(resource: Resource) -> dict[str, Any]:
    """The inputs; an environment's under its kind, and the name by which an agent names its template left out."""
    inputs: dict[str, Any] = json.loads(json.dumps(resource.inputs, default=_spell))
    if resource.address.kind == "environment":
        return {"environment template": inputs}
    if resource.type == "agent" and set(inputs.get("metadata") or {}) == {"provision_template"}:
        del inputs["metadata"]
    return inputs


def _spell(value: object) -> str:
    assert isinstance(value, Ref), value
    return f"-> {value.address.kind}"


def _name(part: str, number: int, target: str) -> str:
    return f"{part}-{number}-{target}"
