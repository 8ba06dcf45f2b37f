"""Defines the pydantic models for expectations, which a test checks in the answers of an assistant."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from provisioner.core.kinds.model import Filled, Model, by_shape, by_tag, refuse, shape, tag

#: The largest number of characters in a regular expression.
PATTERN_CHARACTERS = 1_000
#: The largest expected number of calls of one tool, and the largest position in an expected order of calls.
MOST_CALLS = 1_000


def _check_pattern(value: str) -> str:
    if len(value) > PATTERN_CHARACTERS:
        raise refuse(
            f"this is {len(value):,} characters long; a pattern has at most {PATTERN_CHARACTERS:,}, shorten it"
        )
    return value


Pattern = Annotated[Filled, AfterValidator(_check_pattern)]
Texts = Annotated[
    Annotated[Filled, tag("text")] | Annotated[list[Filled], Field(min_length=1), tag("list")],
    by_shape("a text or a list of texts"),
]
Patterns = Annotated[
    Annotated[Pattern, tag("text")] | Annotated[list[Pattern], Field(min_length=1), tag("list")],
    by_shape("a regular expression or a list of them"),
]


class ToolCall(Model):
    """The expected call of a tool."""

    name: Filled = Field(description="The name of a function, or the type of another tool, such as `file_search`.")
    arguments: dict[str, Any] | None = Field(
        None, description="Arguments of the call, and their values; the call may have others too."
    )
    times: Annotated[int, Field(ge=1, le=MOST_CALLS)] | None = Field(
        None, description="The exact number of such calls; at least one if it is left out."
    )
    order: Annotated[int, Field(ge=1, le=MOST_CALLS)] | None = Field(
        None, description="The position among the expected calls that have an `order`: 1 is called before 2."
    )


ToolCallItem = Annotated[
    Annotated[Filled, tag("text")] | Annotated[ToolCall, tag("mapping")],
    by_shape("the name of a tool, or a mapping `{name: …, arguments: {…}}`"),
]
ToolCalls = Annotated[
    Annotated[Filled, tag("text")]
    | Annotated[ToolCall, tag("mapping")]
    | Annotated[list[ToolCallItem], Field(min_length=1), tag("list")],
    by_shape("the name of a tool, a mapping `{name: …, arguments: {…}}`, or a list of these"),
]


class Judgement(Model):
    """The expectation that another assistant, the judge, accepts the answer."""

    assistant: Filled = Field(description="The name of an assistant of the project.")
    rubric: Filled = Field(description="What a good answer is, for the assistant that judges.")


Judgements = Annotated[
    Annotated[Judgement, tag("mapping")] | Annotated[list[Judgement], Field(min_length=1), tag("list")],
    by_shape("a mapping `{assistant: NAME, rubric: …}`, or a list of these"),
]


def _absence(value: Any) -> str | None:
    return "<boolean>" if isinstance(value, bool) else shape(value)


def _check_true(value: bool) -> bool:
    if not value:
        raise refuse("`false` expects nothing; write `true` or names of tools, or leave it out")
    return value


NoToolCalled = Annotated[
    Annotated[bool, AfterValidator(_check_true), tag("boolean")]
    | Annotated[Filled, tag("text")]
    | Annotated[list[Filled], Field(min_length=1), tag("list")],
    by_tag(_absence, "true (no tool at all), the name of a tool, or a list of names"),
]


class Expectations(Model):
    """The expectations for an answer. Each of them must be met."""

    contains: Texts | None = Field(None, description="Texts that the answer contains.")
    not_contains: Texts | None = Field(None, description="Texts that the answer does not contain.")
    matches: Patterns | None = Field(
        None, description="Regular expressions of Python, each of which matches somewhere in the answer."
    )
    equals_json: Any = Field(None, description="The JSON value that the answer is.")
    valid_against: dict[str, Any] | None = Field(
        None, description="A JSON Schema that the answer, as JSON, follows; or `{file: schema.json}`."
    )
    tool_called: ToolCalls | None = Field(None, description="Tools that are called.")
    no_tool_called: NoToolCalled | None = Field(
        None, description="`true` if no tool is called, or the tools that are not called."
    )
    cites: Texts | None = Field(None, description="Files that the answer cites, by their names or paths.")
    refuses: bool | None = Field(None, description="Whether the assistant refuses to answer.")
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The most tokens of input and output together."
    )
    max_seconds: Annotated[float, Field(ge=0)] | None = Field(
        None, description="The longest time until the end of the answer, in seconds."
    )
    max_cost: Annotated[float, Field(ge=0)] | None = Field(None, description="The highest estimated cost, in USD.")
    judged_by: Judgements | None = Field(None, description="Assistants of the project that judge the answer.")
