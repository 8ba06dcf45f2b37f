"""Defines the settings `prices:` and `model_prices:`. The setting `prices:` contains a team's own prices, which replace
prices in the list that comes with provision. The setting `model_prices:` contains the prices of tokens, of which
provision has no list.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provisioner.core.kinds.model import Model

#: The largest price in USD, and the largest number of free gigabytes. A larger number is reported as an error.
HIGHEST = 1_000_000
Price = Annotated[float, Field(ge=0, le=HIGHEST)]


def _per_call(tool: str) -> str:
    return f"USD for 1,000 calls of {tool}."


def _per_container(memory: str) -> str:
    return f"USD for a code-interpreter container of {memory} and 20 minutes."


class PricesModel(Model):
    """Your own prices, each from 0 to 1000000. They replace the prices in the list that comes with provision. If a
    price is left out, the price in the list applies.
    """

    storage: Price | None = Field(None, description="USD for a gigabyte of vector storage and a day.")
    free_storage: Price | None = Field(None, description="Gigabytes of vector storage that cost nothing.")
    file_search: Price | None = Field(None, description=_per_call("file_search"))
    code_interpreter_1g: Price | None = Field(None, description=_per_container("1 GB"))
    code_interpreter_4g: Price | None = Field(None, description=_per_container("4 GB"))
    code_interpreter_16g: Price | None = Field(None, description=_per_container("16 GB"))
    code_interpreter_64g: Price | None = Field(None, description=_per_container("64 GB"))
    web_search: Price | None = Field(None, description=_per_call("web_search"))
    web_search_preview: Price | None = Field(None, description=_per_call("web_search_preview"))
    image_generation: Price | None = Field(None, description=_per_call("image_generation"))
    mcp: Price | None = Field(None, description=_per_call("tools of MCP servers"))
    shell: Price | None = Field(None, description=_per_call("shell where OpenAI runs it"))
    tool_search: Price | None = Field(None, description=_per_call("tool_search"))
    programmatic_tool_calling: Price | None = Field(None, description=_per_call("programmatic_tool_calling"))
    computer_use: Price | None = Field(None, description=_per_call("computer_use"))
    automations: Price | None = Field(None, description=_per_call("automations"))


class ModelPriceModel(Model):
    """The prices of a model's tokens, each in USD for a million tokens."""

    input: Price = Field(description="USD for a million tokens of input.")
    output: Price = Field(description="USD for a million tokens of output.")
    cached_input: Price | None = Field(
        None, description="USD for a million cached tokens of input; `input` if left out."
    )
