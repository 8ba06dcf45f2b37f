"""What the SDK has and manifests do not offer, on purpose, each with the reason. This is the only such list.

An entry belongs to exactly one row of the comparison; `tests/sdk` holds that it still does.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.sdk.comparison import Row

PER_CALL = "an application gives it with every call (`PER_CALL` in provisioner/core/assistant_fields.py)"
RUNTIME = "it is called by applications while they run, and configures nothing"
SHUT_DOWN = "OpenAI has shut this API down"
NO_MODEL = "the SDK keeps the name for compatibility, and says that it is not a model"
DATA = "it is one-time work on data, and no configuration that stays"

DELIBERATE: Mapping[Row, str] = {
    Row("assistant", "responses", "field", "conversation"): PER_CALL,
    Row("assistant", "responses", "field", "input"): PER_CALL,
    Row("assistant", "responses", "field", "previous_response_id"): PER_CALL,
    Row("assistant", "responses", "field", "prompt"): "prompt objects are shut down on 2026-11-30",
    Row("assistant", "responses", "field", "stream"): PER_CALL,
    Row("assistant", "responses", "field", "stream_options"): PER_CALL,
    Row("file", "all", "field", "file"): "manifests name the file by its `path`",
    Row("environment", "agents", "type", "files: HostedEnvironmentFileParamInline"): (
        "files are uploaded, so that their content is compared by its hash; inline bytes are never returned"
    ),
    Row("tool mcp", "agents", "type", "transport: PersistedMcpTransportConfigParamStdio"): (
        "manifests spell tools as the Responses API does, which has only servers with a URL"
    ),
    Row("tool web_search", "agents", "value", "mode: disabled"): "an agent without web search does not have the tool",
    Row("ToolResourcesFileSearch", "assistants", "field", "vector_stores"): (
        "a store is a resource of its own; one that is created with an assistant would have no address and no mark"
    ),
    Row("model", "all", "model", "gpt-5.1-mini"): NO_MODEL,
    Row("resource", "all", "resource", "admin"): "organisations, projects and keys are not assistants' configuration",
    Row("resource", "all", "resource", "audio"): RUNTIME,
    Row("resource", "all", "resource", "batches"): DATA,
    Row("resource", "all", "resource", "beta.agents.automations"): (
        "automations start sessions of agents; the tool `automations` can be declared, schedules cannot yet"
    ),
    Row("resource", "all", "resource", "beta.agents.environments.files"): RUNTIME,
    Row("resource", "all", "resource", "beta.agents.sessions"): RUNTIME,
    Row("resource", "all", "resource", "beta.agents.vaults"): (
        "vaults hold credentials, which do not belong in manifests; an MCP tool names a credential by its id"
    ),
    Row("resource", "all", "resource", "beta.chat"): RUNTIME,
    Row("resource", "all", "resource", "beta.chatkit"): RUNTIME,
    Row("resource", "all", "resource", "beta.realtime"): RUNTIME,
    Row("resource", "all", "resource", "beta.responses"): "the target `responses` uses the stable API",
    Row("resource", "all", "resource", "beta.threads"): RUNTIME,
    Row("resource", "all", "resource", "chat"): RUNTIME,
    Row("resource", "all", "resource", "completions"): RUNTIME,
    Row("resource", "all", "resource", "containers"): (
        "containers expire after minutes of idleness; a tool declares what a new one holds"
    ),
    Row("resource", "all", "resource", "content_provenance_checks"): RUNTIME,
    Row("resource", "all", "resource", "conversations"): RUNTIME,
    Row("resource", "all", "resource", "decisions"): RUNTIME,
    Row("resource", "all", "resource", "embeddings"): RUNTIME,
    Row("resource", "all", "resource", "evals"): "evaluations are not part of an assistant",
    Row("resource", "all", "resource", "fine_tuning"): DATA,
    Row("resource", "all", "resource", "images"): RUNTIME,
    Row("resource", "all", "resource", "live"): RUNTIME,
    Row("resource", "all", "resource", "moderations"): RUNTIME,
    Row("resource", "all", "resource", "realtime"): RUNTIME,
    Row("resource", "all", "resource", "safety"): RUNTIME,
    Row(
        "resource", "all", "resource", "uploads"
    ): "files above 512 MB are uploaded through it; manifests declare the file",
    Row("resource", "all", "resource", "videos"): SHUT_DOWN,
    Row("resource", "all", "resource", "webhooks"): RUNTIME,
}
