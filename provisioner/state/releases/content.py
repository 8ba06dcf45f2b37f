"""Defines the content of a release: the data with which the release can be applied again.

For an agent, the content includes its environment template. For each object that the content names, it contains the
address. For a file, it also contains the digest, so that a deleted file can be found again in the manifests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND
from provisioner.core.errors import ProvisionError, TornState
from provisioner.core.leaves import leaves
from provisioner.core.objecttype import FILE
from provisioner.core.strictjson import NUMBER, Shape, check_shape, loads
from provisioner.state.record_columns import body_of
from provisioner.state.records import Record, State, digest
from provisioner.state.shape import DIGEST, LARGEST, check_id, check_number, check_text, check_type
from provisioner.state.versions import ids_in

FORMAT = 1
#: The fields of a file's record that describe its upload.
UPLOAD = ("sha256", "filename", "bytes", "purpose")
OBJECT_SHAPE: Shape = {
    **dict.fromkeys(("address", "type", "sha256", "filename", "purpose"), str),
    "bytes": NUMBER,
}
PIECE_SHAPE: Shape = {"type": str, "inputs": dict, "needs": list, "sources": dict}
CONTENT_SHAPE: Shape = {**PIECE_SHAPE, "format": int, "template": dict, "objects": dict}


class NamedObject(Struct, frozen=True):
    """An object whose id occurs in the content of a release, for example a file or a vector store. The fields `sha256`,
    `filename`, `bytes` and `purpose` are set only for files.
    """

    address: Address
    type: str
    sha256: str = ""
    filename: str = ""
    bytes: int = 0
    purpose: str = ""

    def to_json(self) -> dict[str, Any]:
        """Returns the object as JSON data, without empty fields."""
        body = {name: getattr(self, name) for name in ("type", *UPLOAD)}
        return {"address": str(self.address), **{name: value for name, value in body.items() if value}}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> NamedObject:
        """Returns the object for `body`, the JSON data that `to_json` returned. Raises KeyError, TypeError, ValueError
        or a ProvisionError if `body` has another form.
        """
        check_shape(body, OBJECT_SHAPE)
        address = Address.parse(body["address"])
        check_type(body["type"], address)
        check_number(body.get("bytes", 0), LARGEST)
        return cls(**{**body, "address": address})


class Piece(Struct, frozen=True):
    """The content of one object in a release: the assistant itself, or its environment template. The fields are the
    same as in the object's record.
    """

    type: str
    inputs: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the piece as JSON data."""
        return {
            "type": self.type,
            "inputs": dict(self.inputs),
            "needs": sorted(self.needs),
            "sources": dict(self.sources),
        }

    @classmethod
    def from_json(cls, kind: str, body: Mapping[str, Any]) -> Piece:
        """Returns the piece for `body`, the JSON data that `to_json` returned. `kind` is the first word of the object's
        address, such as `assistant`. Raises KeyError, TypeError, ValueError or a ProvisionError if `body` has another
        form.
        """
        check_shape(body, PIECE_SHAPE)
        check_type(body["type"], Address(kind, "any"))
        needs = tuple(str(Address.parse(check_text(need))) for need in body["needs"])
        sources = body["sources"]
        check_shape(sources, dict.fromkeys(sources, str))
        return cls(body["type"], body["inputs"], needs, sources)

    @classmethod
    def of(cls, record: Record) -> Piece:
        """Returns the `Piece` for an object: the type, the inputs, the needed addresses and the sources, as `record`
        contains them. `record` is the record of the object in the state.
        """
        return cls(record.type, record.inputs, tuple(record.needs), record.sources)


class Content(Struct, frozen=True):
    """The content of a release. `assistant` is the content of the assistant itself, and `template` is the content of
    its environment template (None: it has no template). `objects` describes the other objects whose ids occur in these
    contents, keyed by id.
    """

    assistant: Piece
    template: Piece | None = None
    objects: Mapping[str, NamedObject] = field(default_factory=dict)

    def digest(self) -> str:
        """Returns the SHA-256 of the values that were sent to the API: the type of the assistant's object, and the
        inputs of the assistant and of its template. The field `objects` does not change the digest.
        """
        template = None if self.template is None else self.template.inputs
        return digest({"type": self.assistant.type, "inputs": self.assistant.inputs, "template": template})

    def parts(self) -> tuple[str, ...]:
        """Returns the digests of the values in the environment template that the API never returns, such as secrets.
        The record contains only these digests. The values themselves are stored separately, each as a text.
        """
        inputs = {} if self.template is None else self.template.inputs
        return tuple(sorted({found for value in inputs.values() if (found := digest_of_hidden(value))}))


def digest_of_hidden(value: Any) -> str | None:
    """Returns the DIGEST if `value` is `{"sha256": DIGEST}`. Records contain this form in place of a value that the API
    never returns. Returns None if `value` has another form.
    """
    if isinstance(value, Mapping) and value.keys() == {"sha256"}:
        found = value["sha256"]
        return found if isinstance(found, str) and DIGEST.fullmatch(found) else None
    return None


class ContentReader(Struct, frozen=True):
    """Reads the contents of assistants from a state. `known` maps ids to descriptions of objects that the state no
    longer records.
    """

    state: State
    known: Mapping[str, NamedObject] = field(default_factory=dict)
    _by_id: dict[str, Address] = field(default_factory=dict)

    def read(self, record: Record) -> Content:
        """Returns the content of the assistant in `record`."""
        if not self._by_id:
            self._by_id.update(ids_in(self.state.records))
        template = self.state.records.get(template_address(record.address))
        if template is not None and str(template.address) not in record.needs:
            template = None
        inputs = [each.inputs for each in (record, template) if each is not None]
        named = sorted({text for text in leaves(inputs) if isinstance(text, str)})
        objects = {id: found for id in named if (found := self._describe(id)) is not None}
        return Content(Piece.of(record), None if template is None else Piece.of(template), objects)

    def _describe(self, id: str) -> NamedObject | None:
        address = self._by_id.get(id)
        if address is None:
            return self.known.get(id)
        if address.kind == ASSISTANT_KIND.name:
            return None
        body = body_of(self.state.records, address)
        if body is not None and body.type != FILE.name:
            return NamedObject(address, body.type)
        record = self.state.records[address]
        upload = {name: record.inputs[name] for name in UPLOAD if name in record.inputs}
        return NamedObject(record.address, record.type, **upload)


def template_address(address: Address) -> Address:
    """Returns the address of the environment template that belongs to the assistant at `address`."""
    return Address(ENVIRONMENT_KIND.name, address.name)


def assistants(state: State) -> Iterable[Record]:
    """Returns the records of all assistants in a state. Only assistants have releases."""
    return (state.records[address] for address in state.records if address.kind == ASSISTANT_KIND.name)


def dump_content(content: Content) -> str:
    """Returns `content` as JSON text with sorted keys."""
    body = {
        "format": FORMAT,
        **content.assistant.to_json(),
        "objects": {id: each.to_json() for id, each in content.objects.items()},
        **({} if content.template is None else {"template": content.template.to_json()}),
    }
    return json.dumps(body, ensure_ascii=False, sort_keys=True) + "\n"


def parse_content(text: str, digest: str, name: str) -> Content:
    """Returns the content that `text` contains. `dump_content` writes such texts. `digest` is the digest of the
    content, and `name` is its name in error messages. Raises TornState if the text has another form, or if its content
    has another digest.
    """
    try:
        body = loads(text)
        check_shape(body, CONTENT_SHAPE)
        if body["format"] != FORMAT:
            raise ValueError("a format of another version")
        for id in body["objects"]:
            check_id(id, "definition")
        rest = {key: body[key] for key in PIECE_SHAPE}
        content = Content(
            Piece.from_json(ASSISTANT_KIND.name, rest),
            Piece.from_json(ENVIRONMENT_KIND.name, body["template"]) if "template" in body else None,
            {id: NamedObject.from_json(each) for id, each in body["objects"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ProvisionError) as error:
        raise torn(name) from error
    if content.digest() != digest:
        raise torn(name)
    return content


def torn(name: str) -> TornState:
    """Returns the error for a release whose stored text was not written by provision. `name` is the name of the
    release.
    """
    return TornState(
        f"{name} is not what provision wrote; nothing was changed",
        hint="restore it from version control or a backup, or choose another release: provision history ADDRESS",
    )
