"""Records the work of a run: stores its messages and steps, and makes the streamed events that report them.

The order of the events and the form of the objects come from the examples in OpenAI's specification: `POST
/threads/{thread_id}/runs` with streaming.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from provisioner.emulator.answering.usage import Usage
from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.threads.messages import store_message
from provisioner.emulator.endpoints.threads.run_states import Document, Event, end_run, keep_run
from provisioner.emulator.endpoints.threads.tables import MESSAGES, STEPS
from provisioner.emulator.messages.request import ApiRequest


class RunRecord:
    """Records the work of one run. The methods record what happened, and most of them return the new events of the run.
    The text of a message is stored by `keep_message`, or when the message is complete or the run ends.

    `run` is the stored run. The methods change it. A message or step is open while the model is making it. `text_open`
    is True while a message is open.
    """

    def __init__(self, call: ApiRequest, run: Document) -> None:
        self._request = call
        self.run = run
        self._step: Document | None = None
        self._message: Document | None = None
        self._calls: list[Document] = []

    @property
    def call(self) -> ApiRequest:
        """The request that started the run, with the present time instead of the time when the run started."""
        return replace(self._request, now=time.time())

    @property
    def text_open(self) -> bool:
        """True if a message is open (in progress), so that text can be added to it."""
        return self._message is not None

    def start(self) -> list[Event]:
        """Records that the run is in progress. Returns the new events of the run."""
        self.run.update({"status": "in_progress", "required_action": None})
        self.run["started_at"] = self.call.second
        keep_run(self.call, self.run)
        return [("thread.run.in_progress", self.run)]

    def open_message(self) -> list[Event]:
        """Records that the model begins a message. The message gets its own step. Returns the new events of the run."""
        self._message = store_message(
            self.call,
            {
                "thread_id": self.run["thread_id"],
                "run_id": self.run["id"],
                "assistant_id": self.run["assistant_id"],
                "role": "assistant",
                "content": [],
                "status": "in_progress",
            },
        )
        details = {"type": "message_creation", "message_creation": {"message_id": self._message["id"]}}
        message = dict(self._message)
        return [
            *self._open_step("message_creation", details),
            ("thread.message.created", message),
            ("thread.message.in_progress", message),
        ]

    def add_text(self, value: str, annotations: Sequence[Document] = ()) -> list[Event]:
        """Records that the text `value` is added to the open message, which is in progress. `annotations` are the
        annotations that begin in this text. Returns the new events of the run.
        """
        content = self._opened_message()["content"]
        first = not content or content[-1]["type"] != "text"
        if first:
            content.append({"type": "text", "text": {"value": "", "annotations": []}})
        text = content[-1]["text"]
        indexed = [{"index": len(text["annotations"]) + index, **each} for index, each in enumerate(annotations)]
        text["value"] += value
        text["annotations"] += annotations
        delta = {"value": value, **({"annotations": indexed} if indexed or first else {})}
        return [self._message_delta({"index": len(content) - 1, "type": "text", "text": delta})]

    def add_refusal(self, value: str) -> list[Event]:
        """Records that the model refuses to answer. `value` is the model's explanation. Returns the new events of the
        run.
        """
        return [self._add_part({"type": "refusal", "refusal": value})]

    def add_image(self, file_id: str) -> list[Event]:
        """Records that an image is added to the open message, which is in progress. `file_id` is the id of the image's
        file. Returns the new events of the run.
        """
        return [self._add_part({"type": "image_file", "image_file": {"file_id": file_id, "detail": "auto"}})]

    def close_message(self, usage: Usage) -> list[Event]:
        """Records that the open message, which was in progress, is complete. `usage` contains the numbers of tokens of
        its step. Returns the new events of the run.
        """
        message = self._opened_message()
        message.update({"status": "completed", "completed_at": self.call.second})
        self.keep_message()
        self._message = None
        return [("thread.message.completed", dict(message)), *self.close_step(usage)]

    def keep_message(self) -> None:
        """Stores the present text of the open message, which is in progress, in the database."""
        if self._message is not None:
            MESSAGES.under(self.run["thread_id"]).keep(self.call, self._message)

    def call_tool(self, tool_call: Document, deltas: Sequence[Document] = ()) -> list[Event]:
        """Records a call of a tool. The first call begins a step. Later calls belong to the same step until the step is
        closed. Returns the new events of the run.

        `tool_call` is the call without its result. Each item of `deltas` adds a part to the call. For a function, such
        a part is for example `{"arguments": "{"}`.
        """
        events = [] if self._step else self._open_step("tool_calls", {"type": "tool_calls", "tool_calls": []})
        self._calls.append(tool_call)
        index, kind = len(self._calls) - 1, tool_call["type"]
        parts = [tool_call, *({"type": kind, kind: delta} for delta in deltas)]
        return [*events, *(self._step_delta({"index": index, **part}) for part in parts)]

    def extend_call(self, kind: str, delta: Document) -> list[Event]:
        """Records that the part `delta` is added to the latest call of a tool. `kind` is the type of the tool. Returns
        the new events of the run.
        """
        return [self._step_delta({"index": len(self._calls) - 1, "type": kind, kind: delta})]

    def complete_call(self, tool_call: Document) -> None:
        """Stores `tool_call`, the final form of the latest call of a tool. It contains the result of the call."""
        step = self._opened_step()
        self._calls[-1] = tool_call
        step["step_details"] = {"type": "tool_calls", "tool_calls": list(self._calls)}
        STEPS.under(self.run["id"]).keep(self.call, step)

    def require_action(self, usage: Usage) -> list[Event]:
        """Records that the run waits for the results of its function calls. The step with these calls stays open.
        `usage` contains the numbers of tokens of the step. Returns the new events of the run.
        """
        step = self._opened_step()
        step["_usage"] = to_builtins(usage)
        STEPS.under(self.run["id"]).keep(self.call, step)
        asked = [
            {**each, "function": {name: each["function"][name] for name in ("name", "arguments")}}
            for each in self._calls
        ]
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": asked}}
        self.run.update({"status": "requires_action", "required_action": action})
        keep_run(self.call, self.run)
        return [("thread.run.requires_action", self.run)]

    def answer_functions(self, outputs: Mapping[str, str]) -> list[Event]:
        """Records results of the functions for which the run waits. The status of the run is then `queued` again.
        `outputs` contains the results, keyed by the id of the function call. Returns the new events of the run.
        """
        self._step = STEPS.under(self.run["id"]).newest(self.call)
        step = self._opened_step()
        for each in step["step_details"]["tool_calls"]:
            each["function"]["output"] = outputs[each["id"]]
        events = self.close_step(Usage(**step.pop("_usage")))
        self.run.update({"status": "queued", "required_action": None})
        keep_run(self.call, self.run)
        return [*events, ("thread.run.queued", self.run)]

    def close_step(self, usage: Usage) -> list[Event]:
        """Records that the open step, which was in progress, is complete. Adds its numbers of tokens, `usage`, to those
        of the run. Returns the new events of the run.
        """
        step = self._opened_step()
        self._count(usage)
        step.update({"status": "completed", "completed_at": self.call.second, "expires_at": None})
        STEPS.under(self.run["id"]).keep(self.call, step)
        self._step, self._calls = None, []
        return [("thread.run.step.completed", step)]

    def interrupt(self, reason: str) -> None:
        """Stores `reason` as the reason why the open message, which is in progress, is incomplete."""
        if self._message is not None:
            self._message["incomplete_details"] = {"reason": reason}

    def end(self, status: str, usage: Usage | None = None, **fields: Any) -> list[Event]:
        """Records the end of the run with the status `status`. A message or step that is in progress ends too; `usage`
        contains the numbers of tokens of this step. `fields` are additional fields of the run. Returns the new events
        of the run.
        """
        self.keep_message()
        if self._step is not None and usage is not None:
            self._count(usage)
            STEPS.under(self.run["id"]).keep(self.call, self._step)
        return end_run(self.call, self.run, status, usage=self.run.get("_usage") or count(Usage(0, 0)), **fields)

    def _count(self, usage: Usage) -> None:
        """Stores `usage` as the numbers of tokens of the step in progress, and adds them to those of the run."""
        counted = count(usage)
        self._opened_step()["usage"] = counted
        self.run["_usage"] = add(self.run.get("_usage") or count(Usage(0, 0)), counted)

    def _add_part(self, part: Document) -> Event:
        content = self._opened_message()["content"]
        content.append(part)
        return self._message_delta({"index": len(content) - 1, **part})

    def _open_step(self, kind: str, details: Document) -> list[Event]:
        empty = {"cancelled_at": None, "completed_at": None, "expired_at": None, "failed_at": None, "last_error": None}
        owner = {"run_id": self.run["id"], "assistant_id": self.run["assistant_id"]}
        self._step = STEPS.under(self.run["id"]).add(
            self.call,
            {
                **owner,
                "thread_id": self.run["thread_id"],
                "type": kind,
                "status": "in_progress",
                **empty,
                "expires_at": self.run["expires_at"],
                "metadata": None,
                "step_details": details,
                "usage": None,
            },
        )
        step = dict(self._step)
        return [("thread.run.step.created", step), ("thread.run.step.in_progress", step)]

    def _opened_step(self) -> Document:
        if self._step is None:
            raise RuntimeError("no step of the run is open")
        return self._step

    def _opened_message(self) -> Document:
        if self._message is None:
            raise RuntimeError("no message of the run is open")
        return self._message

    def _message_delta(self, part: Document) -> Event:
        delta = {"id": self._opened_message()["id"], "object": "thread.message.delta", "delta": {"content": [part]}}
        return ("thread.message.delta", delta)

    def _step_delta(self, tool_call: Document) -> Event:
        details = {"type": "tool_calls", "tool_calls": [tool_call]}
        delta = {"id": self._opened_step()["id"], "object": "thread.run.step.delta", "delta": {"step_details": details}}
        return ("thread.run.step.delta", delta)


def show(event: Event) -> Event:
    """Returns an event without the fields that only the emulator uses."""
    name, document = event
    return name, public(document)


def count(usage: Usage) -> dict[str, Any]:
    """Returns the numbers of tokens in `usage`, in the format of the Assistants API."""
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total,
        "prompt_token_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def add(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the sum of the usages `first` and `second`. A usage maps names to numbers of tokens, or to another such
    mapping.
    """
    return {
        name: add(value, second[name]) if isinstance(value, Mapping) else value + second[name]
        for name, value in first.items()
    }
