"""Servers that other people wrote, and servers that lie: through the command line, with an account behind them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.api.liar import Asked, drip, http, listing, lying, reply
from tests.chaos.proxy import Exchange, Rule
from tests.chaos.rules import Chooses, asks
from tests.chaos.world import World
from tests.guards.kills import APPLY
from tests.guards.steps import apply, assert_settled, counts, state_of

NOT_FOUND = {"error": {"message": "Not found", "type": "invalid_request_error", "code": None}}


@dataclass(slots=True)
class Change(Rule):
    """Changes the JSON of the answers that are chosen."""

    chooses: Chooses
    change: Callable[[Any], Any]

    def after(self, exchange: Exchange) -> None:
        if exchange.status == 200 and self.chooses(exchange):
            exchange.put(200, self.change(exchange.json()))


@dataclass(slots=True)
class Answer(Rule):
    """Answers in place of the server."""

    chooses: Chooses
    status: int
    body: Any = field(default_factory=lambda: NOT_FOUND)

    def before(self, exchange: Exchange) -> bool:
        if self.chooses(exchange):
            exchange.put(self.status, self.body)
            return True
        return False


@dataclass(slots=True)
class Both(Rule):
    """One rule after the other."""

    rules: tuple[Rule, ...]

    def before(self, exchange: Exchange) -> bool:
        return any(rule.before(exchange) for rule in self.rules)

    def after(self, exchange: Exchange) -> None:
        for rule in self.rules:
            rule.after(exchange)


def everywhere(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    """The change of one object, applied to single objects and to those in lists."""

    def changed(body: Any) -> Any:
        if isinstance(body, dict) and isinstance(body.get("data"), list):
            return {**body, "data": [change(each) for each in body["data"]]}
        return change(body)

    return changed


def dated(body: dict[str, Any]) -> dict[str, Any]:
    """Dates as ISO text, as ApiPi has them."""
    from datetime import UTC, datetime

    seconds = body.get("created_at")
    text = datetime.fromtimestamp(seconds, UTC).isoformat() if isinstance(seconds, int) else seconds
    return {**body, "created_at": text}


def is_list(end: str) -> Chooses:
    """Chooses lists by the end of their path."""
    return asks("GET", end)


def is_later_page(exchange: Exchange) -> bool:
    return exchange.method == "GET" and "after" in dict(parse_qsl(exchange.query))


def every(exchange: Exchange) -> bool:
    return True


@pytest.mark.thorough
def test_dates_as_text_orphan_nothing_and_warn_of_nothing(world: World) -> None:
    ended = world.run(*APPLY, rule=Change(every, everywhere(dated)))
    assert ended.code == 0, ended.said
    assert "Warning" not in ended.err
    assert "Pydantic" not in ended.err
    before = counts(world)
    again = world.run("plan", "--detailed-exitcode", rule=Change(every, everywhere(dated)))
    assert again.code == 0, again.said
    assert counts(world) == before


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "odd",
    [
        {"created_at": None},
        {"created_at": 1.5},
        {"usage_bytes": "none"},
        {"file_counts": None, "x": [1]},
        {"last_active_at": "now", "status": "ready"},
    ],
    ids=str,
)
def test_odd_fields_warn_of_nothing(world: World, odd: dict[str, Any]) -> None:
    ended = world.run(*APPLY, rule=Change(asks("POST", "/vector_stores"), lambda body: {**body, **odd}))
    assert ended.code == 0, ended.said
    assert "Warning" not in ended.err


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("id", ["", 7, "a/b"], ids=repr)
@pytest.mark.parametrize("end", ["/vector_stores", "/agents", "/files"])
def test_an_id_that_cannot_be_used_is_never_recorded(world: World, id: object, end: str) -> None:
    """The object was made: the next run finds it again, by its mark or its name, and makes no second."""
    ended = world.run(*APPLY, rule=Change(asks("POST", end), lambda body: {**body, "id": id}))
    assert "has a bug" not in ended.said
    if world.state_file.exists():
        assert all(record["id"] for record in state_of(world)["records"].values())
    apply(world)
    assert_settled(world)
    assert counts(world) == {"files": 2, "stores": 1, "agents": 1}


LIES: dict[str, Any] = {
    "null": None,
    "a list": [],
    "a text": "no",
    "an empty object": {},
    "no data": {"object": "list"},
    "an error": {"error": {"message": "No."}},
}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("command", [["plan"], APPLY, ["destroy", "--yes"], ["state", "rebuild"]], ids=lambda c: c[0])
def test_no_lie_ends_in_a_bug_or_a_change(world: World, lie: str, command: list[str]) -> None:
    apply(world)
    if command[0] == "state":
        world.state_file.unlink()
    before = counts(world)
    ended = world.run(*command, rule=Answer(lambda exchange: exchange.method == "GET", 200, LIES[lie]))
    assert ended.code == 1, ended.said
    assert re.search(r"answer to GET /v1/\w+ \(status 200\)", ended.said), ended.said
    assert counts(world) == before


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("end", ["/agents", "/vector_stores", "/files", "/templates"])
def test_a_404_from_a_list_alone_forgets_nothing(world: World, end: str) -> None:
    apply(world)
    ended = world.run("destroy", "--yes", "--grace", "0", rule=Answer(is_list(f"/v1{end}"), 404))
    assert ended.code == 0, ended.said
    assert counts(world) == {}


@pytest.mark.thorough
def test_a_404_for_a_later_page_forgets_nothing(world: World) -> None:
    """130 agents: the second page is not found."""
    agents = "".join(f"  a{number}: {{instructions: Rhyme., target: agents}}\n" for number in range(130))
    world.write("notes.yaml", f"assistants:\n{agents}")
    apply(world)
    ended = world.run("destroy", "--yes", "--grace", "0", rule=Answer(is_later_page, 404))
    assert ended.code == 0, ended.said
    assert counts(world) == {}


@pytest.mark.thorough
def test_what_is_forgotten_because_its_api_is_gone_is_named_and_no_success(world: World) -> None:
    apply(world)
    id = next(record["id"] for record in state_of(world)["records"].values() if record["type"] == "agent")
    ended = world.run("destroy", "--yes", rule=Answer(lambda exchange: "/agents" in exchange.path, 404))
    assert ended.code == 1, ended.said
    assert f"agent {id}" in ended.err
    assert "may exist still" in ended.err
    assert counts(world) == {"agents": 1}


@pytest.mark.thorough
def test_a_404_for_the_files_of_one_store_is_no_missing_store(world: World) -> None:
    apply(world)
    before = counts(world)
    inside = re.compile(r"/vector_stores/[^/]+/files")
    rule = Answer(lambda exchange: bool(inside.search(exchange.path)) and exchange.method == "GET", 404)
    ended = world.run(*APPLY, rule=rule)
    assert ended.code == 1, ended.said
    assert "exists, but its content is not found" in ended.said
    assert counts(world) == before


@pytest.mark.thorough
@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_a_rebuild_passes_over_a_collection_that_nobody_uses(world: World, status: int) -> None:
    apply(world)
    world.state_file.unlink()
    ended = world.run("state", "rebuild", rule=Answer(is_list("/v1/assistants"), status))
    assert ended.code == 0, ended.said
    assert_settled_but_definitions(world)


@pytest.mark.thorough
def test_a_rebuild_stops_at_a_collection_that_is_used(world: World) -> None:
    apply(world)
    world.state_file.unlink()
    ended = world.run("state", "rebuild", rule=Answer(is_list("/v1/agents"), 400))
    assert ended.code == 1, ended.said
    assert "GET /v1/agents answered 400" in ended.said
    assert not world.state_file.exists()


def assert_settled_but_definitions(world: World) -> None:
    """Nothing is left to do but the definitions, which live in the state alone."""
    planned = world.run("plan", "--json")
    changes = json.loads(planned.out)["changes"]
    assert [each["address"] for each in changes] == ["assistant.reader"], planned.said


@pytest.mark.thorough
def test_a_rebuild_places_an_upload_that_only_an_assistant_names(world: World) -> None:
    world.write(
        "notes.yaml",
        "assistants:\n  counter:\n    target: assistants\n    instructions: Count.\n"
        "    tools: [{type: code_interpreter, container: {files: [notes/a.txt]}}]\n",
    )
    apply(world)
    before = state_of(world)["records"]
    world.state_file.unlink()
    ended = world.run("state", "rebuild")
    assert ended.code == 0, ended.said
    after = state_of(world)["records"]
    assert {address: each["id"] for address, each in after.items()} == {
        address: each["id"] for address, each in before.items()
    }
    assert_settled(world)


def test_an_upload_that_could_be_another_is_not_placed(world: World) -> None:
    """The assistant names two of one name, size and purpose."""
    world.write(
        "notes.yaml",
        "assistants:\n  counter:\n    target: assistants\n    instructions: Count.\n"
        "    tools: [{type: code_interpreter, container: {files: [notes/a.txt, more/a.txt]}}]\n",
    )
    world.write("more/a.txt", "gamma")
    apply(world)
    world.state_file.unlink()
    ended = world.run("state", "rebuild")
    assert ended.code == 0, ended.said
    assert "is not certain" in ended.said


@pytest.mark.parametrize("path", ["", "/api"])
def test_a_base_url_without_a_version_is_said(world: World, path: str) -> None:
    with lying(lambda asked: http(404, "404 page not found")) as liar:
        ended = world.run("plan", env={"OPENAI_BASE_URL": liar.url + path})
    assert ended.code == 1, ended.said
    assert f"{liar.url}{path}/v1" in ended.said


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_server_sends_nothing_there(world: World, status: int) -> None:
    with lying(lambda asked: reply(200, {})) as other:

        def redirect(asked: Asked) -> bytes:
            return http(status, "", location=other.url + asked.path)

        with lying(redirect) as liar:
            ended = world.run(*APPLY, env={"OPENAI_BASE_URL": f"{liar.url}/v1"})
    assert ended.code == 1, ended.said
    assert other.asked == []
    assert liar.url in ended.said
    assert other.url in ended.said
    assert "OPENAI_BASE_URL" in ended.said


def drip_creates(asked: Asked) -> bytes | Iterator[bytes]:
    """Lists are empty. Of the answer to a create each byte comes in time, and the whole after more than an hour."""
    return listing() if asked.method == "GET" else drip_answer()


def drip_answer() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n"
    yield from drip(b" " * 100_000)


@pytest.mark.thorough
def test_a_server_that_drips_bytes_is_given_up(world: World) -> None:
    with lying(drip_creates) as liar:
        ended = world.run(*APPLY, env={"OPENAI_BASE_URL": f"{liar.url}/v1", "PROVISION_TIMEOUT": "1"})
    assert ended.code == 1, ended.said
    assert "did not answer in time (POST /v1/agents)" in ended.said


@dataclass(slots=True)
class Redirect(Rule):
    """Redirects uploads, and lets all else pass."""

    place: str

    def before(self, exchange: Exchange) -> bool:
        if exchange.method != "POST":
            return False
        exchange.put(307, {}, location=self.place + exchange.path)
        return True


@pytest.mark.thorough
def test_no_file_is_uploaded_to_where_a_redirect_leads(world: World) -> None:
    with lying(lambda asked: reply(200, {})) as other:
        ended = world.run(*APPLY, rule=Redirect(other.url))
    assert ended.code == 1, ended.said
    assert other.asked == []
    apply(world)
    assert_settled(world)


def test_advice_about_targets_is_not_given_for_stores(world: World) -> None:
    ended = world.run("plan", rule=Answer(is_list("/v1/vector_stores"), 404))
    assert ended.code == 1, ended.said
    assert "target: responses" not in ended.said.replace("target responses", "")
    assert "OPENAI_BASE_URL" in ended.said


def test_a_403_says_which_right_is_missing(world: World) -> None:
    refused = {"error": {"message": "You have insufficient permissions for this operation."}}
    ended = world.run("plan", rule=Answer(is_list("/v1/vector_stores"), 403, refused))
    assert ended.code == 1, ended.said
    assert "GET /v1/vector_stores answered 403" in ended.said
    assert "Vector Stores: Read" in ended.said


FORMS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "files": lambda body: "files" in body,
    "file_ids": lambda body: "file_ids" in body,
}


@dataclass(slots=True)
class OtherBatches(Rule):
    """Refuses forms of a batch (llama-stack), or takes them and attaches nothing (OGX)."""

    forms: tuple[str, ...]
    dropped: bool

    def before(self, exchange: Exchange) -> bool:
        if exchange.method != "POST" or not exchange.path.endswith("/file_batches"):
            return False
        body = json.loads(exchange.body)
        if not any(FORMS[form](body) for form in self.forms):
            return False
        if self.dropped:
            exchange.put(200, {"id": "vsfb_1", "object": "vector_store.files_batch", "file_counts": {"total": 0}})
        else:
            exchange.put(400, {"detail": [{"loc": ["body", "file_ids"], "msg": "Field required"}]})
        return True


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize("forms", [("files",), ("file_ids",), ("files", "file_ids")], ids="-".join)
def test_files_are_attached_in_the_form_that_a_server_takes(
    world: World, forms: tuple[str, ...], dropped: bool
) -> None:
    ended = world.run(*APPLY, rule=OtherBatches(forms, dropped))
    assert ended.code == 0, ended.said
    assert_settled(world)


def test_the_key_is_never_sent_with_a_redirected_read(world: World) -> None:
    """Within one server a read is followed, with everything that it carries; elsewhere nothing is sent at all."""
    apply(world)
    with lying(lambda asked: reply(200, {})) as other:
        rule = Both((Answer(lambda exchange: False, 404), _RedirectReads(other.url)))
        ended = world.run("plan", rule=rule)
    assert ended.code == 1, ended.said
    assert other.asked == []


@dataclass(slots=True)
class _RedirectReads(Rule):
    place: str

    def before(self, exchange: Exchange) -> bool:
        exchange.put(302, {}, location=self.place + exchange.path)
        return True
