"""What can happen to a request on its way: it is refused, lost, cut in half, late, or not answered truly."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event, Lock
from urllib.parse import parse_qsl

from tests.chaos.proxy import Broken, Exchange, Rule
from tests.warm.forks import Fork

Chooses = Callable[[Exchange], bool]

#: What objects are created with, and listed from.
COLLECTIONS = ("/files", "/vector_stores", "/skills", "/versions", "/agents", "/templates", "/assistants")


def every(exchange: Exchange) -> bool:
    """Chooses all."""
    return True


def asks(method: str, end: str = "") -> Chooses:
    """Chooses requests by method and the end of the path."""
    return lambda exchange: exchange.method == method and exchange.path.endswith(end)


def first(method: str, end: str = "", *, times: int = 1) -> Chooses:
    """Chooses the first of the requests of a method and the end of a path."""
    chooses, lock, left = asks(method, end), Lock(), [times]

    def choose(exchange: Exchange) -> bool:
        with lock:
            if left[0] and chooses(exchange):
                left[0] -= 1
                return True
        return False

    return choose


def some(rate: float, seed: object) -> Chooses:
    """Chooses requests at random; the same seed makes the same choices for the same numbers."""
    return lambda exchange: random.Random(f"{seed}/{exchange.number}").random() < rate


@dataclass(slots=True)
class Kill(Rule):
    """Kills the process at one request: before the server hears of it, or after it has answered."""

    number: int
    answered: bool
    victim: Future[Fork] = field(default_factory=Future)

    def before(self, exchange: Exchange) -> bool:
        return self._strike(exchange, now=not self.answered)

    def after(self, exchange: Exchange) -> None:
        self._strike(exchange, now=self.answered)

    def _strike(self, exchange: Exchange, *, now: bool) -> bool:
        if exchange.number == self.number and now:
            self.victim.result(timeout=30).send(signal.SIGKILL)
            raise Broken
        return False


@dataclass(slots=True)
class Refuse(Rule):
    """Answers with an error, in place of the server or (`carried_out`) after it has done what was asked."""

    chooses: Chooses
    status: int
    code: str | None = None
    message: str = "Not now."
    headers: Mapping[str, str] = field(default_factory=dict)
    carried_out: bool = False

    def before(self, exchange: Exchange) -> bool:
        if self.carried_out or not self.chooses(exchange):
            return False
        self._refuse(exchange)
        return True

    def after(self, exchange: Exchange) -> None:
        if self.carried_out and self.chooses(exchange):
            self._refuse(exchange)

    def _refuse(self, exchange: Exchange) -> None:
        error = {"message": self.message, "type": "server_error", "param": None, "code": self.code}
        exchange.put(self.status, {"error": error}, **self.headers)


@dataclass(slots=True)
class Lose(Rule):
    """Ends the connection: before the server hears of the request, after it has answered, or in the answer's midst."""

    chooses: Chooses
    when: str

    def before(self, exchange: Exchange) -> bool:
        if self.when == "before" and self.chooses(exchange):
            raise Broken
        return False

    def after(self, exchange: Exchange) -> None:
        if self.when == "after" and self.chooses(exchange):
            raise Broken
        if self.when == "midst" and self.chooses(exchange):
            raise Broken(len(exchange.content) // 2)


@dataclass(slots=True)
class Halve(Rule):
    """Answers with half of the body as if it were all: JSON that ends in its midst."""

    chooses: Chooses

    def after(self, exchange: Exchange) -> None:
        if self.chooses(exchange):
            exchange.content = exchange.content[: len(exchange.content) // 2]


@dataclass(slots=True)
class CutLetter(Rule):
    """Ends answers in the midst of their first letter that takes more than one byte."""

    chooses: Chooses

    def after(self, exchange: Exchange) -> None:
        places = [place for place, byte in enumerate(exchange.content) if byte > 0x7F]
        if places and self.chooses(exchange):
            exchange.content = exchange.content[: places[0] + 1]


@dataclass(slots=True)
class Hang(Rule):
    """Answers nothing for `seconds`; the server has (`carried_out`) or has not done what was asked."""

    chooses: Chooses
    seconds: float
    carried_out: bool = False
    over: Event = field(default_factory=Event)

    def before(self, exchange: Exchange) -> bool:
        return not self.carried_out and self._hang(exchange)

    def after(self, exchange: Exchange) -> None:
        if self.carried_out:
            self._hang(exchange)

    def end(self) -> None:
        self.over.set()

    def _hang(self, exchange: Exchange) -> bool:
        if self.chooses(exchange):
            self.over.wait(self.seconds)
            raise Broken
        return False


@dataclass(slots=True)
class Hold(Rule):
    """Holds a request back, or (`carried_out`) its answer, until `release` is set; `reached` is set meanwhile."""

    chooses: Chooses
    carried_out: bool = False
    reached: Event = field(default_factory=Event)
    release: Event = field(default_factory=Event)

    def before(self, exchange: Exchange) -> bool:
        if not self.carried_out:
            self._hold(exchange)
        return False

    def after(self, exchange: Exchange) -> None:
        if self.carried_out:
            self._hold(exchange)

    def end(self) -> None:
        self.release.set()

    def _hold(self, exchange: Exchange) -> None:
        if self.chooses(exchange):
            self.reached.set()
            assert self.release.wait(60)


@dataclass(slots=True)
class RepeatCursor(Rule):
    """Lists that never end: the last page says that there is more, and what comes after it is the same page again."""

    chooses: Chooses

    def before(self, exchange: Exchange) -> bool:
        if is_list(exchange) and self.chooses(exchange):
            query = [(name, value) for name, value in parse_qsl(exchange.query) if name != "after"]
            exchange.query = "&".join(f"{name}={value}" for name, value in query)
        return False

    def after(self, exchange: Exchange) -> None:
        if is_list(exchange) and self.chooses(exchange):
            change_list(exchange, lambda data: data, has_more=True)


@dataclass(slots=True)
class EndEarly(Rule):
    """Lists that say that there is more after a page that is empty, or (`keep` 1) holds one object alone."""

    chooses: Chooses
    keep: int

    def after(self, exchange: Exchange) -> None:
        if is_list(exchange) and self.chooses(exchange):
            change_list(exchange, lambda data: data[: self.keep], has_more=True)


@dataclass(slots=True)
class Lag(Rule):
    """Objects that were just created are missing from the next `lists` lists that would show them."""

    lists: int
    _hidden: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def after(self, exchange: Exchange) -> None:
        if exchange.status != 200:
            return
        with self._lock:
            if exchange.method == "POST" and exchange.path.endswith(COLLECTIONS):
                self._hidden[exchange.json()["id"]] = self.lists
            elif is_list(exchange):
                shown = {item["id"] for item in exchange.json()["data"]}
                missing = {id for id in shown if self._hidden.get(id, 0) > 0}
                for id in missing:
                    self._hidden[id] -= 1
                change_list(exchange, lambda data: [item for item in data if item["id"] not in missing])


@dataclass(slots=True)
class All(Rule):
    """Several rules, each in turn."""

    rules: Sequence[Rule]

    def before(self, exchange: Exchange) -> bool:
        return any(rule.before(exchange) for rule in self.rules)

    def after(self, exchange: Exchange) -> None:
        for rule in self.rules:
            rule.after(exchange)


def is_list(exchange: Exchange) -> bool:
    """Whether it asks for a list."""
    return exchange.method == "GET" and exchange.path.endswith(COLLECTIONS)


def change_list(
    exchange: Exchange, change: Callable[[list[dict[str, object]]], list[dict[str, object]]], *, has_more: bool = False
) -> None:
    """Puts other objects in a list's answer. `has_more` stays true where it was."""
    if exchange.status != 200:
        return
    body = exchange.json()
    body["data"] = change(body["data"])
    body["has_more"] = body["has_more"] or has_more
    body["last_id"] = body["data"][-1]["id"] if body["data"] else None
    exchange.content = json.dumps(body).encode()
