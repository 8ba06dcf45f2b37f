"""Makes the tools of a turn: the search in the vector stores of the account, and the code interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from provisioner.emulator.answering.outputs import Hit
from provisioner.emulator.answering.tooling import Tooling, Workspace
from provisioner.emulator.answering.turn import FileSearchTool
from provisioner.emulator.endpoints import stores
from provisioner.emulator.endpoints.filters import matches
from provisioner.emulator.file_indexing.passages import find_passages
from provisioner.emulator.messages.request import ApiRequest


def tooling_of(call: ApiRequest, workspace: Workspace | None) -> Tooling:
    """Returns the tools of a turn that answers the request `call`. `workspace` contains the files of the code
    interpreter, and is None if the turn does not have this tool.
    """
    return Tooling(partial(_search, call), workspace, call.answering.interpreter)


def _search(call: ApiRequest, tool: FileSearchTool, queries: tuple[str, ...]) -> Iterator[Hit]:
    accepts = None if tool.condition is None else partial(matches, tool.condition)
    found = find_passages(
        call.database,
        call.now,
        tool.store_ids,
        queries,
        limit=tool.limit,
        threshold=tool.threshold,
        accepts=accepts,
    )
    with call.database.writing():
        for store_id in tool.store_ids:
            stores.touch(call, store_id)
    for passage in found:
        yield Hit(
            passage.file_id,
            passage.filename,
            passage.store_id,
            passage.score,
            passage.text,
            passage.attributes,
            passage.number,
        )
