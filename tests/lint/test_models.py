"""Where models' dates come from: the API once a day, the cache, or the list in the package. Calls are counted."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from provisioner.manifest import load
from provisioner.openai_api.http.session import Session
from provisioner.project.credentials import find_endpoint
from provisioner.project.modelnames import ModelNames
from provisioner.project.models import read_dates
from provisioner.review.lint import Dates
from provisioner.review.lint.dates import PACKAGED, packaged
from tests.manifest.conftest import ProjectAt

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LISTED = {
    "data": [
        {"id": "gpt-4o", "shutdown_date": "2027-03-01"},
        {"id": "gpt-4.1", "shutdown_date": None},
        {"id": "gpt-9", "shutdown_date": "2027-04-01"},
    ]
}
Answers = Callable[[bytes, int], None]


class Models(BaseHTTPRequestHandler):
    """Answers GET /models alike every time, and keeps what it was asked."""

    asked: list[str]
    answer: list[tuple[bytes, int]]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body, status = self.answer[-1]
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class Place:
    """A project on disk, and a server that it asks."""

    def __init__(self, manifests: Path, asked: list[str], answer: list[tuple[bytes, int]]) -> None:
        self.root, self.asked, self.answer = manifests.parent, asked, answer
        self.settings = load(manifests).settings
        self.cache = self.root / ".provision" / "models.json"

    def read(self, now: datetime = NOW, *, offline: bool = False) -> Dates:
        return read_dates(self.settings, now, offline=offline)


@pytest.fixture
def place(written: ProjectAt, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    asked: list[str] = []
    answer = [(json.dumps(LISTED).encode(), 200)]
    server = HTTPServer(("127.0.0.1", 0), type("Asked", (Models,), {"asked": asked, "answer": answer}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    yield Place(written({}), asked, answer)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_api_is_asked_once_a_day(place: Place) -> None:
    first = place.read()
    assert (first.source, first.as_of, place.asked) == ("the API", NOW.date(), ["/v1/models"])
    assert first.by_model == {
        **packaged().by_model,
        "gpt-4o": date(2027, 3, 1),
        "gpt-4.1": None,
        "gpt-9": date(2027, 4, 1),
    }
    second = place.read(NOW + timedelta(hours=23))
    assert (second.source, second.by_model, len(place.asked)) == ("the API (cached)", first.by_model, 1)
    assert place.read(NOW + timedelta(hours=25)).source == "the API"
    assert len(place.asked) == 2


def test_a_plan_asks_anew_only_where_the_cache_lacks_a_name(place: Place) -> None:
    with closing(Session(find_endpoint(place.settings))) as session:
        names = ModelNames(place.settings, session, is_emulated=False)
        assert "gpt-9" in (names.listed_for({"gpt-9"}) or ())
        assert "gpt-9" in (names.listed_for({"gpt-9"}) or ())
        assert len(place.asked) == 1
        assert "gpt-99" not in (names.listed_for({"gpt-99"}) or {"gpt-99"})
        assert len(place.asked) == 2


def test_a_list_that_cannot_be_had_settles_nothing(place: Place) -> None:
    place.answer.append((b"{}", 500))
    with closing(Session(find_endpoint(place.settings))) as session:
        assert ModelNames(place.settings, session, is_emulated=False).listed_for({"gpt-99"}) is None
    assert len(place.asked) == 1


def test_the_cache_is_its_owners_alone_and_out_of_git(place: Place) -> None:
    place.read()
    assert stat.S_IMODE(place.cache.stat().st_mode) == 0o600
    assert "sk-test" not in place.cache.read_text(encoding="utf-8")
    assert sorted(path.name for path in place.cache.parent.iterdir()) == [".gitignore", "models.json"]
    assert (place.cache.parent / ".gitignore").read_text(encoding="utf-8").splitlines()[-1] == "*"


def test_offline_nothing_is_asked_and_the_newest_list_is_taken(place: Place) -> None:
    assert place.read(offline=True) == packaged()
    place.read()
    assert place.read(NOW + timedelta(days=9), offline=True).source == "the API (cached)"
    older = json.loads(place.cache.read_text(encoding="utf-8")) | {"asked_at": "2026-01-01T00:00:00+00:00"}
    place.cache.write_text(json.dumps(older), encoding="utf-8")
    assert place.read(offline=True) == packaged()
    assert len(place.asked) == 1


def test_without_a_key_nothing_is_asked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    found = place.read()
    assert (found.source, found.remark, place.asked) == (PACKAGED, "no API key is set", [])


def test_a_host_that_only_a_file_names_is_not_asked(written: ProjectAt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    manifests = written({"provision.yaml": "project: x\nbase_url: https://example.org/v1\n"})
    found = read_dates(load(manifests).settings, NOW, offline=False)
    assert found.source == PACKAGED
    assert found.remark == "the key would be sent to example.org, which only a file names"


def test_what_another_account_was_told_is_not_taken(place: Place) -> None:
    place.read()
    other = json.loads(place.cache.read_text(encoding="utf-8")) | {"account": "https://example.org/v1"}
    place.cache.write_text(json.dumps(other), encoding="utf-8")
    assert (place.read().source, len(place.asked)) == ("the API", 2)


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_call_that_fails_is_told_and_made_once(place: Place, status: int) -> None:
    place.answer.append((b'{"error": {"message": "not today"}}', status))
    found = place.read()
    assert (found.source, found.by_model, len(place.asked)) == (PACKAGED, packaged().by_model, 1)
    assert "not today" in found.remark
    assert not place.cache.exists()


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b"null", b"{}", b'{"data": 5}',
     b'{"data": [1, {"id": 5}, {"id": "x", "shutdown_date": "soon"}]}', b""],
)  # fmt: skip
def test_an_answer_of_another_form_spoils_nothing(place: Place, body: bytes) -> None:
    place.answer.append((body, 200))
    dated = {name: day for name, day in place.read().by_model.items() if day is not None}
    assert dated == packaged().by_model


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"asked_at": 5}', '{"asked_at": "2026-11-25T11:00:00+00:00", "models": [], "account": "x"}',
     '{"asked_at": "2026-11-25T11:00:00", "models": {}, "account": "x"}',
     '{"asked_at": "2099-01-01T00:00:00+00:00", "models": {}, "account": "http://127.0.0.1/v1"}'],
)  # fmt: skip
def test_a_cache_that_is_none_is_asked_for_anew(place: Place, text: str) -> None:
    place.cache.parent.mkdir()
    place.cache.write_text(text, encoding="utf-8")
    assert (place.read().source, len(place.asked)) == ("the API", 1)
    assert place.read().source == "the API (cached)"


def test_a_folder_that_cannot_be_written_is_told(place: Place) -> None:
    (place.root / ".provision").write_text("in the way", encoding="utf-8")
    found = place.read()
    assert (found.source, found.by_model["gpt-9"]) == ("the API", date(2027, 4, 1))
    assert found.remark.startswith("they cannot be kept in .provision (")


def test_the_age_of_a_list_is_told() -> None:
    dates = Dates({}, date(2026, 11, 20), "the API", "no API key is set")
    said = [dates.describe(date(2026, 11, day)) for day in (20, 21, 30)]
    assert [each.partition("2026-11-20, ")[2] for each in said] == [
        "of today; no API key is set",
        "of yesterday; no API key is set",
        "10 days old; no API key is set",
    ]


DAY = date(2027, 1, 14)


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("gpt-4o", ("gpt-4o", DAY)),
        ("gpt-4o-2024-08-06", ("gpt-4o", DAY)),
        ("ft:gpt-4o-mini:acme::abc", ("gpt-4o-mini", DAY)),
        ("ft:gpt-4o-2024-08-06:acme::abc", ("gpt-4o", DAY)),
        ("gpt-4o-2024-11-20", ("gpt-4o-2024-11-20", date(2027, 5, 1))),
        ("ft:gpt-4o-2024-11-20:acme::abc", ("gpt-4o-2024-11-20", date(2027, 5, 1))),
        ("gpt-4o-2024-05-13", None),
        ("gpt-4o-audio-2024-08-06", None),
        ("gpt-4o-2024-08-06\n", None),
        ("ft:", None),
        ("", None),
    ],
)
def test_a_snapshot_or_a_tuned_model_that_is_not_listed_goes_with_its_base(
    model: str, found: tuple[str, date] | None
) -> None:
    listed = {"gpt-4o": DAY, "gpt-4o-mini": DAY, "gpt-4o-2024-11-20": date(2027, 5, 1), "gpt-4o-2024-05-13": None}
    assert Dates(listed, DAY).find(model) == found
