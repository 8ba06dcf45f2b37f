"""Models and what they refuse, extensions of uploads, long descriptions: over the wire."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.catalog import NAMES, family_of
from provisioner.core.catalog.data import BODY
from provisioner.emulator.checks.modelrules import PLAIN, check_sampling, known_models
from provisioner.emulator.messages.refusal import Refusal
from tests.conftest import Emulators
from tests.emulator.wire import Wire

Body = dict[str, Any]


def refused(wire: Wire, path: str, body: Body) -> tuple[int, str | None, str | None]:
    answer = wire.ask("POST", path, body)
    error = answer.body.get("error", {})
    return answer.status, error.get("code"), error.get("param")


@pytest.mark.parametrize("path", ["/assistants", "/agents"])
@pytest.mark.parametrize("model", ["gpt-4.1-mni", "${MODEL}", "m", "ft:gpt-9:acme::abc", "gpt-5.1-mini"])
def test_an_unknown_model_is_refused(wire: Wire, path: str, model: str) -> None:
    assert refused(wire, path, {"model": model}) == (400, "model_not_found", "model")


@pytest.mark.parametrize("path", ["/assistants", "/agents"])
@pytest.mark.parametrize("model", ["gpt-4.1-mini", "ft:gpt-4o-mini-2024-07-18:acme::abc", "gpt-6-luna", "o3-pro"])
def test_a_known_model_is_accepted(wire: Wire, path: str, model: str) -> None:
    assert wire.ask("POST", path, {"model": model}).status == 200


@pytest.mark.thorough
def test_a_model_that_it_was_told_of_is_listed_and_accepted(emulator: Emulators) -> None:
    client = emulator(models=("ours", "llama3")).client()
    assert {"ours", "llama3", "gpt-4o"} <= {model.id for model in client.models.list()}
    assert client.models.retrieve("ours").id == "ours"
    assert client.beta.assistants.create(model="llama3").model == "llama3"


EFFORTS: list[tuple[str, str, str | None]] = [
    ("gpt-4.1", "low", "unsupported_parameter"),
    ("gpt-4o-mini", "none", "unsupported_parameter"),
    ("ft:gpt-4.1-mini:acme::abc", "high", "unsupported_parameter"),
    ("gpt-5-chat-latest", "low", "unsupported_parameter"),
    ("o3-mini", "minimal", "unsupported_value"),
    ("gpt-5-mini", "xhigh", "unsupported_value"),
    ("gpt-5", "minimal", None),
    ("o4-mini", "high", None),
    ("gpt-6-luna", "max", None),
]


@pytest.mark.parametrize(("model", "effort", "code"), EFFORTS)
def test_an_effort_that_a_model_does_not_know_is_refused(wire: Wire, model: str, effort: str, code: str | None) -> None:
    status = 200 if code is None else 400
    found = refused(wire, "/assistants", {"model": model, "reasoning_effort": effort})
    assert found == (status, code, code and "reasoning_effort")
    found = refused(wire, "/agents", {"model": model, "reasoning": {"effort": effort}})
    assert found == (status, code, code and "reasoning.effort")


def test_an_agents_verbosity_and_minimal_effort_are_checked(wire: Wire) -> None:
    low = {"text": {"verbosity": "low"}}
    assert refused(wire, "/agents", {"model": "gpt-4.1", **low})[1:] == ("unsupported_value", "text.verbosity")
    assert refused(wire, "/agents", {"model": "gpt-5", **low})[0] == 200
    minimal = {"model": "gpt-5", "reasoning": {"effort": "minimal"}}
    assert refused(wire, "/agents", {**minimal, "tools": [{"type": "web_search"}]}) == (400, None, "tools")
    made = wire.ask("POST", "/agents", minimal).body["id"]
    assert refused(wire, f"/agents/{made}", {"model": "gpt-4.1"})[1:] == ("unsupported_parameter", "reasoning.effort")


def test_a_long_description_of_an_assistants_function_is_refused(wire: Wire) -> None:
    def ask(length: int) -> tuple[int, str | None, str | None]:
        function = {"name": "a", "description": "d" * length}
        return refused(wire, "/assistants", {"model": "gpt-4o", "tools": [{"type": "function", "function": function}]})

    assert ask(1_024)[0] == 200
    assert ask(1_025) == (400, "string_above_max_length", "tools[0].function.description")


@pytest.mark.parametrize("name", ["a.vb", "data.geojson", "notes", "a.tar.bz2", "A.EXE", ".gitignore"])
def test_an_extension_that_assistants_do_not_know_is_refused(wire: Wire, name: str) -> None:
    answer = wire.upload(name)
    assert answer.status == 400
    assert answer.body["error"]["message"].startswith("Invalid extension ")
    assert '"md"' in answer.body["error"]["message"]
    assert wire.upload(name, purpose="user_data").status == 200


@pytest.mark.parametrize("name", ["a.md", "A.PDF", "a.b.csv", "운영.txt", "x.tar"])
def test_an_extension_that_assistants_know_is_accepted(wire: Wire, name: str) -> None:
    assert wire.upload(name).status == 200


def test_the_catalog_and_the_sdk_name_the_same_models() -> None:
    assert known_models() == NAMES


@pytest.mark.parametrize("effort", [None, "none", "medium"])
@pytest.mark.parametrize("model", sorted(NAMES))
def test_the_emulator_refuses_what_the_catalog_warns_of(model: str, effort: str | None) -> None:
    family = family_of(model)
    if family is not None and family.sampling is not None:
        assert refuses_a_temperature(model, effort) == family.refuses_sampling(effort)
    if PLAIN.match(model):
        assert family is not None
        assert family.efforts == ()


def refuses_a_temperature(model: str, effort: str | None) -> bool:
    try:
        check_sampling(model, {"temperature": 0.5, "top_p": 1, "reasoning_effort": effort})
    except Refusal:
        return True
    return False


def test_every_rule_of_the_catalog_names_its_sources() -> None:
    sources = BODY["sources"]
    for family in BODY["families"]:
        confirmed = [family[key] for key in ("sampling", "efforts", "verbosities") if family[key] is not None]
        assert bool(confirmed) == bool(family["sources"]), family["match"]
        assert set(family["sources"]) <= set(sources), family["match"]
    used = {name for family in BODY["families"] for name in family["sources"]}
    assert set(sources) - used == {"sdk", "sdk-dates", "schemas", "description", "extensions"}
