"""Finds the objects that a release (a stored content of an assistant) names: objects that still exist, and objects that
must be uploaded again. The table shows the decisions of a rollback:

| the release names                       | and this object  | the plan uses                                        |
|-----------------------------------------|------------------|------------------------------------------------------|
| the environment template                | (any)            | the template of the release                          |
| a file whose declaration is unchanged   | exists           | the declared file                                    |
| another file                            | exists           | its id                                               |
| a file                                  | no longer exists | a declared file with the same content, then uploaded |
| a store or skill that is still recorded | exists           | the declared store or skill                          |
| another store or skill                  | exists           | its id                                               |

In every other case, the release cannot be restored.

A pinned assistant keeps the content of a release. If the manifests replace its vector store, it uses the new store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.leaves import leaves
from provisioner.core.objecttype import ENVIRONMENT_TEMPLATE, FILE, TYPES
from provisioner.core.resource import Lifecycle, Ref, Resource
from provisioner.core.text.safetext import line
from provisioner.state.records import Record, State
from provisioner.state.releases.content import Content, NamedObject, template_address
from provisioner.state.releases.release import Release
from provisioner.state.versions import ids_of


class ObjectFinder(Struct):
    """Decides which object a plan uses for each object that a release names. A release is a stored content of an
    assistant, to which the assistant can be pinned.

    `exists` returns whether an object with a type and an id exists. It is None if the assistant is pinned to the
    release already. `number` is the number of the release to which the assistant is pinned.

    `uploads` are the addresses of declared files that must be uploaded. `retained` are resources that no manifest
    declares and that must stay. `notes` are messages for the user. `problems` say why the release cannot be restored.
    """

    desired: Mapping[Address, Resource]
    state: State
    exists: Callable[[str, str], bool] | None
    release: Release
    number: int
    uploads: list[Address] = field(default_factory=list)
    retained: list[Resource] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _found: dict[str, str | Ref] = field(default_factory=dict)

    def look(self, content: Content) -> None:
        """Decides for each object that `content` (the content of a release) names which object the plan uses. Stores
        the decisions for `with_references`.
        """
        for id, named in sorted(content.objects.items()):
            self._found[id] = self._find(id, named)

    def with_references(self, value: Any) -> Any:
        """Returns a copy of `value`, in which each id that `look` has found is replaced by the value that the plan
        uses: a reference to a declared resource, or the id itself.
        """
        if isinstance(value, str):
            return self._found.get(value, value)
        if isinstance(value, Mapping):
            return {key: self.with_references(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.with_references(item) for item in value]
        return value

    def _find(self, id: str, named: NamedObject) -> str | Ref:
        if named.type == ENVIRONMENT_TEMPLATE.name:
            return Ref(template_address(self.release.address))
        record = self._recorded(id, named)
        if self.exists is None:
            return self._follow(id, named, record)
        if not self.exists(named.type, id):
            return self._find_again(id, named)
        return self._refer(id, named, record)

    def _recorded(self, id: str, named: NamedObject) -> Record | None:
        """Returns the record at the address in `named`, if this record is for the object with the id `id`. Otherwise
        returns None. `named` is the description of this object in a release.
        """
        record = self.state.records.get(named.address)
        return record if record is not None and id in ids_of(record) else None

    def _refer(self, id: str, named: NamedObject, record: Record | None) -> str | Ref:
        """Returns a reference to the address of an object that exists. Returns the object's id instead if the address
        now has another object or no record, or declares a file with another content. If no manifest declares the
        address, adds the object to `retained`. `named` is the description of the object in the release.
        """
        if record is None or record.id != id:
            return id
        declared = self.desired.get(named.address)
        if declared is None:
            self._retain(record)
            return Ref(named.address)
        return id if named.type == FILE.name and not _has_content(declared, named) else Ref(named.address)

    def _follow(self, id: str, named: NamedObject, record: Record | None) -> str | Ref:
        """Returns the value by which the plan replaces the id `id` in a release, for an assistant that is pinned to the
        release already. The value is a reference to a declared resource, or an id. `named` is the description of the
        object in the release. `record` is the record of the object in the state, or None.

        If there is a record, `_refer` chooses the value. Otherwise the value is `id` if the present record of the
        assistant or of its environment template contains this id. If not, the value is a reference to the resource that
        is declared at the address of the object; a declared file must have the same content. If there is no such
        resource, `_find_again` chooses the value for a file, and for another object the value is `id`.
        """
        declared, address = self.desired.get(named.address), self.release.address
        if record is not None:
            return self._refer(id, named, record)
        users = [self.state.records.get(each) for each in (address, template_address(address))]
        if any(user is not None and id in leaves(user.inputs) for user in users):
            return id
        if declared is not None and (named.type != FILE.name or _has_content(declared, named)):
            return Ref(named.address)
        return id if named.type != FILE.name else self._find_again(id, named)

    def _find_again(self, id: str, named: NamedObject) -> str | Ref:
        """Returns a reference to a declared file with the same content as the file with the id `id`, which no longer
        exists, and adds the address of the declared file to `uploads`. If there is no such file, or if the object is
        not a file, adds a text to `problems` and returns the id.
        """
        if named.type != FILE.name:
            self.problems.append(self._lost_text(id, named))
            return id
        same = [each for each in self.desired.values() if each.type == FILE.name and _has_content(each, named)]
        same.sort(key=lambda each: (each.address != named.address, each.address))
        if not same:
            self.problems.append(self._lost_file_text(id, named))
            return id
        address = same[0].address
        self.uploads.append(address)
        recorded = self.state.records.get(address)
        if recorded is None or recorded.inputs.get("sha256") != named.sha256:
            self.notes.append(
                f"{self.release.name} names {id} ({_called(named)}), which no longer exists; {address} has the same "
                "content and is uploaded again"
            )
        return Ref(address)

    def _lost_text(self, id: str, named: NamedObject) -> str:
        title = TYPES[named.type].title
        present = self.state.records.get(named.address)
        now = f"; the present {title} of {named.address} is {present.id}" if present and present.id != id else ""
        return (
            f"{self.release.name} names the {title} {id} ({named.address}), which no longer exists or has "
            f"expired{now}; choose a release that names an existing one (provision history), or write the former text "
            "into the manifest and apply it"
        )

    def _lost_file_text(self, id: str, named: NamedObject) -> str:
        made = self.release.made.commit
        where = f", for example from commit {made[:12]}" if made else ""
        return (
            f"{self.release.name} names the file {id} ({_called(named)}, sha256 {named.sha256}), which no longer "
            f"exists, and no declared file has this content; put the file with this content back at "
            f"{named.address}{where}, and run the command again"
        )

    def _retain(self, record: Record) -> None:
        """Adds a resource for the recorded object `record`, so that the plan does not delete it although the manifests
        no longer declare it. For a vector store, also adds resources for its files.
        """
        if any(each.address == record.address for each in self.retained):
            return
        self.retained.append(
            Resource(
                record.address, record.type, record.inputs, lifecycle=Lifecycle(record.protect), sources=record.sources
            )
        )
        self.notes.append(
            f"{record.address} is no longer in the manifests; it stays as long as {self.release.address} is pinned to "
            f"release {self.number}, which uses it"
        )
        ids = {text for text in leaves(record.inputs) if isinstance(text, str)}
        for other in self.state.records.values():
            if other.type == FILE.name and other.id in ids and other.address not in self.desired:
                self._retain(other)


def _has_content(resource: Resource, named: NamedObject) -> bool:
    """Returns whether the declared file `resource` has the same content and purpose as the file `named` in a
    release.
    """
    inputs = resource.inputs
    return bool(named.sha256) and (inputs.get("sha256"), inputs.get("purpose")) == (named.sha256, named.purpose)


def _called(named: NamedObject) -> str:
    size = f", {named.bytes:,} bytes" if named.bytes else ""
    return f"{line(named.filename or named.address.name)}{size}"
