"""Contains the code that the conversations of all targets share: the events at the beginning and the end of a turn, the
results of functions, and the calls of the SDK.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.errors import ApiError, NotFound, StreamCut
from provisioner.openai_api.http.answers import read_done
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.turns.events import (
    Ended,
    Failed,
    FunctionAnswered,
    FunctionCalled,
    Started,
    Status,
    TurnEvent,
    Usage,
)
from provisioner.openai_api.turns.turn import Answer, Leftover, Message, NoAnswer

#: The first and the longest pause in seconds between two looks at a turn that is not streamed.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 4.0
#: How long, in seconds, the end of a cancelled run is waited for.
CANCELLING = 30.0

#: A generator of the events of a turn that returns the status with which the turn ended.
TurnEvents = Generator[TurnEvent, None, Status]


class TurnFailed(Exception):
    """Raised if the turn cannot continue. `event` contains the reason, and `status` is the final status of the turn."""

    def __init__(self, message: str, code: str = "", hint: str | None = None, status: Status = "failed") -> None:
        super().__init__(message)
        self.event = Failed(message, code, hint)
        self.status = status


class Rounds:
    """Answers the function calls of one turn. A round is a group of calls to which the model waits for results.
    `answer` is the function that gives the result of a call. `most` is the largest number of rounds in one turn.

    `results` contains the results of the latest round, in the order of the calls.
    """

    def __init__(self, answer: Answer, most: int) -> None:
        self._answer = answer
        self._most = most
        self._count = 0
        self.results: list[FunctionAnswered] = []

    def answer_all(self, calls: Sequence[FunctionCalled]) -> Iterator[TurnEvent]:
        """Yields each function call, followed by its result. Raises TurnFailed if there were too many rounds, or if no
        function, mock or user can give a result.
        """
        self._count += 1
        if self._count > self._most:
            names = ", ".join(dict.fromkeys(call.name for call in calls))
            raise TurnFailed(
                f"the model called functions in {self._most} rounds and still asks for {names}",
                "max_turns",
                "the model may be in a loop: improve the function's result or the instructions, or raise --max-turns",
            )
        self.results = []
        for call in calls:
            yield call
            try:
                result = self._answer(call)
            except NoAnswer as error:
                raise TurnFailed(str(error), "needs_action", error.hint) from error
            self.results.append(result)
            yield result


class RemoteConversation(ABC):
    """Implements what is common to conversations whose turns run at the API. A subclass sends the messages for one
    target (the API that the assistant is made for).

    If `streaming` is True, events are received as a stream. Otherwise the API is asked repeatedly (polling).
    `max_turns` is the largest number of rounds of function calls in one turn.
    """

    def __init__(self, session: Session, *, streaming: bool, max_turns: int) -> None:
        self.session = session
        self.streaming = streaming
        self.max_turns = max_turns
        self._created: list[Leftover] = []

    def run(
        self, message: Message, answer: Answer, instructions: str | None = None
    ) -> Generator[TurnEvent, None, None]:
        """Sends `message`, and yields the events of one turn as they arrive. The last event is `Ended`. `answer`
        returns the result of a function call. `instructions` replaces the assistant's instructions (None: they are not
        replaced).

        Raises ApiError if the API returns an error before the answer begins. A later error is yielded as the event
        `Failed`.
        """
        start, has_begun = time.monotonic(), False
        status: Status = "cut"
        events = self.turn(message, Rounds(answer, self.max_turns), instructions)
        try:
            while True:
                try:
                    event = next(events)
                except StopIteration as stop:
                    status = stop.value
                    break
                has_begun = has_begun or isinstance(event, Started)
                yield event
        except StreamCut as error:
            yield Failed(error.message, "stream_cut", error.hint)
            self.cancel()
        except TurnFailed as error:
            status = error.status
            yield error.event
            self.cancel()
        except ApiError as error:
            if not has_begun:
                raise
            status = "failed"
            yield Failed(error.message, error.code or "", error.hint)
            self.cancel()
        finally:
            events.close()
        yield Ended(status, time.monotonic() - start)

    @abstractmethod
    def turn(self, message: Message, rounds: Rounds, instructions: str | None) -> TurnEvents:
        """Sends the message, and yields the events of one turn except `Ended`. `rounds` answers the function calls.
        `instructions` replaces the assistant's instructions for this turn (None: they are not replaced). Returns the
        status of the turn. Raises ApiError if a request fails. Raises TurnFailed if the turn cannot continue.
        """

    @abstractmethod
    def cancel(self) -> None:
        """Cancels the running turn at the API. Does nothing if no turn is running. Errors of the API are ignored."""

    def created(self) -> list[Leftover]:
        """Returns the objects at OpenAI that exist only for this conversation."""
        return list(self._created)

    def close(self) -> list[Leftover]:
        """Deletes the objects at OpenAI that exist only for this conversation, the newest first. Returns the objects
        that could not be deleted.
        """
        left = []
        while self._created:
            # An object is forgotten after its deletion, so that an interruption leaves it in the list.
            each = self._created[-1]
            try:
                self.delete(each)
            except NotFound:
                pass
            except ApiError as error:
                left.append(Leftover(each.type, each.id, error.message))
            self._created.pop()
        return left[::-1]

    def delete(self, each: Leftover) -> None:
        """Deletes `each`, an object at OpenAI that this conversation created. Raises ApiError if the request fails."""
        self.session.write(lambda client: read_done(self.deleting(client, each), each.id))

    @abstractmethod
    def deleting(self, client: Any, each: Leftover) -> Any:
        """Deletes the object `each` at OpenAI with a request of `client`, and returns the unparsed HTTP response."""

    def note(self, type_: str, id: str) -> None:
        """Records that the conversation created the object with the type `type_` and the id `id` at OpenAI. The object
        is deleted at the end of the conversation.
        """
        self._created.append(Leftover(type_, id))

    def cancel_by(self, call: Callable[[Any], Any]) -> None:
        """Cancels a turn at the API: calls `call`, which sends the request, with the SDK's client. Errors are ignored,
        because the API returns an error if the turn has already ended.
        """
        with contextlib.suppress(ApiError):
            self.session.write(lambda client: read_done(call(client)))

    def watch(
        self,
        look: Callable[[], Mapping[str, Any]],
        is_over: Callable[[Mapping[str, Any]], bool],
        most: float = math.inf,
    ) -> Any:
        """Calls `look` repeatedly until `is_over` returns True for its result, or until `most` seconds have passed. The
        pauses between the calls grow. Returns the last result of `look`. Raises StreamCut if the run must end
        meanwhile.
        """
        pause, start = FIRST_PAUSE, time.monotonic()
        while not is_over(found := look()) and time.monotonic() - start < most:
            if self.session.rest(pause):
                raise StreamCut("the run is to end, and the turn is not complete")
            pause = min(pause * 1.5, LONGEST_PAUSE)
        return found


def send(method: Callable[..., Any], body: Mapping[str, Any], *positional: str) -> Any:
    """Calls `method`, a method of the SDK, with the fields in `body`, and returns its result. Fields that the SDK does
    not know are added to the body of the request. `positional` are the positional arguments.
    """
    known = inspect.signature(method).parameters
    arguments = {key: value for key, value in body.items() if key in known}
    newer = {key: value for key, value in body.items() if key not in known}
    if newer:
        arguments["extra_body"] = {**(arguments.get("extra_body") or {}), **newer}
    return method(*positional, **arguments)


def read_usage(body: object) -> Usage:
    """Returns the numbers of tokens in `body`, the field `usage` of an API response. Missing numbers become 0. The
    field can also have the format of the Assistants API.
    """
    if not isinstance(body, Mapping):
        return Usage()
    inner = [body.get(name) for name in ("input_tokens_details", "prompt_tokens_details")]
    cached = next((_count(each.get("cached_tokens")) for each in inner if isinstance(each, Mapping)), 0)
    outer = [body.get(name) for name in ("output_tokens_details", "completion_tokens_details")]
    reasoning = next((_count(each.get("reasoning_tokens")) for each in outer if isinstance(each, Mapping)), 0)
    return Usage(
        _count(body.get("input_tokens", body.get("prompt_tokens"))),
        _count(body.get("output_tokens", body.get("completion_tokens"))),
        cached,
        reasoning,
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def text(value: object) -> str:
    """Returns `value`, a value of an API response, as text. A string is returned unchanged, None becomes an empty
    string, and any other value becomes JSON.
    """
    import json

    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def mappings(value: object) -> list[Mapping[str, Any]]:
    """Returns the objects in `value`, a list of an API response. All other items are left out."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
