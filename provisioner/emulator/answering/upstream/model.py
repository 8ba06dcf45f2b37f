"""Answers turns with a model of another server. The built-in tools are offered to this model as functions, and the
emulator runs them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from provisioner.emulator.answering.outputs import (
    CodeRun,
    CustomCall,
    Failure,
    FileSearch,
    FunctionCall,
    Hit,
    Incomplete,
    Produced,
    Refused,
)
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import CustomTool, FileSearchTool, FunctionTool, Turn, name_of
from provisioner.emulator.answering.upstream.chat import CODE, SEARCH, calling, chat_of, passages_of, result
from provisioner.emulator.answering.upstream.citing import ArrivingText, cite
from provisioner.emulator.answering.upstream.client import UpstreamClient, UpstreamError
from provisioner.emulator.storage.identifiers import new_id

#: The most rounds of one turn: requests to the server with the results of built-in tools.
MOST_ROUNDS = 8
NO_CODE = "The code was not executed: the emulator executes code only with --run-code."
ENDS = {"length": "max_output_tokens", "content_filter": "content_filter"}


class UpstreamModel:
    """Answers turns with a model of another server, to which `client` sends requests. `model` is the name of this
    model. If it is None, the name in the turn is used.
    """

    def __init__(self, client: UpstreamClient, model: str | None) -> None:
        self._client = client
        self._model = model

    async def answer(self, turn: Turn, tooling: Tooling) -> AsyncIterator[Produced]:
        """Yields the outputs of the turn. Yields the pieces of a text before the whole text. `tooling` contains the
        tools that the emulator runs for the model. If the server does not answer, or if its answer breaks off, or if
        the model uses tools in too many rounds, the last output is a Failure. If the server says that the answer is too
        long or was filtered, the last output is an Incomplete.
        """
        rounds: list[dict[str, Any]] = []
        hits: list[Hit] = []
        for _ in range(MOST_ROUNDS):
            arriving, choice = ArrivingText(hits), {}
            failure: Failure | None = None
            try:
                async for part in self._client.complete(chat_of(turn, self._model or turn.model, rounds)):
                    if isinstance(part, dict):
                        choice = part
                    elif (piece := arriving.add(part)) is not None:
                        yield piece
            except UpstreamError as error:
                failure = Failure(error.code, error.message)
            message = choice.get("message") or {}
            for output in _texts(message, arriving, hits):
                yield output
            if failure is not None:
                yield failure
                return
            if choice.get("finish_reason") in ENDS:
                yield Incomplete(ENDS[choice["finish_reason"]])
                return
            calls = [call for call in map(_read_call, message.get("tool_calls") or ()) if call]
            asked = [each for call in calls if (each := _for_application(turn, *call))]
            for call_id, name, arguments in calls:
                used = await _carry_out(turn, tooling, name, arguments, len(hits))
                if used is not None:
                    output, text = used
                    hits.extend(output.hits if isinstance(output, FileSearch) else ())
                    yield output
                    rounds += [calling(call_id, name, arguments), result(call_id, text)]
                elif not _is_of_application(turn, name):
                    rounds += [calling(call_id, name, arguments), result(call_id, f"There is no tool {name!r}.")]
            for asking in asked:
                yield asking
            if asked or not calls:
                return
        yield Failure("server_error", f"The upstream model used tools in more than {MOST_ROUNDS} rounds.")


def _texts(message: Mapping[str, Any], arriving: ArrivingText, hits: list[Hit]) -> Iterator[Produced]:
    """Yields the last piece of the text, then the whole text, then the model's refusal. What does not exist is left
    out. `arriving` contains the text that was streamed. If no text was streamed, the text is read from `message`.
    `hits` are the passages that the text can cite.
    """
    if not arriving.has_begun and isinstance(message.get("content"), str):
        whole = message["content"]
        if whole.strip():
            yield cite(whole, hits)
    else:
        if (piece := arriving.end()) is not None:
            yield piece
        if (text := arriving.whole) is not None:
            yield text
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        yield Refused(message["refusal"])


def _read_call(call: Any) -> tuple[str, str, str] | None:
    """Returns the id, the name and the arguments of the function call `call`. Returns None if `call` is not a valid
    function call.
    """
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return None
    arguments = function.get("arguments")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    return str(call.get("id") or new_id("call_")), function["name"], text


def _is_of_application(turn: Turn, name: str) -> bool:
    return any(isinstance(tool, FunctionTool | CustomTool) and name_of(tool) == name for tool in turn.usable_tools())


def _for_application(turn: Turn, call_id: str, name: str, arguments: str) -> FunctionCall | CustomCall | None:
    tool = next((tool for tool in turn.usable_tools() if name_of(tool) == name), None)
    if isinstance(tool, FunctionTool):
        return FunctionCall(name, arguments, call_id)
    return CustomCall(name, _argument(arguments, "input"), call_id) if isinstance(tool, CustomTool) else None


async def _carry_out(
    turn: Turn, tooling: Tooling, name: str, arguments: str, known: int
) -> tuple[FileSearch | CodeRun, str] | None:
    """Runs a built-in tool: file search or the code interpreter. `name` is its name, and `arguments` is JSON. Returns
    the output of the turn, and the text that reports this output to the model. Returns None if `name` is not a built-in
    tool of the turn.

    `known` is the number of passages that the model has already received. The numbers of further passages follow it.
    """
    if _is_of_application(turn, name):
        return None
    search = next((tool for tool in turn.usable_tools() if isinstance(tool, FileSearchTool)), None)
    if name == SEARCH and search is not None:
        found = tooling.search_files(search, _argument(arguments, "query"))
        return found, passages_of(found, known)
    if name == CODE and any(name_of(tool) == CODE for tool in turn.usable_tools()):
        run = await tooling.run_code(_argument(arguments, "code"), NO_CODE)
        return run, run.logs or "(no output)"
    return None


def _argument(arguments: str, name: str) -> str:
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    found = value.get(name, "") if isinstance(value, dict) else value
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
