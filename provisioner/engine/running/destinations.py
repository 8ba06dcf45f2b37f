"""Checks in CI to which servers secrets would be sent, before an assistant from the manifests of a branch is run.

The manifests of a branch under review can name any server, and can name any variable whose value a tool sends to this
server. So in CI, a tool of such an assistant gets a secret only if an applied assistant has the same tool with this
secret. People have reviewed that tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.errors import UsageError
from provisioner.core.objecttype import DEFINITION
from provisioner.core.runtime_values import find_runtime_values, spell
from provisioner.engine.running.subject import Subject
from provisioner.state.records import State

TOOLS = "tools"
#: Fields of tools that do not say where a secret is sent, and may differ from those of the applied tool.
HARMLESS = frozenset({"allowed_tools", "require_approval", "server_description", "defer_loading"})


def check_destinations(subject: Subject, state: State | None) -> None:
    """Raises UsageError if the assistant `subject` has a part that needs a secret `{runtime: NAME}`, and no applied
    assistant in `state` has the same part. A part is one tool, or one other field.
    """
    fields = {**subject.fields}
    applied = list(_applied_parts(state))
    for path, name in find_runtime_values(fields):
        part = _part(fields, path)
        if part not in applied:
            raise UsageError(
                f"{subject.name} sends {name} in {spell(path)}, and no applied assistant has this tool with this "
                "secret; a branch under review could send it anywhere, so it gets no secret in CI",
                hint="test the applied assistants (without --unapplied), or apply the tool first",
            )


def _applied_parts(state: State | None) -> Iterator[Any]:
    for record in state.records.values() if state else ():
        if record.type == DEFINITION.name:
            inputs = {**record.inputs}
            for path, _ in find_runtime_values(inputs):
                yield _part(inputs, path)


def _part(fields: Mapping[str, Any], path: tuple[str | int, ...]) -> Any:
    """Returns the part of an assistant that contains the value at `path`. If `path` is inside a tool, the part is this
    tool, without the fields in HARMLESS. Otherwise the part is the top-level field with its value.
    """
    value = fields[str(path[0])]
    if path[0] != TOOLS or len(path) < 2 or not isinstance(value[path[1]], Mapping):
        return {str(path[0]): value}
    return {key: item for key, item in value[path[1]].items() if key not in HARMLESS}
