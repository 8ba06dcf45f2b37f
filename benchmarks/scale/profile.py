"""The parts of a plan, and a profile: how the CPU time of a command is spread over its parts and functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

START, OTHER = "start: loading modules", "other"
#: What stands for all functions of the threads that make calls.
THREADS = "the threads that make calls"
#: The module that loads modules.
IMPORTING = "importlib._bootstrap"
#: The parts of a plan with the packages and modules that belong to them. A sample belongs to the first part of which a
#: module is being called.
PARTS: Mapping[str, tuple[str, ...]] = {
    START: (IMPORTING,),
    "manifests: searching for credentials": ("manifest.secret_scan",),
    "manifests: finding files, and reading their sizes and times": (
        *("manifest.files.referenced_files", "manifest.files.project_files", "manifest.files.folder_contents"),
        *("manifest.files.digest_cache", "core.files", "project.digest_cache"),
    ),
    "manifests: parsing, and making resources": ("manifest",),
    "estimating costs": ("review.cost",),
    "deciding who made each live object": ("engine.ownership", "engine.origins"),
    "reading the state and its history": ("engine.snapshot", "engine.continuity", "state.backends", "state.parsing"),
    "live objects: reading, decoding, and comparing them with their records": (
        *("engine.refresh", "engine.live_objects", "openai_api"),
    ),
    "comparing resources, records and live objects": (
        "planning",
        "engine.quick_refresh",
        "engine.restoring",
        "engine.guards",
    ),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """The numbers of samples of CPU time in each part and in each function of a command."""

    parts: Mapping[str, int]
    functions: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Returns the profile as JSON."""
        return {"parts": self.parts, "functions": self.functions}

    @property
    def total(self) -> int:
        """The number of all samples."""
        return sum(self.parts.values())

    def share(self, part: str) -> float:
        """Returns the share of a part in the CPU time, from 0 to 1."""
        return self.parts.get(part, 0) / self.total

    def largest_functions(self, count: int) -> list[tuple[str, float]]:
        """Returns the functions in which most samples were taken, with their shares in the CPU time."""
        return [(name, number / self.total) for name, number in Counter(self.functions).most_common(count)]


def combine(profiles: Iterable[Profile]) -> Profile:
    """Returns the sum of several profiles."""
    parts: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for each in profiles:
        parts.update(each.parts)
        functions.update(each.functions)
    return Profile(dict(parts), dict(functions))


def part_of(modules: Sequence[str]) -> str:
    """Returns the part to which a sample belongs. `modules` are the modules of the functions that were being called."""
    present = {f"{module.removeprefix('provisioner.')}." for module in modules}
    for part, names in PARTS.items():
        beginnings = tuple(f"{name}." for name in names)
        if any(module.startswith(beginnings) for module in present):
            return part
    return OTHER
