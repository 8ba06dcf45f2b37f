"""Defines the tests that the manifests declare. References in these tests are resolved, and each expectation contains
its position in a manifest.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct

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


class Expectation(Struct, frozen=True):
    """One expectation of a test. `ExpectationKind` says which type `value` has. `place` is the position of the
    expectation in a manifest. `turn` is the index of the turn whose answer is checked, or None if the whole test is
    checked.
    """

    kind: ExpectationKind
    value: Any
    place: Place
    turn: int | None = None


class InputMessage(Struct, frozen=True):
    """One message to the assistant. `files` are the attached files: a Path for a local file, or a text for the id of an
    uploaded file.
    """

    text: str
    files: tuple[Path | str, ...] = ()


class MockedResult(Struct, frozen=True):
    """The result of a function in a test. The result is used for calls whose arguments include `arguments`. If
    `arguments` is None, the result is used for every call of the function.
    """

    function: str
    arguments: dict[str, Any] | None
    result: Any
    place: Place


class DeclaredTest(Struct, frozen=True):
    """A test of an assistant. `address` is the address of the test, and `assistant` that of the assistant.

    `samples` is the number of times that the test is run. `share` is the share of samples (0 to 1) that must meet all
    `expectations`. Expectations about single answers come first, and expectations about the whole test follow.
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
        """The name of the test, as it is given on the command line."""
        return self.address.name

    def assistants(self) -> set[Address]:
        """Returns the addresses of all assistants that the test calls: the tested assistant, and the judges."""
        judges = (each.value["assistant"] for each in self.expectations if each.kind is ExpectationKind.JUDGED_BY)
        return {self.assistant, *judges}
