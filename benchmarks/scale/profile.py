"""The parts of a plan, and a profile: how the CPU time of a command is spread over its parts and functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

START, OTHER = "start: loading modules", "other"
#: What stands for all functions of the threads that make calls.
THREADS = "the threads that make calls"
#: The module that loads modules.
IMPORTING = "importlib._bootstrap"
#: The parts of a plan with the packages and modules that belong to them. A function belongs to the first part of
#: which a module is being called.
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
    "reading the state and its history": (
        *("engine.snapshot", "engine.continuity", "engine.missing_origins", "state.backends", "state.parsing"),
    ),
    "live objects: reading, decoding, and comparing them with their records": (
        *("engine.refresh", "engine.live_objects", "openai_api"),
    ),
    "comparing resources, records and live objects": ("planning", "engine"),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """The CPU time of a command in seconds, by part and by function."""

    parts: Mapping[str, float]
    functions: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Returns the profile as JSON."""
        return {"parts": self.parts, "functions": self.functions}

    @property
    def total(self) -> float:
        """The CPU time of the command in seconds."""
        return sum(self.parts.values())

    def share(self, part: str) -> float:
        """Returns the share of a part in the CPU time, from 0 to 1."""
        return self.parts.get(part, 0.0) / self.total

    def largest_functions(self, count: int) -> list[tuple[str, float]]:
        """Returns the functions that take most of the CPU time themselves, with their shares in it."""
        ordered = sorted(self.functions.items(), key=itemgetter(1), reverse=True)
        return [(name, seconds / self.total) for name, seconds in ordered[:count]]


def combine(profiles: Iterable[Profile]) -> Profile:
    """Returns the sum of several profiles."""
    parts: dict[str, float] = {}
    functions: dict[str, float] = {}
    for each in profiles:
        for found, added in ((parts, each.parts), (functions, each.functions)):
            for name, seconds in added.items():
                found[name] = found.get(name, 0.0) + seconds
    return Profile(parts, functions)


def part_of(modules: Sequence[str]) -> str:
    """Returns the part to which a function belongs. `modules` are the modules of the functions that are being called,
    from the innermost to the outermost.
    """
    present = {f"{module.removeprefix('provisioner.')}." for module in modules}
    for part, names in PARTS.items():
        beginnings = tuple(f"{name}." for name in names)
        if any(module.startswith(beginnings) for module in present):
            return part
    return OTHER
