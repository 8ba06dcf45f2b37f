"""Makes the edits that write the drift of a resource (the changes that others made to its live object) into the
manifest that declares the resource.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, VECTOR_STORE_KIND
from provisioner.core.objecttype import FILE
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.editing.differences import Edit, find_edits
from provisioner.manifest.editing.node_edits import NotEditable
from provisioner.manifest.editing.places import Located, is_of_environment, locate_edit
from provisioner.manifest.editing.prose import changed_part, check_part, is_body
from provisioner.manifest.parsing.document import Steps, Written
from provisioner.manifest.resources.instructions import Part
from provisioner.manifest.sources import Composed, Sources
from provisioner.manifest.writing.drafts_of_stores import is_own_chunking
from provisioner.manifest.writing.paths import spell_path
from provisioner.planning.diff.members import own_attributes
from provisioner.planning.plan import Drift
from provisioner.project.drifted import Drifted

#: The reason for resources of other kinds than assistants and vector stores.
NOT_EDITED = (
    "only the entries of assistants and vector stores are edited; take the change over by hand, or undo it with "
    "`provision apply --overwrite-drift`"
)


class Refused(Struct, frozen=True):
    """A changed field of a live object that cannot be written into the manifest. `reason` says why.

    `path` is the path of the field in the entry that declares the resource. `value` is the live value, or None if it
    cannot be shown.
    """

    path: str
    value: Any
    reason: str


class ValueEdits(Struct, frozen=True):
    """The edits of files that write one changed field of a live object into its manifest.

    `path` is the path of the field in the entry that declares the resource. `value` is the live value, or None if the
    value cannot be shown. `located` are edits of values in YAML files. `prose` are pairs for edits of texts: a part of
    the instructions, and its new text.
    """

    path: str
    value: Any
    located: tuple[Located, ...] = ()
    prose: tuple[tuple[Part, str], ...] = ()

    def refuse(self, reason: str) -> Refused:
        """Returns a `Refused` value for the changed field, which says that the field cannot be written into the
        manifest. `reason` says why.
        """
        return Refused(self.path, self.value, reason)


class ResourceEdits(Struct):
    """The edits of files that write the drift of one resource (changes by others) into its manifest. `values` contains
    the edits for each changed field that can be written. `refused` contains the changed fields that cannot be written.
    """

    address: Address
    values: list[ValueEdits] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def written(self) -> list[str]:
        """Returns the paths of the changed fields that the edits write into the manifest."""
        return [each.path for each in self.values]


def make_edits(drifted: Drifted, sources: Sources, root: Path) -> ResourceEdits:
    """Returns the edits that write the changes by others in one resource (its drift) into its manifest. `drifted` is
    the resource with these changes. `sources` are the parsed manifests, and `root` is the root folder of the project.
    """
    made = ResourceEdits(drifted.address)
    declaration = find_declaration(sources, drifted.address)
    if drifted.gone or declaration is None:
        reason = "the object no longer exists; the next apply makes it anew" if drifted.gone else NOT_EDITED
        made.refused.append(Refused("", None, reason))
        return made
    composed = next((each for each in sources.assistants if each.declaration.address == drifted.address), None)
    fields = composed.fields if composed else dict(declaration.written.fields())
    for edit in _edits(drifted):
        path, value = spell_path(edit.path), _shown(edit.value)
        try:
            if edit.path == ("instructions",) and composed is not None and isinstance(edit.value, str):
                made.values.append(_edit_prose(composed, declaration, sources, path, edit.value))
            else:
                _check_named_tool(composed, edit)
                located = locate_edit(declaration, fields, edit, drifted.after)
                made.values.append(ValueEdits(path, value, (located,)))
        except NotEditable as error:
            made.refused.append(Refused(path, value, str(error)))
    for each in drifted.members:
        _add_member(made, declaration, each, root)
    for path in drifted.secrets:
        made.refused.append(Refused(path, None, "it would hold a secret, which no manifest may have"))
    return made


def find_declaration(sources: Sources, address: Address) -> Declaration | None:
    """Returns the declaration of the assistant or the vector store at `address`. Returns None if no manifest declares
    the address, or if the address has any other kind.
    """
    if address.kind not in (ASSISTANT_KIND.name, VECTOR_STORE_KIND.name):
        return None
    return sources.declared.of(address.kind).get(address.name)


def _edits(drifted: Drifted) -> Iterator[Edit]:
    return find_edits(dict(drifted.before), dict(drifted.after))


def _shown(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict) else None


def _edit_prose(composed: Composed, declaration: Declaration, sources: Sources, path: str, text: str) -> ValueEdits:
    """Returns the edits that give an assistant the instructions `text`. `composed` contains the parts of the present
    instructions, `declaration` is the entry of the assistant, and `path` is the path of the field for the instructions.
    Raises NotEditable if the edits would change more than one part, or a part that other assistants share.
    """
    part, new = changed_part([part for _, part in composed.parts], text)
    check_part(part, declaration.address, sources.assistants)
    _check_own(part, declaration)
    if is_body(part) or part.path is not None:
        return ValueEdits(path, text, prose=((part, new),))
    return ValueEdits(path, text, (Located(part.written.document, Edit(part.written.path, new)),))


def _check_own(part: Part, declaration: Declaration) -> None:
    """Raises NotEditable if `part`, a part of the instructions, is written in a place that other assistants share.
    `declaration` is the declaration of the assistant.
    """
    if is_of_environment(part.written, declaration):
        return
    if declaration.key is not None and part.path is None and part.source is None:
        raise NotEditable("it is made by `for_each`, so the entry is shared with other instances")
    if part.written.document.path.name == "provision.yaml" and part.path is None:
        raise NotEditable(f"it comes from {part.written.place}")


def _check_named_tool(composed: Composed | None, edit: Edit) -> None:
    """Raises NotEditable if `edit` changes a tool that is declared outside of the assistant, because other assistants
    may use the tool. Also raises NotEditable if it is not known which entry of the manifest declares the tool.
    `composed` contains the tools of the assistant; if it is None, nothing is checked.
    """
    if composed is None or edit.path[0] != "tools" or len(edit.path) < 2:
        return
    index = edit.path[1]
    written = composed.fields.get("tools")
    count = len(written.value) if written is not None and isinstance(written.value, list) else 0
    if count != len(composed.tools):
        raise NotEditable("items of the list stand for several tools")
    if isinstance(index, int) and index < count and not edit.inserted and len(edit.path) > 2:
        item, tool = composed.tools[index]
        if isinstance(item.value, str) and item.value != tool.get("type"):
            raise NotEditable(f"the tool `{item.value}` is declared by itself, and others may use it")


def _add_member(made: ResourceEdits, declaration: Declaration, drift: Drift, root: Path) -> None:
    """Adds to `made` the edits for `drift`, the changes that others made to one file in a vector store. The edits write
    its changed attributes and its changed chunking strategy. If a change cannot be written, adds the reason to
    `made.refused`.
    """
    before, after = drift.recorded or {}, drift.actual or {}
    path, shown = drift.field or "files", {}
    edits: list[tuple[Steps, Any]] = []
    old, new = own_attributes(before), own_attributes(after)
    if old != new:
        edits.append((("attributes",), {key: _plain(value) for key, value in new.items()}))
        shown["attributes"] = edits[-1][1]
    chunking = after.get("chunking_strategy")
    if before.get("chunking_strategy") != chunking and isinstance(chunking, Mapping):
        own = {"static": dict(chunking["static"])} if is_own_chunking(chunking) else "auto"
        edits.append((("chunking_strategy",), own))
        shown["chunking_strategy"] = own
    try:
        found = _find_item(declaration, drift.path[1], root)
        made.values.append(ValueEdits(path, shown, tuple(_of_item(declaration, found, edits))))
    except NotEditable as error:
        made.refused.append(Refused(path, shown, str(error)))


def _find_item(declaration: Declaration, key: str, root: Path) -> Written:
    files = declaration.written.get("files")
    if files is None or not isinstance(files.value, list):
        raise NotEditable("no item of `files:` names the file alone")
    found = [item for item in files.items() if key in _keys_of(item, root)]
    if not found:
        raise NotEditable("no item of `files:` names the file alone")
    return found[-1]


def _keys_of(item: Written, root: Path) -> set[str]:
    """Returns the keys with which the record of a vector store may contain the file in `item`. `item` is one item of
    the field `files:` in a manifest.

    A key is the id of an upload, or the address or the path of a local file. The set is empty if `item` does not name a
    file.
    """
    value = item.value
    given = value if isinstance(value, dict) else {"path": value}
    if isinstance(given.get("id"), str):
        return {given["id"]}
    if isinstance(given.get("file"), str):
        return {str(Address(FILE.kind.name, to_nfc(given["file"])))}
    path = given.get("path")
    if not isinstance(path, str):
        return set()
    relative = os.path.relpath(os.path.normpath(item.document.folder / path), root)
    return {path, str(Address(FILE.kind.name, to_nfc(Path(relative).as_posix())))}


def _of_item(declaration: Declaration, item: Written, edits: list[tuple[Steps, Any]]) -> Iterator[Located]:
    fields = dict(declaration.written.fields())
    base = ("files", *item.path[len(fields["files"].path) :])
    if isinstance(item.value, str):
        value = {"path": item.value, **{str(steps[0]): value for steps, value in edits if value}}
        yield locate_edit(declaration, fields, Edit(base, value), None)
        return
    for steps, value in edits:
        name = str(steps[0])
        current = item.value.get(name)
        if isinstance(current, dict) and isinstance(value, dict) and current:
            for inner in find_edits(current, value, (*base, name)):
                yield locate_edit(declaration, fields, inner, None)
        elif not (value == {} and current is None):
            yield locate_edit(declaration, fields, Edit((*base, name), value), None)


def _plain(value: Any) -> Any:
    """Returns a number without a fraction as an integer, and any other value unchanged. The API returns all numbers as
    floats, and manifests usually contain integers.
    """
    return int(value) if isinstance(value, float) and value.is_integer() else value
