"""A field that is newer than this version is sent as it is, on every target: in the expression, and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import openai
import pytest

from provisioner.core.resource import Resource
from provisioner.manifest import load
from provisioner.openai_api.targets import TARGETS
from provisioner.openai_api.turns.rounds import send
from tests.docs import samples
from tests.manifest.conftest import ProjectAt, project
from tests.sdk.pairs import TOOLS

written = project
"""Writes manifests: `written({"a.yaml": …})`."""

NEWER = {"dreaming": {"depth": 2}}
#: What a tool needs besides its `extra`, by type: the samples, written out.
NEEDED: Mapping[str, Any] = {
    name: dict(tool) if isinstance(tool, Mapping) else {"type": tool} for name, tool in samples.TOOLS.items()
}
EVERY_TOOL = [(target, name) for target in TARGETS for name in sorted(TOOLS[target])]


@pytest.fixture
def realise(written: ProjectAt) -> Callable[..., dict[str, Resource]]:
    """Loads an assistant on a target, and returns the resources by their kind."""

    def load_one(target: str, **fields: Any) -> dict[str, Resource]:
        body = {"a": {"target": target, "model": "gpt-4.1", **fields}}
        manifests = {"a.yaml": json.dumps({"assistants": body, "vector_stores": {"handbook": {"extra": NEWER}}})}
        return {each.address.kind: each for each in load(written(manifests)).resources}

    return load_one


@pytest.mark.parametrize("target", TARGETS)
def test_a_newer_field_of_an_assistant_is_sent(realise: Callable[..., dict[str, Resource]], target: str) -> None:
    inputs = realise(target, extra=NEWER)["assistant"].inputs
    sent = inputs["extra_body"] if target == "responses" else inputs
    assert sent["dreaming"] == {"depth": 2}


@pytest.mark.parametrize(("target", "name"), EVERY_TOOL)
def test_a_newer_field_of_a_tool_is_sent(realise: Callable[..., dict[str, Resource]], target: str, name: str) -> None:
    inputs = realise(target, tools=[{**NEEDED[name], "extra": NEWER}])["assistant"].inputs
    assert [tool.get("dreaming") for tool in inputs["tools"]] == [{"depth": 2}]


def test_newer_fields_of_agents_environments_and_stores_are_sent(
    realise: Callable[..., dict[str, Resource]],
) -> None:
    own = {
        "multi_agent": {"enabled": True, "extra": NEWER},
        "compaction": {"extra": NEWER},
        "experimental": {"extra": NEWER},
    }
    made = realise("agents", agents={**own, **NEWER}, environment={"extra": NEWER})
    agent = made["assistant"].inputs
    assert agent["multi_agent"] == {"enabled": True, **NEWER}
    assert agent["compaction"] == NEWER
    assert agent["experimental"] == {"time_awareness": False, **NEWER}
    assert agent["dreaming"] == made["environment"].inputs["dreaming"] == {"depth": 2}
    assert made["vector_store"].inputs["dreaming"] == {"depth": 2}


@pytest.fixture
def client() -> openai.OpenAI:
    """The SDK's client, whose every answer is the body that it sent."""
    echo = httpx2.MockTransport(lambda request: httpx2.Response(200, content=request.content))
    return openai.OpenAI(
        api_key="sk-test", base_url="http://127.0.0.1:1/v1", http_client=openai.DefaultHttpxClient(transport=echo)
    )


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("beta.agents.create", ()),
        ("beta.agents.update", ("agent_1",)),
        ("beta.agents.environments.templates.create", ()),
        ("beta.assistants.create", ()),
        ("beta.assistants.update", ("asst_1",)),
        ("vector_stores.create", ()),
        ("vector_stores.update", ("vs_1",)),
    ],
)
def test_a_newer_field_passes_through_the_sdk(client: openai.OpenAI, path: str, ids: tuple[str, ...]) -> None:
    *owners, name = path.split(".")
    resource: Any = client
    for owner in owners:
        resource = getattr(resource, owner)
    body = {"model": "gpt-4.1"} if "agents.c" in path or "assistants" in path else {"name": "a"}
    raw = send(getattr(resource.with_raw_response, name), {**body, **NEWER}, *ids)
    assert json.loads(raw.http_response.content) == {**body, **NEWER}


def test_a_newer_field_of_a_definition_passes_through_the_sdk(
    client: openai.OpenAI, realise: Callable[..., dict[str, Resource]]
) -> None:
    definition = realise("responses", extra=NEWER, tools=[{"type": "web_search", "extra": NEWER}])["assistant"].inputs
    raw = client.responses.with_raw_response.create(**definition, input="Hello.")
    sent = json.loads(raw.http_response.content)
    assert sent["dreaming"] == {"depth": 2}
    assert sent["tools"] == [{"type": "web_search", "dreaming": {"depth": 2}}]
