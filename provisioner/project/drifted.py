"""Converts the drift of a managed object (the changes that others made to it) to two entries of a manifest: one with
the values that were sent last, and one with the live values.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND, VECTOR_STORE_KIND
from provisioner.core.objecttype import AGENT, ASSISTANT, FILE, VECTOR_STORE
from provisioner.core.text.prose import trim_prose
from provisioner.manifest.expressions.parser import escape
from provisioner.manifest.writing.draft import Draft
from provisioner.manifest.writing.drafts_of_agents import draft_agent
from provisioner.manifest.writing.drafts_of_assistants import draft_assistant
from provisioner.manifest.writing.drafts_of_stores import draft_store
from provisioner.manifest.writing.found import Found
from provisioner.manifest.writing.references import References
from provisioner.manifest.writing.secret_values import take_secrets
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import MARK_PREFIX, Drift
from provisioner.state.records import Record, State

#: The types of objects whose drift a manifest can express.
EXPRESSED = (VECTOR_STORE.name, AGENT.name, ASSISTANT.name)


class Drifted(Struct, frozen=True):
    """A resource with drift (changes by others), expressed as two entries of a manifest. `before` is the entry with the
    values that were sent last, and `after` is the entry with the live values. The entries differ only in the fields
    with drift.

    `members` are the changes of the files in a vector store. `secrets` are the paths in `after` from which a secret was
    removed. `gone` is True if the object no longer exists.
    """

    address: Address
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    members: tuple[Drift, ...] = ()
    secrets: tuple[str, ...] = ()
    gone: bool = False


@dataclass
class DriftedEntries:
    """Converts the drift in a plan (the changes that others made at OpenAI) to `Drifted` values, which say what the
    drift changes in manifests. The method `of` returns the `Drifted` of one resource.

    `live` maps addresses to live objects. `drift` is the drift in the plan. `root` is the root folder of the project.
    """

    state: State
    live: Mapping[Address, Live]
    drift: Iterable[Drift]
    root: Path
    _by_address: dict[Address, list[Drift]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_address = {}
        for each in self.drift:
            if is_written(each):
                self._by_address.setdefault(owner_of(each.address), []).append(each)

    def addresses(self) -> list[Address]:
        """Returns the addresses of all resources with drift, sorted."""
        return sorted(self._by_address)

    def of(self, address: Address, folder: Path) -> Drifted | None:
        """Returns the resource at `address` with its drift, or None if the resource has no drift. Paths of files in the
        result are relative to `folder`, the folder of the manifest.
        """
        found = self._by_address.get(address)
        if not found:
            return None
        if any(not each.path for each in found):
            return Drifted(address, {}, {}, gone=True)
        record = self.state.records[address]
        if record.type not in EXPRESSED:
            return Drifted(address, {}, {each.field or "": each.actual for each in found})
        template = Address(ENVIRONMENT_KIND.name, address.name)
        before = self._entry(record, self.state.records.get(template), [], folder)[0]
        after, secrets = self._entry(record, self.state.records.get(template), found, folder)
        members = tuple(each for each in found if each.is_member)
        return Drifted(address, before, after, members, secrets)

    def _entry(
        self, record: Record, template: Record | None, drift: list[Drift], folder: Path
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        draft = Draft(self._found(record, drift))
        if record.type == AGENT.name:
            draft_agent(draft, self._found(template, drift) if template is not None else None)
        elif record.type == ASSISTANT.name:
            draft_assistant(draft)
        else:
            draft_store(draft)
            draft.entry.pop("files", None)
        if record.type != VECTOR_STORE.name:
            self._references(folder).resolve_tools(draft)
        entry = draft.entry
        if isinstance(text := entry.get("instructions"), str):
            entry["instructions"] = trim_prose(text)
        secrets = tuple(each.path for each in take_secrets(entry, record.address.name, {}))
        prose = {name: entry.pop(name) for name in ("instructions",) if name in entry}
        return {**escape(entry), **prose}, secrets

    def _found(self, record: Record, drift: list[Drift]) -> Found:
        """Returns the object of `record` as a `Found` value, from which a manifest can be written. Fields in `drift`
        have the live values. All other fields have the values that the API returned after the last write, or the live
        values if it returned none.
        """
        live = self.live.get(record.address)
        fields: dict[str, Any] = {**(live.fields if live else {}), **record.echo}
        fields.pop("files" if record.type == VECTOR_STORE.name else "", None)
        for each in drift:
            if each.address != record.address or each.is_member:
                continue
            name, *keys = each.path
            if not keys:
                fields[name] = each.actual
                continue
            inner = dict(fields.get(name) or {})
            inner[keys[0]] = each.actual
            fields[name] = {key: value for key, value in inner.items() if value is not None}
        return Found(record.type, record.id, fields, id=record.id, is_echo=False)

    def _references(self, folder: Path) -> References:
        records = self.state.records.values()
        stores = {each.id: each.address.name for each in records if each.address.kind == VECTOR_STORE_KIND.name}
        files: dict[str, Found] = {}
        for each in records:
            if each.type == FILE.name:
                path = os.path.relpath(self.root / each.address.name, folder)
                files[each.id] = Found(FILE.name, each.id, {"filename": path}, id=each.id, path=path)
        return References(stores, files)


def is_written(drift: Drift) -> bool:
    """Returns whether `drift` is to be written into a manifest: the plan would overwrite the live value, or the object
    no longer exists. Changes of the ownership mark in an object's metadata are never written.
    """
    if drift.path[1:] and drift.path[0] == "metadata" and drift.path[1].startswith(MARK_PREFIX):
        return False
    return drift.overwritten or not drift.path


def owner_of(address: Address) -> Address:
    """Returns the address of the resource whose entry in a manifest describes the object at `address`. For an
    environment template, it is the address of its assistant. Every other address is returned unchanged.
    """
    return Address(ASSISTANT_KIND.name, address.name) if address.kind == ENVIRONMENT_KIND.name else address
