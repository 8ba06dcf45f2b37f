"""Defines the pydantic models for tools of remote MCP servers.

Source: `types/responses/tool_param.py` in openai-python 3.57. The source for the fields that only agents have is
`types/beta/persisted_agent_tool_param.py`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from provisioner.core.kinds.function import Callers
from provisioner.core.kinds.literal import Identifier
from provisioner.core.kinds.model import Extensible, Filled, Model, ToolSecret, by_shape, refuse, tag
from provisioner.core.kinds.network import Url

LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def _check_label(value: str) -> str:
    if not LABEL.fullmatch(value):
        raise refuse(
            f"`{value[:80]}` cannot be a server's label; begin with a letter, and use only letters, digits, `_` and `-`"
        )
    return value


class ToolFilter(Model):
    """A selection of a server's tools."""

    tool_names: list[Filled] | None = Field(None, description="Their names.")
    read_only: bool | None = Field(None, description="Whether they only read.")


class Approval(Model):
    """The rules that say which tool calls a person must approve."""

    always: ToolFilter | None = Field(None, description="Tools whose calls are always approved by a person.")
    never: ToolFilter | None = Field(None, description="Tools whose calls need no approval.")


Connector = Literal[
    "connector_dropbox",
    "connector_gmail",
    "connector_googlecalendar",
    "connector_googledrive",
    "connector_microsoftteams",
    "connector_outlookcalendar",
    "connector_outlookemail",
    "connector_sharepoint",
]


class Mcp(Extensible):
    """The tools of a remote MCP server."""

    type: Literal["mcp"]
    server_label: Annotated[Filled, AfterValidator(_check_label)] = Field(description="What the server is called.")
    server_url: Url | None = Field(None, description="Where the server is.")
    server_description: str | None = Field(None, description="What the server offers.")
    connector_id: Connector | None = Field(None, description="A connector instead of a server.")
    tunnel_id: Identifier | None = Field(None, description="A tunnel instead of a server.")
    authorization: ToolSecret | None = Field(None, description="Always `{runtime: NAME}`: secrets are not kept here.")
    headers: dict[str, ToolSecret] | None = Field(
        None, description="Sent to the server, as `{runtime: NAME}` except for harmless ones such as `Accept`."
    )
    allowed_tools: (
        Annotated[
            Annotated[list[Filled], tag("list")] | Annotated[ToolFilter, tag("mapping")],
            by_shape("a list of names or a mapping `{tool_names: […], read_only: …}`"),
        ]
        | None
    ) = Field(None, description="Which of its tools may be called.")
    require_approval: (
        Annotated[
            Annotated[Literal["always", "never"], tag("text")] | Annotated[Approval, tag("mapping")],
            by_shape("`always`, `never` or a mapping of the two"),
        ]
        | None
    ) = Field(None, description="Which calls a person approves.")
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")
    defer_loading: bool | None = Field(None, description="Whether it is found by tool_search first.")
    credential_id: Identifier | None = Field(
        None, description="Only on `agents`: the credential of a vault, by its id, that requests carry."
    )
    connection_origin: Literal["service", "environment"] | None = Field(
        None, description="Only on `agents`: whether requests come from OpenAI's network or from the environment."
    )
    required: bool | None = Field(
        None, description="Only on `agents`: whether the server has to answer before the first turn."
    )
    request_metadata: dict[str, Any] | None = Field(
        None, description="Only on `agents`: metadata that requests to the server carry."
    )
