"""Replaces the content of resources in the manifests by the content of releases, for rollbacks and for pinned
assistants. A release is a stored content of an assistant. A pinned assistant keeps the content of one release.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import InvalidManifest, StateError, UsageError
from provisioner.core.resource import Pin, Resource
from provisioner.engine.release_objects import ObjectFinder
from provisioner.openai_api.collections import FIELDS, Collection
from provisioner.openai_api.collections.collection import field_of
from provisioner.planning.diff.scope import Scope
from provisioner.planning.pins import manifest_digest, pinned_text
from provisioner.state.records import State
from provisioner.state.release_storage import Releases, no_releases
from provisioner.state.releases.content import (
    Content,
    ContentReader,
    NamedObject,
    Piece,
    digest_of_hidden,
    template_address,
)
from provisioner.state.releases.registering import copy_releases, current_release
from provisioner.state.releases.release import Release
from provisioner.state.renaming import rename_records

#: The number of a release by the assistant's address. None releases the pin.
Rollbacks = Mapping[Address, int | None]
NO_ROLLBACKS: Rollbacks = MappingProxyType({})
#: Returns whether an object exists and can be used. The arguments are the type and the id.
Exists = Callable[[str, str], bool]


class Restored(Struct, frozen=True):
    """The resources of a plan. An assistant that is rolled back or pinned has the content of a release instead of the
    content in the manifests.

    `known` maps ids to descriptions of the objects that these releases name. `only` are the addresses to which a
    rollback limits the plan; it is empty if nothing is rolled back. If `alone` is True, the plan does not include the
    objects that these addresses need.
    """

    resources: tuple[Resource, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    known: Mapping[str, NamedObject] = field(default_factory=dict)
    only: tuple[Address, ...] = ()
    alone: bool = True

    def limit(self, scope: Scope) -> Scope:
        """Returns the limits of the plan. If releases are rolled back, the result is `scope` limited to the addresses
        in `only`. Otherwise it is `scope` itself.
        """
        return replace(scope, only=self.only, alone=self.alone) if self.only else scope


def restore(
    resources: Sequence[Resource],
    state: State,
    moved: Mapping[Address, Address],
    releases: Releases,
    rollbacks: Rollbacks,
    exists: Exists,
) -> Restored:
    """Returns the resources of a plan, in which each assistant in `rollbacks` and each pinned assistant has the content
    of a release. `rollbacks` maps the address of an assistant to a release number. None instead of a number ends the
    pin, so that the manifest applies again. `moved` maps the new address of each renamed resource to its former
    address. `exists` returns whether an object exists.

    Raises UsageError if an assistant or a release does not exist, InvalidManifest if a release cannot be restored, and
    StateError if the content of a release cannot be read.
    """
    state = rename_records(state, moved)
    releases = dataclasses.replace(releases, index=copy_releases(releases.index, moved))
    pinned = [each for each in resources if _pin_of(each, state) is not None and each.address not in rollbacks]
    if not pinned and not rollbacks:
        return Restored(tuple(resources))
    restoring = _Restoring({each.address: each for each in resources}, state, releases, exists)
    for resource in pinned:
        restoring.follow(resource)
    for address, number in rollbacks.items():
        restoring.roll_back(address, number)
    return replace(restoring.result(), alone=None not in rollbacks.values())


def exists_live(collections: Mapping[str, Collection], type_: str, id: str, *, refreshing: bool) -> bool:
    """Returns whether the object of type `type_` with the id `id` exists and has not expired. If `refreshing` is False,
    nothing is read, and every object is assumed to exist. Raises ApiError if an API call fails.
    """
    if not refreshing:
        return True
    live = collections[type_].retrieve(id)
    return live is not None and live.status != "expired"


def previous_release(address: Address, state: State, releases: Releases) -> Release:
    """Returns the release that a rollback without a number restores: the newest release that is older than the present
    release and has another content. If the present release restores an earlier release, only releases before that one
    count. While an earlier rollback is not finished, the release of that rollback is returned.

    Raises UsageError if there is no such release.
    """
    found, record = releases.of(address), state.records.get(address)
    if not found:
        raise no_releases(address)
    digest = None if record is None else ContentReader(state).read(record).digest()
    current = current_release(found, record, digest)
    if record is not None and record.pinned is not None and not _is_restored(current, record.pinned):
        return releases.find(address, record.pinned.release)
    first = None if current is None else releases.index.find(address, current.restores or current.number) or current
    below = [each for each in found if first is None or each.number < first.number]
    earlier = [each for each in below if each.digest != digest]
    if not earlier:
        raise UsageError(
            f"{address} has no release before the present one, so it cannot be rolled back",
            hint=f"list its releases: provision history {address}",
        )
    return earlier[-1]


class _Restoring(Struct):
    """Collects the resources of a plan, and replaces some of them by the content of releases."""

    desired: dict[Address, Resource]
    state: State
    releases: Releases
    exists: Exists
    diagnostics: list[Diagnostic] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)
    known: dict[str, NamedObject] = field(default_factory=dict)
    only: list[Address] = field(default_factory=list)

    def result(self) -> Restored:
        """Returns the resources, with the diagnostics and the objects that the releases name. Raises InvalidManifest if
        a release cannot be restored.
        """
        if self.errors:
            raise InvalidManifest(self.errors)
        return Restored(tuple(self.desired.values()), tuple(self.diagnostics), self.known, tuple(self.only))

    def follow(self, resource: Resource) -> None:
        """Gives the pinned assistant `resource` the content of the release to which it is pinned. If its manifest has
        changed since it was pinned, the manifest applies, and a message says that the pin ends. If the release was
        removed, an error is added.
        """
        address, pin = resource.address, _pin_of(resource, self.state)
        assert pin is not None
        if pin.manifest != manifest_digest(resource, self.desired.get(template_address(address))):
            self._report(
                "info",
                resource,
                f"{address} was pinned to release {pin.release}; its manifest has changed, so the pin ends",
            )
            return
        release = self._pinned_release(address, pin)
        if release is None:
            self._fail(
                resource,
                f"{address} is pinned to release {pin.release}, which is not kept any longer; end the "
                f"pin: provision rollback --release-pin {address}",
            )
            return
        self._report("warning", resource, pinned_text(address, pin.release))
        self._put(resource, release, pin, ObjectFinder(self.desired, self.state, None, release, pin.release))

    def _pinned_release(self, address: Address, pin: Pin) -> Release | None:
        """Returns the release whose content a pinned assistant gets: the present release if it restores the pinned
        release, otherwise the pinned release itself. The present release is preferred, because its content may name
        newer files, which were uploaded again. Returns None if the pinned release was removed.
        """
        found, record = self.releases.of(address), self.state.records[address]
        current = current_release(found, record, ContentReader(self.state, self.known).read(record).digest())
        if current is not None and _is_restored(current, pin):
            return current
        return next((each for each in found if each.digest == pin.content), None)

    def roll_back(self, address: Address, number: int | None) -> None:
        """Prepares the rollback of the assistant at `address`: gives its resource the content of release `number`, and
        limits the plan to the assistant. If `number` is None, the manifest stays in the plan, so that the plan ends the
        pin. Nothing is changed at OpenAI or in the state. Raises UsageError if the assistant is not declared, or if
        there is no such release or pin.
        """
        resource = self.desired.get(address)
        if resource is None:
            raise UsageError(
                f"no manifest declares {address}, so it cannot be rolled back",
                hint="declare it again first; `provision history` lists the assistants that have releases",
            )
        template = self.desired.get(template_address(address))
        if number is None:
            if _pin_of(resource, self.state) is None:
                raise UsageError(
                    f"{address} is not pinned to a release",
                    hint="`provision plan` names pinned assistants, and `provision apply` applies the other manifests",
                )
            self.only += [address, template_address(address)]
            return
        release = self.releases.find(address, number)
        pin = Pin(release.number, release.digest, manifest_digest(resource, template))
        self.only += [address, template_address(address)]
        finder = ObjectFinder(self.desired, self.state, self.exists, release, number)
        self._put(resource, release, pin, finder)
        self.only += finder.uploads

    def _put(self, resource: Resource, release: Release, pin: Pin, finder: ObjectFinder) -> None:
        """Gives the assistant `resource` and its environment template the content of `release`. If the release cannot
        be restored, adds errors instead. `finder` decides which objects the content uses, and `pin` becomes the pin of
        the assistant.
        """
        content = self.releases.read(release)
        finder.look(content)
        if finder.problems:
            for problem in finder.problems:
                self._fail(resource, problem)
            return
        address = resource.address
        self.desired[address] = _resource(resource, content.assistant, finder, pin)
        self._put_template(resource, content, release, finder)
        for retained in finder.retained:
            self.desired[retained.address] = retained
        for note in finder.notes:
            self._report("info", resource, note)
        self.known |= content.objects

    def _put_template(self, resource: Resource, content: Content, release: Release, finder: ObjectFinder) -> None:
        address = template_address(resource.address)
        template = self.desired.pop(address, None)
        if content.template is None:
            return
        base = template or Resource(address, content.template.type, {}, resource.place, resource.lifecycle)
        inputs = self._with_hidden(content.template, release)
        self.desired[address] = _resource(base, replace(content.template, inputs=inputs), finder, None)

    def _with_hidden(self, template: Piece, release: Release) -> dict[str, Any]:
        """Returns the inputs of the environment template `template` in `release`, complete with the values that the API
        never returns, such as secrets. The content of a release contains only digests of these values. The values
        themselves are stored separately in the backend; they are read there and replace the digests. Raises StateError
        if a value is not stored.
        """
        fields, found = FIELDS.get(template.type, {}), dict(template.inputs)
        for name, value in template.inputs.items():
            if field_of(fields, name).mode != "write_only":
                continue
            part = digest_of_hidden(value)
            if part is None:
                raise StateError(
                    f"{name} of {release.name} is not known, because the run that sent it was interrupted",
                    hint=f"choose another release: provision history {release.address}",
                )
            found[name] = self.releases.read_hidden(part, release)
        return found

    def _report(self, severity: Any, resource: Resource, message: str) -> None:
        self.diagnostics.append(Diagnostic(severity, message, resource.place, str(resource.address)))

    def _fail(self, resource: Resource, message: str) -> None:
        self.errors.append(Diagnostic("error", message, resource.place, str(resource.address)))


def _is_restored(release: Release | None, pin: Pin) -> bool:
    """Returns whether `release` has the content of the release to which `pin` pins an assistant, or restores that
    release. Returns False if `release` is None.
    """
    return release is not None and (release.digest == pin.content or release.restores == pin.release)


def _pin_of(resource: Resource, state: State) -> Pin | None:
    if resource.address.kind != ASSISTANT_KIND.name:
        return None  # Only assistants have pins, and nearly all resources are files.
    record = state.records.get(resource.address)
    return None if record is None else record.pinned


def _resource(base: Resource, piece: Piece, finder: ObjectFinder, pin: Pin | None) -> Resource:
    """Returns a resource with the content `piece` of a release. Its place in the manifest and its lifecycle settings
    are those of `base`. `finder` replaces ids in the content by references, and `pin` is the pin of the resource.
    """
    return replace(
        base,
        type=piece.type,
        inputs=finder.with_references(piece.inputs),
        sources=dict(piece.sources),
        parts=(),
        imported=None,
        uploads={},
        pin=pin,
    )
