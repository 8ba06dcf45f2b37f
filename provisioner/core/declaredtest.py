"""Tests that the manifests declare: with references resolved, and each expectation with its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place


class ExpectationKind(StrEnum):
    """The kinds of expectations, by their names in manifests. The values of an `Expectation` are of these types.

    | kind           | value                                                         |
    |----------------|---------------------------------------------------------------|
    | contains       | a text                                                        |
    | not_contains   | a text                                                        |
    | matches        | a regular expression of Python                                |
    | equals_json    | a JSON value                                                  |
    | valid_against  | a JSON Schema                                                 |
    | tool_called    | `{name, arguments, times, order}`                             |
    | no_tool_called | True, or the name of a tool                                   |
    | cites          | the name or the path of a file                                |
    | refuses        | True or False                                                 |
    | max_tokens     | a number of tokens                                            |
    | max_seconds    | a number of seconds                                           |
    | max_cost       | a number of USD                                               |
    | judged_by      | `{assistant: Address, rubric}`                                |
    """

    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    MATCHES = "matches"
    EQUALS_JSON = "equals_json"
    VALID_AGAINST = "valid_against"
    TOOL_CALLED = "tool_called"
    NO_TOOL_CALLED = "no_tool_called"
    CITES = "cites"
    REFUSES = "refuses"
    MAX_TOKENS = "max_tokens"
    MAX_SECONDS = "max_seconds"
    MAX_COST = "max_cost"
    JUDGED_BY = "judged_by"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation of a test. `value` has the type that `ExpectationKind` says, and `place` is where a manifest has
    it. `turn` is the index of the turn that it is about; None if it is about the whole test.
    """

    kind: ExpectationKind
    value: Any
    place: Place
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class InputMessage:
    """One message to the assistant. `files` are the attached files: paths on this machine, or ids at the API."""

    text: str
    files: tuple[Path | str, ...] = ()


@dataclass(frozen=True, slots=True)
class MockedResult:
    """The result of a function in a test, for calls with these `arguments` (None: for every call)."""

    function: str
    arguments: dict[str, Any] | None
    result: Any
    place: Place


@dataclass(frozen=True, slots=True)
class DeclaredTest:
    """A test of the assistant at an address.

    `samples` is the number of times that the test is run, and `share` the share of samples that must meet all
    `expectations`. The expectations about whole tests are after those about single turns.
    """

    address: Address
    assistant: Address
    messages: tuple[InputMessage, ...]
    expectations: tuple[Expectation, ...]
    place: Place
    mocks: tuple[MockedResult, ...] = ()
    samples: int = 1
    share: float = 1.0
    description: str = ""

    @property
    def name(self) -> str:
        """The name of the test, by which the command line chooses it."""
        return self.address.name

    def assistants(self) -> set[Address]:
        """Returns the addresses of all assistants that the test calls: the tested one, and those that judge."""
        judges = (each.value["assistant"] for each in self.expectations if each.kind is ExpectationKind.JUDGED_BY)
        return {self.assistant, *judges}
