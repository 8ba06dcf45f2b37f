"""Makes drafts (manifest entries) from vector stores and their files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from provisioner.core.kinds.model import FileReference
from provisioner.core.kinds.vector_store import VectorStoreModel
from provisioner.manifest.writing.draft import Draft, filled
from provisioner.manifest.writing.found import MemberFile
from provisioner.manifest.writing.outcomes import Outcome

#: The field for a file id in an item of `files:`. It is `path` if the model of manifests has no field `id`.
ID_FIELD = "id" if "id" in FileReference.model_fields else "path"
#: The attributes of files that provision itself writes. A `path` without a `sha256` is an attribute of somebody else.
OWN_ATTRIBUTES = ("sha256", "path")
#: The chunking strategy that the API returns for files whose strategy nobody chose.
AUTO: Mapping[str, Any] = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}


def draft_store(draft: Draft) -> None:
    """Fills the draft of a vector store: its manifest entry, and the report on its fields. The entry refers to the
    store's files by their keys. `References` later replaces these keys by paths or ids.
    """
    draft.drop_unread()
    draft.drop_given()
    files = draft.left.pop("file_ids", None) or []
    chunking = draft.left.pop("chunking_strategy", None)
    if isinstance(expiry := draft.left.get("expires_after"), Mapping):
        draft.left["expires_after"] = {key: item for key, item in filled(expiry).items() if key in ("anchor", "days")}
    draft.drop_defaults({})
    for name in VectorStoreModel.model_fields:
        if name != "metadata":
            draft.carry(name)
    draft.carry_metadata()
    if isinstance(chunking, Mapping) and is_own_chunking(chunking):
        draft.place("chunking_strategy", _chunking(chunking), ("chunking_strategy",))
    members = [*draft.found.members, *(MemberFile(str(file)) for file in files)]
    usual = _common_chunking(members) if "chunking_strategy" not in draft.entry else None
    if usual is not None:
        draft.entry["chunking_strategy"] = _chunking(usual)
    items = [_item(member, usual) for member in {member.id: member for member in members}.values()]
    if items:
        draft.entry["files"] = items
        draft.say(
            "file_ids" if files else "files", Outcome.MOVED if files else Outcome.CARRIED, "files" if files else None
        )


def is_own_chunking(value: Mapping[str, Any]) -> bool:
    """Returns whether a chunking strategy differs from the default. The API writes the default in several ways."""
    return value.get("type") not in ("auto", "other", None) and filled(value) != AUTO


def _common_chunking(members: list[MemberFile]) -> Mapping[str, Any] | None:
    """Returns the chunking strategy that all files of a vector store use. Returns None if the strategies differ, or if
    they are the default.
    """
    given = [member.chunking_strategy for member in members]
    counted = Counter(repr(each) for each in given)
    first = given[0] if given else None
    return first if first is not None and len(counted) == 1 and is_own_chunking(first) else None


def _item(member: MemberFile, usual: Mapping[str, Any] | None) -> Any:
    given = member.attributes or {}
    ours = OWN_ATTRIBUTES if "sha256" in given else ()
    attributes = {key: value for key, value in given.items() if key not in ours}
    item: dict[str, Any] = {ID_FIELD: member.id}
    if attributes:
        item["attributes"] = {key: _plain(value) for key, value in attributes.items()}
    chunking = member.chunking_strategy
    if chunking is not None and usual is None and is_own_chunking(chunking):
        item["chunking_strategy"] = _chunking(chunking)
    return item


def _plain(value: Any) -> Any:
    """Returns a float without a fraction as an integer, and any other value unchanged. The API returns all numbers as
    floats.
    """
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _chunking(value: Mapping[str, Any]) -> Any:
    return {"static": dict(value["static"])} if isinstance(value.get("static"), Mapping) else "auto"
