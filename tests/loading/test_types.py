"""The types of `load` fit the SDK's: mypy checks this file, and the tests compare the fields."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING

from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

from provisioner import Definition, load, load_id
from provisioner.core.assistant_fields import OURS, PER_CALL
from provisioner.core.kinds.assistant import AssistantModel

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI
    from openai.types.responses import Response


def answer(client: OpenAI, text: str) -> Response:
    """An application's call."""
    return client.responses.create(**load("hamlet"), input=text)


async def answer_async(client: AsyncOpenAI, text: str) -> str:
    """The same with the asynchronous client, and another model."""
    definition = load("hamlet", env="prod", secrets={"WIKI_TOKEN": "x"})
    definition["model"] = "gpt-6-luna"
    response = await client.responses.create(**definition, input=text)
    return response.output_text


def tell(client: OpenAI, text: str) -> str:
    """A streamed answer."""
    with client.responses.stream(model=load("hamlet")["model"], tools=load("hamlet")["tools"], input=text) as stream:
        return stream.get_final_response().output_text + load_id("writer")


def test_a_definition_has_the_fields_of_a_manifest_and_no_others() -> None:
    fields = set(AssistantModel.model_fields) - OURS
    assert set(Definition.__annotations__) == fields | {"extra_body"}
    assert fields <= set(ResponseCreateParamsNonStreaming.__annotations__) - PER_CALL | set(
        typing.get_type_hints(ResponseCreateParamsNonStreaming)
    )


def test_the_type_can_be_read_without_the_sdk() -> None:
    assert set(typing.get_type_hints(Definition)) == set(Definition.__annotations__)
