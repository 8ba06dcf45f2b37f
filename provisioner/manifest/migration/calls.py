"""Records the effects of calls of the OpenAI SDK in source code, in Python and in TypeScript: the objects that the
calls create or change. The calls are not made.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.core.diagnostic import Place
from provisioner.core.objecttype import AGENT, ASSISTANT, DEFINITION, ENVIRONMENT_TEMPLATE, FILE, VECTOR_STORE
from provisioner.manifest.migration.literals import LocalFile
from provisioner.manifest.migration.objects import is_request, objects_in
from provisioner.manifest.migration.reading import Made, Reading
from provisioner.manifest.writing.found import MemberFile, Unread

#: The type of the object that a call creates, by the last two names of the call in snake case.
CREATES: Mapping[tuple[str, str], str] = {
    ("assistants", "create"): ASSISTANT.name,
    ("agents", "create"): AGENT.name,
    ("vector_stores", "create"): VECTOR_STORE.name,
    ("files", "create"): FILE.name,
    ("templates", "create"): ENVIRONMENT_TEMPLATE.name,
    ("responses", "create"): DEFINITION.name,
    ("responses", "parse"): DEFINITION.name,
    ("responses", "stream"): DEFINITION.name,
}
#: The argument that names the changed object, by the last two names of the call.
UPDATES: Mapping[tuple[str, str], str] = {
    ("assistants", "update"): "assistant_id",
    ("agents", "update"): "agent_id",
    ("vector_stores", "update"): "vector_store_id",
}
OF_STORES = (("vector_stores", "files"), ("vector_stores", "file_batches"))
#: The methods that attach files to a vector store.
ATTACHING = frozenset({"create", "create_and_poll", "upload", "upload_and_poll"})
#: Common names of variables, from which no name of an assistant is made.
PLAIN = frozenset({"response", "resp", "res", "r", "result", "completion", "stream", "answer", "output", "x", "_"})


class Calls(Struct):
    """Records the effects of calls of the OpenAI SDK in source code. `by_key` maps the key of each object that the
    calls create or update to its `Made` value (the description of an object that source code creates).
    """

    reading: Reading
    by_key: dict[str, Made] = field(default_factory=dict)

    def knows(self, chain: tuple[str, ...]) -> bool:
        """Returns whether `carry_out` can record the effect of a call. `chain` are the names in the call: (client,
        beta, assistants, create) for `client.beta.assistants.create()`.
        """
        return _action(chain) is not None

    def carry_out(self, chain: tuple[str, ...], arguments: dict[str, Any], place: Place, name: str) -> Made | None:
        """Records the effect of a call of the SDK. A created object is added to `self.reading`, the result. An updated
        object is changed there. Returns the created or updated object. Returns None for any other call, for example a
        call that adds files to a vector store, and for an update of an object that is not known; a warning is then
        reported.

        `chain` are the names in the call, such as (client, files, create). `name` is the name of the variable or the
        function to which the call belongs. In `arguments`, positional arguments have the names `0`, `1`, ….
        """
        last = (chain[-2], chain[-1])
        if chain[-3:-1] in OF_STORES:
            return self._attach(arguments, place)
        if last == ("completions", "create") or last == ("completions", "parse"):
            if is_request(arguments):
                self.reading.found += objects_in(arguments["tools"], place)
            return None
        if last in UPDATES:
            return self._update(arguments, UPDATES[last], chain[-2], place)
        kind = CREATES[last]
        fields = {key: _plain(value) for key, value in arguments.items()}
        readable = _readable(name) or (
            posixpath.basename(place.file).partition(".")[0] if kind == DEFINITION.name else ""
        )
        made = Made(kind, f"{kind} at {place}", fields, place, readable)
        if kind == FILE.name:
            self._become_file(made, fields.pop("file", None))
        elif kind == AGENT.name and isinstance(fields.get("environment"), Made):
            fields.pop("environment")
        return self._add(made)

    def _add(self, made: Made) -> Made:
        number = 2
        key = made.key
        while made.key in self.by_key:
            made.key, number = f"{key} ({number})", number + 1
        self.by_key[made.key] = made
        self.reading.made.append(made)
        return made

    def _become_file(self, made: Made, content: Any) -> None:
        if isinstance(content, list) and content and isinstance(content[0], str):
            made.name, content = content[0], content[1] if len(content) > 1 else None
        if isinstance(content, LocalFile):
            made.path = content.path
            made.name = posixpath.basename(content.path.replace("\\", "/"))
        elif not made.name:
            made.name = "file"
        if isinstance(content, Unread):
            made.fields["file"] = content
        made.fields["filename"] = made.name

    def _update(self, arguments: dict[str, Any], argument: str, what: str, place: Place) -> Made | None:
        target = arguments.pop(argument, None) or arguments.pop("0", None)
        made = self.by_key.get(str(target))
        fields = {key: _plain(value) for key, value in arguments.items()}
        if made is None and isinstance(target, str):
            made = Made(CREATES[what, "create"], target, {}, place)
            self.by_key[target] = made
            self.reading.made.append(made)
        if made is None:
            message = f"this call updates an object of {what} that is not created in this source; it is left out"
            self.reading.report("warning", message, place.line, place.column)
            return None
        made.updates |= fields
        return made

    def _attach(self, arguments: dict[str, Any], place: Place) -> Made | None:
        target = arguments.pop("vector_store_id", None) or arguments.pop("0", None)
        store = self.by_key.get(str(target))
        if store is None and isinstance(target, str):
            store = Made(VECTOR_STORE.name, target, {}, place)
            self.by_key[target] = store
            self.reading.made.append(store)
        if store is None:
            message = "these files go into a store that is not created in this source; they are left out"
            self.reading.report("warning", message, place.line, place.column)
            return None
        given = arguments.get("attributes"), arguments.get("chunking_strategy")
        attributes, chunking = (each if isinstance(each, dict) else None for each in given)
        for name in ("files", "file_ids", "file", "file_id", "1"):
            value = arguments.get(name)
            if isinstance(value, dict) and isinstance(value.get("files"), list):
                value = value["files"]
            for item in value if isinstance(value, list) else [value] if value is not None else ():
                if (id_ := self._member(item, place)) is not None:
                    store.members.append(MemberFile(id_, attributes=attributes, chunking_strategy=chunking))
        return None

    def _member(self, item: Any, place: Place) -> str | None:
        if isinstance(item, LocalFile):
            made = Made(FILE.name, f"{FILE.name} at {place}", {}, place)
            self._become_file(made, item)
            return self._add(made).key
        if isinstance(item, Made):
            return item.key
        if isinstance(item, dict):
            item = item.get("file_id")
        if isinstance(item, str):
            return item
        message = "these files come from an expression, which is not run; add their paths to the store by hand"
        self.reading.report("warning", message, place.line, place.column)
        return None


def _action(chain: tuple[str, ...]) -> Callable[..., Any] | None:
    last = chain[-2:]
    attaches = (
        chain[-3:-1] in (("vector_stores", "files"), ("vector_stores", "file_batches")) and chain[-1] in ATTACHING
    )
    completes = chain[-3:-1] == ("chat", "completions") and chain[-1] in ("create", "parse")
    is_inner = len(chain) > 2 and chain[-3] in ("vector_stores", "containers", "threads")
    known = (last in CREATES or last in UPDATES) and not is_inner
    return Calls.carry_out if attaches or completes or known else None


def _plain(value: Any) -> Any:
    """Returns the value of an argument, in which each `Made` object (an object that source code creates) is replaced by
    its key. Local files are removed from lists. A list whose last item is a local file is returned unchanged, because
    it describes an upload: local files, or a file's name and its content.
    """
    if isinstance(value, Made):
        return value.key
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value if not isinstance(item, LocalFile)] if not _is_files(value) else value
    return value


def _is_files(value: list[Any]) -> bool:
    return bool(value) and isinstance(value[-1], LocalFile)


def _readable(name: str) -> str:
    return "" if name.lower() in PLAIN else name
