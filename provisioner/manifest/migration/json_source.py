"""Reads JSON sources: dumps of objects, states of Terraform, notebooks, and OpenAPI documents. The content of a source
shows which of these it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.manifest.migration.agent_files import read_agents_map
from provisioner.manifest.migration.decoding import Undecodable, Utf8Stream
from provisioner.manifest.migration.json_stream import BrokenJson, stream_values
from provisioner.manifest.migration.notebooks import Notebook, is_cell
from provisioner.manifest.migration.objects import found_object, is_request, objects_in, type_of
from provisioner.manifest.migration.openapi import is_openapi, read_openapi
from provisioner.manifest.migration.reading import Reading, Text, join_found
from provisioner.manifest.migration.terraform import is_resource, read_state_resource


class JsonReader(Struct):
    """Reads the values of a JSON source. Recognises the format of each value, and calls the function that reads this
    format. The objects and problems are added to `reading`.

    `others` counts the objects of unknown types. Its keys are the types (the values of the field `object`), or a
    general text for objects in a list without this field.
    """

    reading: Reading
    others: Counter[str] = field(default_factory=Counter)
    notebook: Notebook | None = None
    count: int = 0
    broken: BrokenJson | None = None
    _indexes: dict[str, int] = field(default_factory=dict)

    def read(self, stream: Utf8Stream) -> None:
        """Reads all values of a source. Reports an error if the source is not JSON, is cut off, or is too large."""
        try:
            for is_item, value in stream_values(stream):
                self.count += 1
                before = len(self.reading.found)
                self.take(value, stream.line, is_item=is_item)
                self._keep(before)
                if (problem := self.reading.kept.find_problem()) is not None:
                    self.reading.report("error", problem, stream.line)
                    return
        except Undecodable as error:
            self.reading.report("error", str(error), error.line)
            return
        except BrokenJson as error:
            if stream.is_empty:
                self.reading.report("error", "it is empty; write the dump again")
                return
            self.broken = error
            self.reading.report("error", self.explain(error), stream.line)
            return
        if self.notebook is not None:
            self.notebook.finish()

    def _keep(self, begin: int) -> None:
        """Adds the sizes of the new objects to the total size, which is limited. `begin` is the index of the first new
        object in `self.reading.found`. If an earlier object has the same key as a new one, the two are joined, to save
        memory. In a notebook no objects are joined, because each object is compared with the code of its own cell
        later.
        """
        found = self.reading.found
        new = found[begin:]
        if self.notebook is not None:
            for index, each in enumerate(new, begin):
                self.reading.kept.add(f"{self.reading.file} {index}", each)
            return
        del found[begin:]
        for each in new:
            at = self._indexes.setdefault(each.key, len(found))
            if at == len(found):
                found.append(each)
            else:
                found[at] = join_found(found[at], each)
            self.reading.kept.add(each.key, found[at])

    def take(self, value: Any, line: int, *, is_item: bool = False) -> None:
        """Recognises the format of a value, and adds the objects in the value to `self.reading`, the result. `line` is
        the line of the value in the source. `is_item` is true if the value is an item of a list.
        """
        place = Place(self.reading.file, 1 if not is_item else line)
        if not isinstance(value, Mapping):
            self.reading.found += objects_in(value, place)
            return
        if is_cell(value):
            self.notebook = self.notebook or Notebook(self.reading)
            self.notebook.read_cell(value)
        elif is_resource(value):
            read_state_resource(value, self.reading)
        elif is_openapi(value):
            read_openapi(value, self.reading)
        elif (found := found_object(value, place)) is not None:
            self.reading.found.append(found)
        elif is_request(value) or isinstance(value.get("functions"), list):
            self.reading.found += objects_in(value.get("tools") or value["functions"], place)
        elif (problem := _name_problem(value)) is not None:
            self.reading.report(*problem, place.line or 1)
        elif not read_agents_map(value, self.reading):
            self._count_other(value, is_item=is_item)

    def _count_other(self, value: Mapping[str, Any], *, is_item: bool) -> None:
        kind = value.get("object")
        if isinstance(kind, str) and kind != "list":
            self.others[kind] += 1
        elif is_item:
            self.others["object of an unknown kind"] += 1

    def explain(self, error: BrokenJson) -> str:
        """Returns the error message for `error`, which the JSON parser raised because a source is not JSON or is cut
        off.
        """
        if error.is_limit:
            return str(error)
        if error.is_cut:
            return f"it is cut off here, in the middle of a value (complete: {self.count}); write the dump again"
        return f"it is not JSON here: {error}; write the dump again, or name the file by what it is"


def _name_problem(value: Mapping[str, Any]) -> tuple[Severity, str] | None:
    """Returns a problem (severity and message) for a value whose format is known, but from which no object can be made,
    for example an error of the API. Returns None for any other value.
    """
    if (kind := type_of(value)) is not None:
        return "warning", f"an object of the type {kind} has no id, so it was left out; write the dump again"
    error = value.get("error")
    if isinstance(error, Mapping) and isinstance(error.get("message"), str):
        return "error", f"this is an answer with an error, not a dump: {error['message']}"
    if isinstance(value.get("modules"), list) and "terraform_version" in value:
        version = value.get("version")
        message = f"a Terraform state of version {version} is not read, only of version 4"
        return "error", f"{message}; write it again by `terraform state pull` of Terraform 0.12 or newer"
    return None


def place_objects(text: str, reader: JsonReader) -> None:
    """Sets the exact places (line and column) of the objects that `reader` found, and of the JSON error that `reader`
    reported. `text` is the whole source.
    """
    reading, places, at = reader.reading, Text(text, reader.reading.file), 0
    if reader.broken is not None and text:
        reading.problems[-1] = _broken_place(text, reader, places)
    for index, found in enumerate(reading.found):
        named = json.dumps(found.id or found.name, ensure_ascii=False)
        position = text.find(named, at) if text and named != "null" else -1
        if found.place is not None and "[cell " not in found.place.file and position >= 0:
            reading.found[index] = replace(found, place=places.place(position))
            at = position


def _broken_place(text: str, reader: JsonReader, places: Text) -> Diagnostic:
    """Returns the JSON error that `reader` reported, with the place at which `text` stops being JSON."""
    given = reader.reading.problems[-1]
    try:
        if reader.broken is not None and not reader.broken.is_limit:
            json.loads(text)
    except json.JSONDecodeError as error:
        is_cut = reader.broken is not None and reader.broken.is_cut
        is_cut = is_cut or error.msg.startswith("Unterminated") or not text[error.pos :].strip()
        end = BrokenJson(error.msg, is_cut=is_cut)
        place = places.place(len(text.rstrip()) if is_cut else error.pos)
        return replace(given, message=reader.explain(end), place=place)
    except RecursionError:
        pass
    return given
