"""Defines the pydantic models for tests: the messages to an assistant, and the expectations for its answers. A test is
never sent to the API, and makes no object.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from provisioner.core.kinds.expectation import Expectations
from provisioner.core.kinds.model import FileItem, Filled, Model, by_shape, refuse, tag

#: The largest number of turns, of mocks and of samples of one test.
MOST_TURNS = 50
MOST_MOCKS = 200
MOST_SAMPLES = 100


class InputTurn(Model):
    """One message to the assistant, and the expectations for the answer."""

    text: Filled = Field(description="The message.")
    files: list[FileItem] | None = Field(None, description="Files that are attached to the message.")
    expect: Expectations | None = Field(None, description="What is expected of the answer to this message.")


TurnItem = Annotated[
    Annotated[Filled, tag("text")] | Annotated[InputTurn, tag("mapping")],
    by_shape("a text, or a mapping `{text: …, files: […]}`"),
]
Turns = Annotated[
    Annotated[Filled, tag("text")]
    | Annotated[InputTurn, tag("mapping")]
    | Annotated[list[TurnItem], Field(min_length=1, max_length=MOST_TURNS), tag("list")],
    by_shape("a text, a mapping `{text: …, files: […]}`, or a list of these, one for each turn"),
]


class Mock(Model):
    """The result of a function in a test. The function itself is not called."""

    function: Filled = Field(description="The name of the function.")
    arguments: dict[str, Any] | None = Field(
        None,
        description="The mock is used for calls with these arguments and values (and any others); for every call if "
        "it is left out. The first mock that fits is used.",
    )
    result: Any = Field(description="What the function returns: a text, or any value, which is sent as JSON.")


class AssistantTest(Model):
    """A test of an assistant."""

    assistant: Filled = Field(description="The name of the assistant.")
    description: str | None = Field(None, description="What the test is about, for people.")
    input: Turns = Field(description="What is said to the assistant, in one or several turns.")
    mocks: Annotated[list[Mock], Field(max_length=MOST_MOCKS)] | None = Field(
        None, description="The results of functions."
    )
    expect: Expectations | None = Field(
        None,
        description="What is expected: of the last answer, of the calls in all turns, and of their tokens, seconds and "
        "costs together.",
    )
    samples: Annotated[int, Field(ge=1, le=MOST_SAMPLES)] | None = Field(
        None, description="How often the test is run (1), because answers differ."
    )
    pass_: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, alias="pass", description="The share of samples that must meet all expectations, from above 0 to 1 (1)."
    )


def _is_empty(expectations: Expectations | None) -> bool:
    return expectations is None or all(value is None for value in dict(expectations).values())


def _check_test(value: AssistantTest) -> AssistantTest:
    turns = value.input if isinstance(value.input, list) else [value.input]
    blocks = [value.expect, *(each.expect for each in turns if isinstance(each, InputTurn))]
    if all(_is_empty(each) for each in blocks):
        raise refuse("this test expects nothing, so it can never fail; write `expect: {contains: …}`")
    if value.pass_ == 0:
        raise refuse("a test that passes with no good sample can never fail; write a share above 0", "pass")
    return value


TestModel = Annotated[AssistantTest, AfterValidator(_check_test)]
