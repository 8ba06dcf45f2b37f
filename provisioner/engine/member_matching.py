"""Finds the uploads in adopted vector stores that have the content of local files. These files are then not uploaded
again.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.errors import ApiError, Unavailable
from provisioner.core.files.opening import read_limited
from provisioner.core.files.planned import open_planned
from provisioner.core.objecttype import FILE, TYPES
from provisioner.core.resource import Ref, Resource
from provisioner.engine.adoption import warn_of_name
from provisioner.engine.live_objects import find_listed
from provisioner.engine.reading_pool import reading_pool
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live, Members
from provisioner.planning.diff.actual import Actual, Match
from provisioner.planning.diff.adoption import other_name
from provisioner.planning.diff.file_matching import Group, LocalFile, Matching, Upload, compare_texts, match_files
from provisioner.state.record_columns import body_of
from provisioner.state.records import State
from provisioner.state.versions import ids_of

#: The extensions of files whose text a vector store returns unchanged.
TEXTS = frozenset(
    {"c", "cpp", "cs", "css", "go", "java", "js", "json", "md", "php", "py", "rb", "sh", "tex", "ts", "txt"}
)
#: The most bytes of a file whose text is compared.
TEXT_BYTES = 8 * 1024 * 1024
#: The most texts that are read for one vector store, with one call each. Uploads beyond this number are not decided.
MOST_TEXTS = 200
#: The most warnings of one plan about uploads whose name is not that of the local file. The change of each such upload
#: also has a reason that says so.
MOST_WARNINGS = 10


class Matches(Struct):
    """The uploads that have the content of local files. `found` maps the address of each local file to its upload.

    `diagnostics` contains an error for each file of which it is not certain whether it is uploaded already, and
    warnings about uploads with another name than the local file.
    """

    found: dict[Address, Match] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)


class _Adopted(Struct, frozen=True):
    """An adopted vector store. `files` are its files in the manifest that have no record yet.

    `uploads` are the indexed uploads in the vector store, and `failed` are the uploads that it could not index. Both
    map the id of each upload to its attributes. Uploads that a record, an import or a manifest names are left out,
    because it is known already to which resource they belong.
    """

    resource: Resource
    files: tuple[LocalFile, ...]
    uploads: Mapping[str, Mapping[str, Any]]
    failed: Mapping[str, Mapping[str, Any]]


def match_members(
    collections: Mapping[str, Collection], resources: Sequence[Resource], state: State, actual: Actual, parallelism: int
) -> Matches:
    """Returns the uploads in adopted vector stores that have the content of local files of `resources`. Uploads that
    were not read yet are searched in the list of all uploads. If names and sizes are not enough for the comparison, the
    texts of uploads are read too. Nothing is changed. Raises ApiError if an API call fails.

    An upload that a record, an import or a manifest names is not considered, because it is known already to which
    resource it belongs.
    """
    matches = Matches()
    adopted = list(_adopted(resources, state, actual))
    ids = {id for each in adopted for id in (*each.uploads, *each.failed)}
    if not ids:
        return matches
    uploads = dict(find_listed(collections[FILE.name], ids - actual.listed.keys())[0]) | dict(actual.listed)
    for store in adopted:
        taken = {match.live.id for match in matches.found.values()}
        free, failed = (
            [Upload(uploads[id], each) for id, each in side.items() if id in uploads and id not in taken]
            for side in (store.uploads, store.failed)
        )
        files = [file for file in store.files if file.resource.address not in matches.found]
        matching = match_files(files, free)
        store_id = _live(store.resource, state, actual)
        if members := collections[store.resource.type].members:
            _read_texts(matching, members, "" if store_id is None else store_id.id, parallelism)
        for address, (upload, means) in matching.found.items():
            matches.found[address] = Match(upload.live, store.resource.address, means)
        for address, (upload, means) in _match_failed(matching, files, failed).items():
            matches.found[address] = Match(upload.live, store.resource.address, means, unindexed=True)
        matches.diagnostics += _diagnose(store.resource, matching)
    matches.diagnostics += _warn_of_names(matches, resources)
    return matches


def _match_failed(
    matching: Matching, files: Sequence[LocalFile], failed: Sequence[Upload]
) -> dict[Address, tuple[Upload, str]]:
    """Finds uploads with failed indexing that have the content of local files. Only the files in `files` that have no
    indexed upload are considered; `matching` contains the indexed uploads that were found before. Returns a mapping
    from the address of each file to a pair: the upload, and a text that says how it was found.

    The API returns no text of such an upload. So if several of them are possible for a file, none is chosen, and the
    file is uploaded.
    """
    settled = set(matching.found)
    settled |= {file.resource.address for group in matching.open for file in group.files}
    settled |= {file.resource.address for file, _ in matching.misfits}
    return match_files([file for file in files if file.resource.address not in settled], failed).found


def _warn_of_names(matches: Matches, resources: Sequence[Resource]) -> list[Diagnostic]:
    """Returns a warning for each matched upload whose name differs from the name of the local file, at most
    MOST_WARNINGS.
    """
    by_address = {resource.address: resource for resource in resources}
    found = []
    for address, match in sorted(matches.found.items()):
        if (name := other_name(by_address[address], match.live)) is not None:
            found.append(warn_of_name(by_address[address], match.live.id, name, by_address[address].place))
    return found[:MOST_WARNINGS]


def _live(resource: Resource, state: State, actual: Actual) -> Live | None:
    """Returns the live object of the vector store `resource`, if this plan adopts the store or an earlier run has
    adopted it. Returns None for every store that was created by provision.
    """
    body = body_of(state.records, resource.address)
    if body is None:
        return actual.imports.get(resource.address)
    return actual.live.get(resource.address) if body.adopted else None


def _adopted(resources: Sequence[Resource], state: State, actual: Actual) -> Iterator[_Adopted]:
    stores = [each for each in resources if TYPES[each.type].members is not None]
    lives = {each.address: live for each in stores if (live := _live(each, state, actual)) is not None}
    if not lives:  # Nearly always. What follows looks at all files.
        return
    by_address = {resource.address: resource for resource in resources}
    named = {id for record in state.records.values() for id in ids_of(record)} | {each.id for each in state.retired}
    named |= {each.imported.id for each in resources if each.imported is not None}
    for resource in stores:
        holding = TYPES[resource.type].members
        members = resource.inputs.get(holding) or {} if holding else {}
        named |= {each["file_id"] for each in members.values() if isinstance(each["file_id"], str)}
    for resource in stores:
        holding, live = TYPES[resource.type].members, lives.get(resource.address)
        if holding is None or live is None:
            continue
        files = tuple(_files(resource.inputs.get(holding) or {}, by_address, state))
        members = live.fields.get(holding) or {}
        uploads = {id: each.get("attributes") or {} for id, each in members.items() if id not in named}
        failed = {id: each for id, each in live.failed.items() if id not in named}
        if files and (uploads or failed):
            yield _Adopted(resource, files, uploads, failed)


def _files(
    members: Mapping[str, Mapping[str, Any]], by_address: Mapping[Address, Resource], state: State
) -> Iterator[LocalFile]:
    """Yields the declared files of a vector store that have no record, no import and no `expires_after`. `members` are
    the store's files in the manifest, and `by_address` maps addresses to resources.
    """
    for member in members.values():
        if not isinstance(ref := member["file_id"], Ref):
            continue
        resource = by_address.get(ref.address)
        if resource is None or resource.imported is not None or ref.address in state.records:
            continue
        if "expires_after" not in resource.inputs:  # an upload cannot get an expiry later
            path = (member.get("attributes") or {}).get("path")
            yield LocalFile(resource, str(path or resource.address.name))


def _read_texts(matching: Matching, members: Members, store: str, parallelism: int) -> None:
    """Compares the texts of the files and uploads whose names and sizes are the same, and adds the result to
    `matching`. Only the formats in TEXTS are compared, and at most MOST_TEXTS uploads. `store` is the id of the vector
    store, from which the texts are read.
    """
    left = MOST_TEXTS
    for group in matching.similar:
        texts = {file.resource.address: _text_of(file.resource) for file in group.files}
        uploaded: dict[str, str | None] = {}
        if any(text is not None for text in texts.values()) and len(group.uploads) <= left:
            left -= len(group.uploads)
            ids = [upload.live.id for upload in group.uploads]
            with reading_pool(parallelism) as pool:
                read = pool.map(lambda id: _uploaded_text(members, store, id), ids)
                uploaded = dict(zip(ids, read, strict=True))
        compare_texts(matching, group, texts, uploaded)


def _uploaded_text(members: Members, store: str, id: str) -> str | None:
    try:
        found = members.text(store, id)
    except Unavailable:
        raise
    except ApiError:
        return None  # servers of others have no such endpoint
    return None if found is None else _comparable(found)


def _text_of(resource: Resource) -> str | None:
    """Returns the text of the local file that `resource` declares, without whitespace. Returns None if the format of
    the file is not in TEXTS, or if the file cannot be read.
    """
    if resource.path is None or resource.path.suffix[1:].lower() not in TEXTS:
        return None
    try:
        content = read_limited(open_planned(resource.path), TEXT_BYTES, resource.path.name)
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return _comparable(content.decode("utf-16" if wide else "utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return None


def _comparable(text: str) -> str:
    """Returns `text` without whitespace, so that it can be compared with another text. Servers change line ends and
    divide texts into pieces, which changes the whitespace.
    """
    return "".join(text.split())


def _diagnose(store: Resource, matching: Matching) -> Iterator[Diagnostic]:
    """Yields an error for each file of `store` that may or may not be uploaded already, because the comparison could
    not decide it. `matching` is the result of the comparison. The error asks the user to decide, by an import or by
    setting the purpose of the file.
    """
    place = store.imported.place if store.imported else None
    for group in matching.open:
        ids = [upload.live.id for upload in group.uploads]
        for file in group.files:
            yield _error(file, f"{_several(ids, group)} of {store.address} may be {file.resource.address}", ids, place)
    for file, upload in matching.misfits:
        purpose = upload.live.fields.get("purpose")
        message = (
            f"{file.resource.address}: {upload.live.id} in {store.address} has its name and size and the purpose "
            f"`{purpose}`; declare the file under `files:` with `purpose: {purpose}`, so that it is not uploaded again"
        )
        yield Diagnostic("error", message, file.resource.place, str(file.resource.address))


def _several(ids: Iterable[str], group: Group) -> str:
    names = list(ids)
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"{len(names)} uploads ({shown})" if len(names) > 1 else f"the upload {shown}"


def _error(file: LocalFile, problem: str, ids: Sequence[str], place: Place | None) -> Diagnostic:
    entry = f"imports: [{{to: '{file.resource.address}', id: {ids[0]}}}]"
    where = "" if place is None else f" (imported at {place})"
    message = f"{problem}{where}, and neither names nor texts decide; say which one it is, such as `{entry}`"
    return Diagnostic("error", message, file.resource.place, str(file.resource.address))


def with_matches(actual: Actual, matches: Matches) -> Actual:
    """Returns a copy of `actual` in which the uploads in `matches` are imports, so that they are adopted and not
    uploaded again. The imports are keyed by the address of the local file with the same content.
    """
    lives = {address: match.live for address, match in matches.found.items()}
    return replace(actual, imports={**actual.imports, **lives}, matches=matches.found)
