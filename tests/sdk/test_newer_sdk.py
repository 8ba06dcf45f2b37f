"""Nobody is stopped by another version of the SDK: what it lacks is said without a traceback, and nothing is checked
against types that are not known here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.resources.beta import Beta
from openai.resources.files import Files

from provisioner.core.catalog import NAMES
from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import Ambiguous, ApiError
from provisioner.emulator.checks import body_check, modelrules
from provisioner.emulator.messages.refusal import Refusal
from provisioner.openai_api.http import installed_sdk
from provisioner.openai_api.http.apiclient import ApiClient
from provisioner.openai_api.http.session import Session
from provisioner.project.definitions import SHAPE, find_fault

CHECKOUT = Path(__file__).parents[2]
RESPONSES = "openai.types.responses.response_create_params"


@pytest.fixture
def session() -> Session:
    """A session with a port that nobody listens at: nothing that these tests call gets as far."""
    return Session(Endpoint("http://127.0.0.1:1/v1", "sk-test", "http://127.0.0.1/v1"), rest=lambda seconds: True)


@pytest.fixture
def _unread() -> Any:
    """The emulator's types are looked up again, before and after."""
    body_check.load.cache_clear()
    modelrules.known_models.cache_clear()
    yield
    body_check.load.cache_clear()
    modelrules.known_models.cache_clear()


def list_agents(client: ApiClient) -> Any:
    return client.sdk.beta.agents.with_raw_response.list()


def list_files(client: ApiClient) -> Any:
    return client.sdk.files.with_raw_response.list(limit=1)


def list_without_a_limit(self: Files, *, after: str = "") -> None:
    """Files.list of an SDK that has no `limit`."""


@pytest.mark.parametrize(
    ("owner", "name", "call", "said"),
    [
        (openai, "OpenAI", list_files, "`openai.OpenAI`"),
        (openai, "OpenAIError", list_files, "`openai.OpenAIError`"),
        (openai, "APIStatusError", list_files, "`openai.APIStatusError`"),
        (openai, "APITimeoutError", list_files, "`openai.APITimeoutError`"),
        (Beta, "agents", list_agents, "`Beta.agents`"),
        (openai.OpenAI, "files", list_files, "`OpenAI.files`"),
    ],
)
def test_a_name_that_the_sdk_lacks_is_said_and_what_to_install(
    session: Session, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, call: Callable[..., Any], said: str
) -> None:
    monkeypatch.delattr(owner, name)
    with pytest.raises(ApiError) as caught:
        session.read(call)
    version = installed_sdk.installed_version()
    assert caught.value.message == f"the installed openai {version} has no {said}, which provision uses"
    assert caught.value.hint == (
        f"install the version that provision is tested with: pip install 'openai=={installed_sdk.TESTED}'"
    )
    with pytest.raises(Ambiguous):
        session.create(call)


def test_a_library_that_the_sdk_no_longer_needs_is_said(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(ApiError, match="has no `httpx2`, which provision uses"):
        session.read(list_files)


def test_a_parameter_that_the_sdk_no_longer_has_is_said(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Files, "list", list_without_a_limit)
    with pytest.raises(ApiError, match="has no parameter `limit` of `list_without_a_limit`"):
        session.read(list_files)


#: What a function of ours gets where it expects something else.
NOTHING: Any = None


@pytest.mark.parametrize("wrong", [lambda _: NOTHING.name, lambda _: len(NOTHING), lambda: NOTHING])
def test_a_mistake_of_our_own_is_not_taken_for_another_sdk(session: Session, wrong: Callable[..., Any]) -> None:
    with pytest.raises((AttributeError, TypeError)):
        session.read(wrong)


def test_the_version_to_install_is_the_one_in_the_lock() -> None:
    for name in ("dev", "emulator"):
        text = (CHECKOUT / f"requirements/{name}.txt").read_text(encoding="utf-8")
        assert re.findall(r"^openai==(\S+)", text, re.MULTILINE) == [installed_sdk.TESTED]


@pytest.mark.usefixtures("_unread")
def test_a_definition_is_not_checked_against_types_that_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"model": "gpt-4.1", "temperature": "warm", "input": ""}
    assert find_fault(dict(wrong)) is not None
    body_check.load.cache_clear()
    monkeypatch.delattr(f"{RESPONSES}.{SHAPE.rpartition('.')[2]}")
    assert find_fault(dict(wrong)) is None


def test_a_value_that_only_another_version_of_the_sdk_lacks_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"model": "gpt-4.1", "truncation": "cleverly", "input": ""}
    monkeypatch.setattr("provisioner.project.definitions.installed_version", lambda: installed_sdk.TESTED)
    assert "Invalid value: 'cleverly'" in (find_fault(dict(fields)) or "")
    monkeypatch.setattr("provisioner.project.definitions.installed_version", lambda: "3.99.0")
    assert find_fault(dict(fields)) is None
    assert find_fault({**fields, "truncation": 5}) is not None


def test_a_definition_is_not_checked_against_a_type_of_an_unknown_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(body_check.SCALARS, float)
    assert find_fault({"model": "gpt-4.1", "temperature": 0.5, "input": ""}) is None


@pytest.mark.usefixtures("_unread")
def test_the_emulator_says_which_type_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("openai.types.beta.AgentCreateParams")
    with pytest.raises(Refusal) as caught:
        body_check.check_body({"model": "gpt-4.1"}, "beta.AgentCreateParams")
    assert (caught.value.status, caught.value.code) == (400, "unusable_sdk")
    assert "has no type `beta.AgentCreateParams`" in caught.value.message


@pytest.mark.usefixtures("_unread")
def test_the_emulator_knows_the_catalogs_models_if_the_sdk_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("openai.types.shared.ResponsesModel")
    assert modelrules.known_models() == NAMES
