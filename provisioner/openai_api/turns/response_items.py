"""Converts the output items of a Responses API response to events.

Source: `types/responses/response_output_item.py` and the types of its items in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.openai_api.turns.events import (
    Citation,
    Code,
    CodeOutput,
    FunctionCalled,
    Hit,
    McpCalled,
    OtherItem,
    Reasoning,
    Refusal,
    Searched,
    TextDone,
    TurnEvent,
    WebSearched,
)
from provisioner.openai_api.turns.rounds import TurnFailed, mappings, text

#: Items that only describe what the API does, and that nobody needs to see.
SILENT = ("mcp_list_tools", "compaction", "tool_search_call", "tool_search_output", "function_call_output")
#: Items that ask the application for something that this program cannot give, with the reason.
ASKING = {
    "mcp_approval_request": "an MCP server's tool needs an approval for each call",
    "computer_call": "the model wants to use a computer",
    "local_shell_call": "the model wants to run a command on this machine",
    "apply_patch_call": "the model wants to change files on this machine",
}
ASKING_HINT = "this tool works only in an application; for MCP, `require_approval: never` needs no approval"


class ItemEvents:
    """Makes events from the items of one turn. `calls` are the function calls that have no result yet. `custom` are the
    ids of the calls whose input is not JSON. `count` is the number of items.

    The function `name_of` returns the name of a file for the id of the file. It is used for citations without a file
    name. The ids of the files that code may have written are added to the list `made`. The keys of `containers` are the
    ids of the containers in which code ran.
    """

    def __init__(self, name_of: Callable[[str], str], made: list[str] | None = None) -> None:
        self.made = [] if made is None else made
        self.calls: list[FunctionCalled] = []
        self.custom: set[str] = set()
        self.containers: dict[str, None] = {}
        self.count = 0
        self._name_of = name_of
        self._scores: dict[str, float] = {}
        self._coded: set[str] = set()
        self._seen: set[str] = set()

    def is_new(self, id: str) -> bool:
        """Returns True if no item with this id was seen before, and records the id. Returns True for every item with an
        empty id.
        """
        if id and id in self._seen:
            return False
        self._seen.add(id)
        self.count += 1
        return True

    def of_code(self, call: str, code: str) -> Iterator[TurnEvent]:
        """Yields the event for the complete code of a call. `call` is the id of the call. Yields nothing if the event
        of this call was already yielded.
        """
        if call not in self._coded:
            self._coded.add(call)
            yield Code(code, call)

    def of_item(self, item: Mapping[str, Any]) -> Iterator[TurnEvent]:
        """Yields the events for a complete item. Yields nothing if the item was already converted. Raises TurnFailed if
        the item asks for an action that provision cannot do.
        """
        id, kind = text(item.get("id")), text(item.get("type"))
        if not self.is_new(id):
            return
        if kind in ASKING:
            raise TurnFailed(ASKING[kind], "needs_action", ASKING_HINT)
        make = getattr(self, f"_{kind}", None)
        if make is not None:
            yield from make(item, id)
        elif kind and kind not in SILENT:
            yield OtherItem(kind, id)

    def _message(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        parts = mappings(item.get("content"))
        texts = [text(part.get("text")) for part in parts if part.get("type") == "output_text"]
        if texts:
            yield TextDone("".join(texts), id)
        for part in parts:
            if part.get("type") == "refusal":
                yield Refusal(text(part.get("refusal")))
            for annotation in mappings(part.get("annotations")):
                if (cited := self.citation(annotation)) is not None:
                    yield cited

    def citation(self, body: Mapping[str, Any]) -> Citation | None:
        """Returns the citation that an annotation of the API contains. `body` is the annotation. Returns None if it is
        not a citation. If the annotation is a link to a file that code wrote, also adds the file to `made`.
        """
        kind = body.get("type")
        if kind == "url_citation":
            return Citation(url=text(body.get("url")), title=text(body.get("title")), index=_index(body))
        if kind not in ("file_citation", "container_file_citation", "file_path"):
            return None
        inner = body.get(kind)
        inner = inner if isinstance(inner, Mapping) else body
        id = text(inner.get("file_id"))
        name = text(body.get("filename")) or self._name_of(id)
        if kind == "file_path":
            self.note_made(id)
            # The text of such a link is the path in the container, such as `sandbox:/mnt/data/out.csv`.
            name = name or text(body.get("text")).rpartition("/")[2]
        return Citation(id, name, quote=text(inner.get("quote")), index=_index(body), score=self._scores.get(id))

    def note_container(self, item: object) -> None:
        """Adds the id of the container in which the code of `item` runs to `containers`. `item` may be incomplete. If
        it names no container, nothing is added.
        """
        if isinstance(item, Mapping) and (id := text(item.get("container_id"))):
            self.containers[id] = None

    def note_made(self, id: str) -> None:
        """Adds the id of a file that code may have written to `made`. If `name_of` returns a name for the id, the id is
        not added, because this file was uploaded.
        """
        if id and id not in self.made and not self._name_of(id):
            self.made.append(id)

    def searched(self, queries: tuple[str, ...], results: object, call: str) -> Searched:
        """Returns the event for a search. `queries` are the texts that were searched for, `results` is the list of
        found passages in the API's format, and `call` is the id of the call. Also records the scores of the files, for
        later citations of these files.
        """
        hits = tuple(
            Hit(
                text(hit.get("file_id")),
                text(hit.get("filename") or hit.get("file_name")) or self._name_of(text(hit.get("file_id"))),
                _number(hit.get("score")),
                text(hit.get("text")) or "\n".join(text(part.get("text")) for part in mappings(hit.get("content"))),
                hit["attributes"] if isinstance(hit.get("attributes"), Mapping) else {},
            )
            for hit in mappings(results)
        )
        for hit in hits:
            if hit.score is not None:
                self._scores[hit.file_id] = max(hit.score, self._scores.get(hit.file_id, 0.0))
        return Searched(queries, hits, call, has_hits=isinstance(results, list))

    def _file_search_call(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        queries = item.get("queries")
        asked = tuple(text(query) for query in queries) if isinstance(queries, list) else ()
        yield self.searched(asked, item.get("results"), id)

    def _code_interpreter_call(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        self.note_container(item)
        yield from self.of_code(id, text(item.get("code")))
        outputs = mappings(item.get("outputs"))
        logs = "".join(text(each.get("logs")) for each in outputs if each.get("type") == "logs")
        images = tuple(text(each.get("url")) for each in outputs if each.get("type") == "image")
        if logs or images:
            yield CodeOutput(logs, id, images)

    def _shell_call(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        action = item.get("action")
        commands = action.get("commands") if isinstance(action, Mapping) else None
        environment = item.get("environment")
        if isinstance(environment, Mapping) and environment.get("type") == "local":
            raise TurnFailed(ASKING["local_shell_call"], "needs_action", ASKING_HINT)
        lines = [text(each) for each in commands] if isinstance(commands, list) else []
        yield Code("\n".join(lines), text(item.get("call_id")) or id, "shell")

    def _shell_call_output(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        parts = mappings(item.get("output"))
        output = "".join(text(part.get("stdout")) + text(part.get("stderr")) for part in parts)
        yield CodeOutput(output, text(item.get("call_id")) or id)

    def _web_search_call(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        yield web_search(item.get("action"))

    def _mcp_call(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        yield McpCalled(
            text(item.get("server_label")),
            text(item.get("name")),
            text(item.get("arguments")),
            text(item.get("output")),
            text(item.get("error")),
        )

    def _reasoning(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        parts = [text(part.get("text")) for part in mappings(item.get("summary"))]
        if any(parts):
            yield Reasoning("\n\n".join(part for part in parts if part))

    def _function_call(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        call = FunctionCalled(
            text(item.get("call_id")) or id, text(item.get("name")), text(item.get("arguments", item.get("input")))
        )
        self.calls.append(call)
        yield from ()

    def _custom_tool_call(self, item: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
        self.custom.add(text(item.get("call_id")) or id)
        yield from self._function_call(item, id)

    def take_calls(self) -> list[FunctionCalled]:
        """Returns the function calls that have no result yet, and removes them from `calls`."""
        calls, self.calls = self.calls, []
        return calls


def web_search(action: object) -> WebSearched:
    """Returns the event for a call of the web search. `action` is the field `action` of the item of this call."""
    body = action if isinstance(action, Mapping) else {}
    queries = body.get("queries")
    query = text(body.get("query") or body.get("url") or body.get("pattern"))
    if not query and isinstance(queries, list):
        query = "; ".join(text(each) for each in queries)
    sources = tuple(text(each.get("url")) for each in mappings(body.get("sources")))
    return WebSearched(query, text(body.get("type")) or "search", sources)


def _index(body: Mapping[str, Any]) -> int | None:
    found = body.get("index", body.get("start_index"))
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
