"""Finds the uploads in an adopted vector store that have the same content as local files, so that these files need no
upload. An adopted store is an existing store that provision takes over.

A file and an upload are compared by the attribute `sha256` of the upload in the store, or by name and size if the
upload has no such attribute. If several files or uploads have the same name and size, the caller reads the texts of the
uploads, and `compare_texts` decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.resource import Resource
from provisioner.core.text.composition import to_nfc
from provisioner.openai_api.collections.collection import Live

#: The texts with which plans say what a file and an upload have in common.
BY_DIGEST, BY_NAME, BY_TEXT = "the same sha256", "the same name and size", "the same name, size and text"
DIGEST = re.compile(r"[0-9a-f]{64}")

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class LocalFile(Struct, frozen=True):
    """A declared file without a record. `path` is the file's path from the root of the project. The attribute `path` of
    a file in a vector store is the same path.
    """

    resource: Resource
    path: str

    @property
    def name(self) -> str:
        """The name of the file without its folder."""
        return str(self.resource.inputs["filename"])


class Upload(Struct, frozen=True):
    """An upload in a vector store, with its attributes in this store."""

    live: Live
    attributes: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name that the upload has at OpenAI, in the Unicode form NFC."""
        return to_nfc(str(self.live.fields.get("filename") or ""))


class Group(Struct, frozen=True):
    """A group of local files and uploads that a comparison cannot distinguish, for example because they have the same
    digest. It is not known which file belongs to which upload.
    """

    files: tuple[LocalFile, ...]
    uploads: tuple[Upload, ...]


class Matching(Struct):
    """The result of comparing local files with uploads.

    `found` maps the address of a file to the chosen upload, with a text that says what the file and the upload have in
    common. `similar` are the groups of files and uploads whose texts must be compared. `open` are the groups in which
    no upload can be chosen. `misfits` are pairs of a file and an upload with the same digest, or the same name and
    size. The file cannot use the upload, because the upload has another purpose.
    """

    found: dict[Address, tuple[Upload, str]] = field(default_factory=dict)
    similar: list[Group] = field(default_factory=list)
    open: list[Group] = field(default_factory=list)
    misfits: list[tuple[LocalFile, Upload]] = field(default_factory=list)


def match_files(files: Sequence[LocalFile], uploads: Sequence[Upload]) -> Matching:
    """Compares files with the uploads in one vector store: first by digest, then by name and size. Returns the
    result.
    """
    matching = Matching()
    files = sorted(files, key=lambda file: file.resource.address)
    uploads = sorted(uploads, key=lambda upload: (upload.live.created_at, upload.live.id))
    for group in _groups(files, uploads, _content, _content_of_upload):
        _pair(matching, group, BY_DIGEST)
    decided = {id(file) for group in matching.open for file in group.files}
    left = [file for file in files if file.resource.address not in matching.found and id(file) not in decided]
    used = {upload.live.id for upload, _ in matching.found.values()}
    used |= {upload.live.id for group in matching.open for upload in group.uploads}
    rest = [upload for upload in uploads if upload.live.id not in used and _digest(upload) is None]
    for group in _groups(left, rest, _traits, _traits_of_upload):
        if len(group.files) == len(group.uploads) == 1:
            matching.found[group.files[0].resource.address] = group.uploads[0], BY_NAME
        else:
            matching.similar.append(group)
    _find_misfits(matching, left, [upload for upload in uploads if upload.live.id not in used])
    return matching


def compare_texts(
    matching: Matching, group: Group, texts: Mapping[Address, str | None], uploaded: Mapping[str, str | None]
) -> None:
    """Compares the texts of the files with the texts of the uploads in `group`, and adds the result to `matching`.
    `texts` maps addresses to the texts of files, and `uploaded` maps ids to the texts of uploads. None stands for a
    text that cannot be compared.
    """
    known = [file for file in group.files if texts.get(file.resource.address) is not None]
    readable = [upload for upload in group.uploads if uploaded.get(upload.live.id) is not None]
    before = len(matching.open)
    for same in _groups(
        known, readable, lambda file: texts[file.resource.address], lambda upload: uploaded[upload.live.id]
    ):
        _pair(matching, same, BY_TEXT)
    decided = {file.resource.address for each in matching.open[before:] for file in each.files} | matching.found.keys()
    taken = {upload.live.id for upload, _ in matching.found.values()}
    files = [file for file in group.files if file.resource.address not in decided]
    unread = [upload for upload in group.uploads if uploaded.get(upload.live.id) is None]
    if unread:  # any of these files may be one of these uploads
        undecided = [*files]
        candidates = [upload for upload in unread if upload.live.id not in taken]
    else:
        undecided = [file for file in files if texts.get(file.resource.address) is None]
        candidates = [upload for upload in group.uploads if upload.live.id not in taken]
    if undecided and candidates:
        matching.open.append(Group(tuple(undecided), tuple(candidates)))


def _pair(matching: Matching, group: Group, means: str) -> None:
    """Pairs the files in `group` with the uploads in `group`, which have the same content, and adds the pairs to
    `matching`. Files and uploads with the same path are paired first, then those with the same name, then all others.
    `means` says how it is known that the contents are equal.

    If there are more uploads than files, it is not known which uploads belong to the files. Then the files and uploads
    that are not paired are added to `matching.open` as a group.
    """
    files, uploads = list(group.files), list(group.uploads)
    for of_file, of_upload in (
        (lambda file: file.path, lambda upload: upload.attributes.get("path")),
        (lambda file: file.name, lambda upload: upload.name),
        (lambda file: "", lambda upload: ""),
    ):
        for each in _groups(files, uploads, of_file, of_upload):
            if len(each.uploads) > len(each.files):
                continue
            for file, upload in zip(each.files, each.uploads, strict=False):
                matching.found[file.resource.address] = upload, means
                files.remove(file)
                uploads.remove(upload)
    if files and uploads:
        matching.open.append(Group(tuple(files), tuple(uploads)))


def _groups(
    files: Iterable[LocalFile],
    uploads: Iterable[Upload],
    of_file: Callable[[LocalFile], K | None],
    of_upload: Callable[[Upload], K | None],
) -> list[Group]:
    """Returns a group of files and uploads for each key that both a file and an upload have. `of_file` returns the key
    of a file, and `of_upload` the key of an upload. If a function returns None, the file or upload is left out.
    """
    sides = _by_key(files, of_file), _by_key(uploads, of_upload)
    return [Group(tuple(sides[0][key]), tuple(sides[1][key])) for key in sides[0] if key in sides[1]]


def _by_key(items: Iterable[T], key_of: Callable[[T], K | None]) -> dict[K, list[T]]:
    found: dict[K, list[T]] = defaultdict(list)
    for item in items:
        if (key := key_of(item)) is not None:
            found[key].append(item)
    return dict(found)


def _find_misfits(matching: Matching, files: Sequence[LocalFile], uploads: Sequence[Upload]) -> None:
    decided = {file.resource.address for group in (*matching.similar, *matching.open) for file in group.files}
    left = [file for file in files if file.resource.address not in {*decided, *matching.found}]
    taken = {upload.live.id for upload, _ in matching.found.values()}
    free = [upload for upload in uploads if upload.live.id not in taken]
    others = [upload for upload in free if _digest(upload) is None]
    alike = _groups(left, free, lambda file: file.resource.inputs.get("sha256"), _digest)
    alike += _groups(left, others, lambda file: _traits(file)[:2], lambda upload: _traits_of_upload(upload)[:2])
    for group in alike:
        matching.misfits += [(file, group.uploads[0]) for file in group.files]


def _content(file: LocalFile) -> tuple[Any, ...]:
    inputs = file.resource.inputs
    return inputs.get("sha256"), inputs.get("bytes"), inputs.get("purpose")


def _content_of_upload(upload: Upload) -> tuple[Any, ...] | None:
    digest = _digest(upload)
    return None if digest is None else (digest, upload.live.fields.get("bytes"), upload.live.fields.get("purpose"))


def _traits(file: LocalFile) -> tuple[Any, ...]:
    inputs = file.resource.inputs
    return file.name, inputs.get("bytes"), inputs.get("purpose")


def _traits_of_upload(upload: Upload) -> tuple[Any, ...]:
    return upload.name, upload.live.fields.get("bytes"), upload.live.fields.get("purpose")


def _digest(upload: Upload) -> str | None:
    """Returns the SHA-256 in the attributes of `upload`, or None if the attributes do not contain it."""
    found = upload.attributes.get("sha256")
    lower = found.lower() if isinstance(found, str) else ""
    return lower if DIGEST.fullmatch(lower) else None
