"""Defines the live objects that this environment of the project does not manage, the objects that use them, and a
filter that selects some of the unmanaged objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.objecttype import FILE, TYPES, VECTOR_STORE
from provisioner.core.text.composition import to_nfc
from provisioner.openai_api.collections.collection import Live

#: The types of objects that a survey lists, in the order of deletion: an object is deleted before the objects that it
#: uses.
SURVEYED: tuple[str, ...] = tuple(
    each.name
    for each in sorted(TYPES.values(), key=lambda each: (each.kind.delete_rank, each.name))
    if not each.local and each.version_of is None
)


class Standing(StrEnum):
    """Says who manages a live object: this environment of the project, another environment of the project, another
    project, or nobody.
    """

    MANAGED = "managed"
    OTHERS = "others"
    NOBODY = "nobody"


class User(Struct, frozen=True):
    """An object that uses another object. `id` is the id of the using object. It is empty for a definition, which is an
    assistant that exists only in the state.

    If this environment of the project manages the using object, `name` is its address. If another environment of the
    project or another project manages it, `name` is the text of its ownership mark. Otherwise `name` is its display
    name.
    """

    type: str
    id: str
    name: str
    standing: Standing

    def __str__(self) -> str:
        return self.name if self.standing is not Standing.NOBODY or not self.id else self.id


class Unmanaged(Struct, frozen=True):
    """A live object that this environment of the project does not manage. `owner` is the text of the object's ownership
    mark: project, environment of the project, and address. It is None if the object has no mark. `users` are the
    objects that use this object.
    """

    type: str
    live: Live
    owner: str | None = None
    users: tuple[User, ...] = ()

    @property
    def id(self) -> str:
        """The id of the object."""
        return self.live.id

    @property
    def name(self) -> str:
        """The name that people gave to the object: its field `name` or `filename`. It is empty if the object has
        neither of these fields.
        """
        for field_name in ("name", "filename"):
            if isinstance(value := self.live.fields.get(field_name), str) and value.strip():
                return value
        return ""

    @property
    def size(self) -> int | None:
        """The size in bytes of a file or of a vector store. It is None for other types of objects, or if the size is
        not known.
        """
        if self.type == VECTOR_STORE.name:
            return self.live.usage_bytes
        size = self.live.fields.get("bytes") if self.type == FILE.name else None
        return int(size) if isinstance(size, int | float) else None


class Selection(Struct, frozen=True):
    """A filter of objects. An object is selected if it meets three conditions: it has one of the types, its display
    name or its id matches one of the patterns, and it is at least `older_than` seconds old. A condition that is empty
    or None does not exclude any object.
    """

    types: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    older_than: float | None = None

    def __bool__(self) -> bool:
        return bool(self.types or self.patterns) or self.older_than is not None

    def selects(self, each: Unmanaged, now: float) -> bool:
        """Returns whether the filter selects the object `each`. `now` is in seconds since 1970. If `older_than` is set,
        an object whose age is not known is not selected.
        """
        if self.types and each.type not in self.types:
            return False
        if self.older_than is not None and not (0 < each.live.created_at <= now - self.older_than):
            return False
        texts = (to_nfc(each.name), each.id)
        return not self.patterns or any(fnmatchcase(text, to_nfc(glob)) for glob in self.patterns for text in texts)


class Survey(Struct, frozen=True):
    """All live objects that this environment of the project does not manage, sorted by the order of deletion and then
    by age.

    `missing` maps each type of objects that could not be listed to the reason. `unread` maps each other environment of
    the project whose state could not be read to the reason; it is not known which files this environment uses.
    `bytes_of_stores` is the size of all vector stores of the account. `managed` is the number of live objects that this
    environment of the project manages. `now` is in seconds since 1970.
    """

    objects: tuple[Unmanaged, ...]
    now: float
    missing: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    bytes_of_stores: int = 0
    managed: int = 0

    @property
    def bytes_unmanaged(self) -> int:
        """The size in bytes of the vector stores that nobody manages."""
        return sum(each.size or 0 for each in self._unmanaged_stores())

    @property
    def has_unmanaged_stores(self) -> bool:
        """Whether there are vector stores that nobody manages. Empty vector stores count too."""
        return bool(self._unmanaged_stores())

    def _unmanaged_stores(self) -> list[Unmanaged]:
        return [each for each in self.objects if each.type == VECTOR_STORE.name and each.owner is None]

    def only(self, selection: Selection) -> Survey:
        """Returns the survey with only the objects that the filter selects."""
        return replace(self, objects=tuple(each for each in self.objects if selection.selects(each, self.now)))
