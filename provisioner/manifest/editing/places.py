"""Finds where a field of a manifest entry is written: in the entry itself, in the settings, or in another place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from yaml.nodes import Node, ScalarNode

from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.editing.differences import REMOVED, Edit
from provisioner.manifest.editing.node_edits import NotEditable
from provisioner.manifest.expressions.parser import Expression, WrongExpression, parse
from provisioner.manifest.parsing.document import Document, Steps, Written
from provisioner.manifest.parsing.location import locate
from provisioner.manifest.project_settings.inheritance import Merged
from provisioner.manifest.project_settings.settings import FILE

#: The number of steps in the path of an environment's values for one resource: `environments`, its name, a section, and
#: the name of the resource.
BLOCK = 4


class Located(Struct, frozen=True):
    """An edit, together with the document that the edit changes. The path of the edit begins at the root of the
    document.
    """

    document: Document
    edit: Edit


def locate_edit(declaration: Declaration, fields: Mapping[str, Written], edit: Edit, whole: object) -> Located:
    """Returns the document in which an edited value is written, and the edit with the path of the value in this
    document. If the chosen environment of the project sets the value for this resource, the document is the settings
    file.

    `declaration` is the declared resource. `fields` are the fields of the resource. For an assistant, they include the
    fields that come from the project's defaults. `whole` is the entry after all edits. Raises NotEditable if the value
    comes from another place or contains an expression, if the entry has a `for_each`, or if the path of the edit fits
    no list in the entry.
    """
    own = declaration.written
    written, rest = _follow(fields, edit.path)
    if written is not None and is_of_environment(written, declaration):
        base = written.path[:BLOCK]
        if written.path[BLOCK:] == edit.path[: len(edit.path) - len(rest)]:
            return _within(written.document, base, _with_null(edit, declaration, written.document), whole)
    if declaration.key is not None:
        raise NotEditable("it is made by `for_each`, so the entry is shared with other instances")
    if written is None:
        return _within(own.document, own.path, edit, whole)
    if written.document is not own.document or written.path[: len(own.path)] != own.path:
        raise NotEditable(f"it comes from {written.place}")
    consumed = edit.path[: len(edit.path) - len(rest)]
    if written.path[len(own.path) :] != consumed:
        raise NotEditable(f"it comes from {written.place}")
    return _within(own.document, own.path, edit, whole)


def is_of_environment(written: Written, declaration: Declaration) -> bool:
    """Returns whether `written` is in the settings file, where an environment of the project overrides a field of the
    resource that `declaration` declares.
    """
    path = written.path
    return (
        written.document.path.name == FILE
        and path[:1] == ("environments",)
        and path[2:3] == (declaration.kind.section,)
        and len(path) > BLOCK
        and to_nfc(str(path[BLOCK - 1])) == declaration.address.name
    )


def _with_null(edit: Edit, declaration: Declaration, settings: Document) -> Edit:
    """Returns the edit of a value that an environment of the project overrides. If the edit removes a field that is
    also in the declaration or in the defaults, the returned edit sets the field to null. Without the null, the value in
    the declaration or the defaults would apply. Any other edit is returned unchanged.
    """
    if edit.value is not REMOVED or not all(isinstance(step, str) for step in edit.path):
        return edit
    own = declaration.written
    places = [(own.document, own.path), (settings, ("defaults",))]
    blocks = settings.data.get("environments") if isinstance(settings.data, dict) else None
    places += [(settings, ("environments", name, "defaults")) for name in blocks or ()]
    is_inherited = any(_exists(document, (*base, *edit.path)) for document, base in places)
    return Edit(edit.path, None) if is_inherited else edit


def _follow(fields: Mapping[str, Written], path: Steps) -> tuple[Written | None, Steps]:
    """Returns the value of the field with which `path` begins, and the rest of the path. `fields` are the fields of an
    entry. If the value was merged from several mappings, returns the inner value on the path that comes from a single
    mapping instead, because only such a value has one place. The value is None if `fields` does not contain the field.
    """
    written = fields.get(str(path[0]))
    rest = path[1:]
    while isinstance(written, Merged) and rest:
        part = written.parts.get(str(rest[0]))
        if part is None:
            break
        written, rest = part, rest[1:]
    return written, rest


def _within(document: Document, base: Steps, edit: Edit, whole: object) -> Located:
    """Returns the edit with a path that begins at the root of `document`. `base` is the path of the manifest entry in
    the document, and `whole` is the entry after all edits.

    Some values are written in a short form, for example a tool as its name. If the edit changes a part of such a value,
    the returned edit replaces the whole value.
    """
    path, value = edit.path, edit.value
    node = _node(document, base)
    for depth in range(len(path)):
        found = list(locate(node, path[: depth + 1]))
        if len(found) <= depth:
            break
        inner = found[-1][1]
        if depth + 1 < len(path) and isinstance(inner, ScalarNode):
            path, value = path[: depth + 1], _value(whole, path[: depth + 1])
            edit = Edit(path, value)
            break
        if (depth + 1 == len(path) and not edit.inserted) and any(map(_has_expression, _texts(inner))):
            raise NotEditable(f"it contains an expression (`${{…}}`) at {document.place((*base, *path))}")
    return Located(document, _nested(document, base, edit))


def _nested(document: Document, base: Steps, edit: Edit) -> Edit:
    """Returns the edit with a path that begins at the root of `document`. `base` is the path of the manifest entry in
    the document. If the edit sets a key in a mapping that does not exist yet, the returned edit adds the mapping with
    the key.
    """
    path, value = edit.path, edit.value
    while len(path) > 1 and not _exists(document, (*base, *path[:-1])):
        if not isinstance(path[-1], str) or edit.inserted:
            raise NotEditable("the list is not written in this entry")
        path, value = path[:-1], {path[-1]: value}
    return Edit((*base, *path), value, edit.inserted)


def _exists(document: Document, path: Steps) -> bool:
    found = list(locate(document.node, path))
    return len(found) == len(path) and not (isinstance(found[-1][1], ScalarNode) and not found[-1][1].value)


def _node(document: Document, path: Steps) -> Node | None:
    found = list(locate(document.node, path))
    return found[-1][1] if path and len(found) == len(path) else document.node


def _value(whole: object, path: Steps) -> object:
    for step in path:
        try:
            whole = whole[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError) as error:
            raise NotEditable("the list has another form in the manifest") from error
    return whole


def _has_expression(text: str) -> bool:
    """Returns whether a text of a manifest contains an expression, or a `${` that is not a valid expression. `$${` does
    not begin an expression.
    """
    try:
        return any(isinstance(part, Expression) for part in parse(text))
    except WrongExpression:
        return True


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, ScalarNode):
        yield node.value
        return
    for item in node.value:
        for each in item if isinstance(item, tuple) else (item,):
            yield from _texts(each)
