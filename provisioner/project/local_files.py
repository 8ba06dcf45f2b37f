"""Finds local files that have the content of uploads in vector stores. Files are compared by name and size, and by
SHA-256 if it is known.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.core.files.listing import Listings
from provisioner.core.files.opening import open_beneath
from provisioner.core.files.patterns import LimitExceeded
from provisioner.core.files.root import Root
from provisioner.core.objecttype import FILE, TYPES
from provisioner.core.text.composition import to_nfc
from provisioner.manifest import Settings
from provisioner.planning.unmanaged import Unmanaged

#: The purpose of an upload that a manifest can declare by the path of its file alone. Uploads with another purpose are
#: not matched.
PURPOSE = "assistants"


class LocalPath(Struct, frozen=True):
    """A local file: its address, and its path in the form in which manifests write it."""

    address: Address
    written: str


def match_files(
    local: Path, folder: Path, settings: Settings, stores: Iterable[Unmanaged], uploads: Mapping[str, Unmanaged]
) -> dict[str, LocalPath]:
    """Returns the local files that have the content of uploads, keyed by the id of the upload. Only uploads in the
    vector stores `stores` are considered. `uploads` maps ids to uploads.

    Only files below the folder `local` are searched. The returned paths are relative to `folder`, the folder of the new
    manifests. A file matches if it has the name and the size of the upload. If the upload has an attribute `sha256`,
    the file must also have this SHA-256. If several files match, they must have the same content. Raises UsageError if
    `local` is not a folder below the project's root.
    """
    root = settings.root
    base = local.resolve()
    if not base.is_dir():
        raise UsageError(f"{local} is no folder", hint="name the folder with the local files")
    if not base.is_relative_to(root):
        raise UsageError(
            f"{local} is outside of {root}, and manifests may not name files there",
            hint="move the files below that folder, or set `root:` in provision.yaml",
        )
    by_name = _index(base, settings)
    digests = _digests(stores)
    found: dict[str, LocalPath] = {}
    taken: set[Path] = set()
    for id in sorted(digests):
        upload = uploads.get(id)
        if upload is None or upload.live.fields.get("purpose") != PURPOSE:
            continue
        alike = by_name.get((to_nfc(upload.name), upload.size or 0), [])
        if digests[id] is not None:
            alike = [path for path in alike if _digest(root, path) == digests[id]]
        free = [path for path in alike if path not in taken]
        if free and (len(alike) == 1 or len({_digest(root, path) for path in alike}) == 1):
            taken.add(free[0])
            written = Path(os.path.relpath(free[0], folder.resolve())).as_posix()
            name = to_nfc(free[0].relative_to(root).as_posix())
            found[id] = LocalPath(Address(FILE.kind.name, name), to_nfc(written))
    return found


def _index(base: Path, settings: Settings) -> dict[tuple[str, int], list[Path]]:
    """Returns the files below the folder `base` that manifests may name. The keys of the result are pairs: a file's
    name in NFC, and its size in bytes.
    """
    readable = Root(settings.root, (settings.state_folder,) if settings.state_folder else ())
    found: dict[tuple[str, int], list[Path]] = {}
    try:
        for here, entries in Listings(base).walk(base):
            for item in entries.items():
                path = here / item.name
                if item.is_file and not item.name.startswith(".") and readable.refusal(path) is None:
                    size = path.stat().st_size
                    found.setdefault((item.composed, size), []).append(path)
    except LimitExceeded as error:
        raise UsageError(f"{base} cannot be searched: {error}", hint="name a narrower folder") from error
    return found


def _digests(stores: Iterable[Unmanaged]) -> dict[str, str | None]:
    """Returns a mapping from the id of each file in the vector stores to its SHA-256. The SHA-256 is read from the
    attributes of the file; the value is None if the attributes contain no SHA-256.
    """
    found: dict[str, str | None] = {}
    for store in stores:
        holding = TYPES[store.type].members
        for id, member in (store.live.fields.get(holding) or {}).items() if holding else ():
            digest = (member.get("attributes") or {}).get("sha256")
            found[id] = str(digest) if digest else found.get(id)
    return found


def _digest(root: Path, path: Path) -> str | None:
    """Returns the SHA-256 of the file `path` below the folder `root`, or None if the file cannot be read."""
    try:
        with os.fdopen(open_beneath(root, path.relative_to(root).parts), "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
