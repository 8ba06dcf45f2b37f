"""Makes the resources of vector stores: the fields of each store, and its files with their attributes and chunking."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from msgspec import Struct, field

from provisioner.core.files.root import spell
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.files.file_lists import Member, Members, key_members
from provisioner.manifest.files.project_files import Exclusion
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.dialects import advise_pattern

#: The suffixes of the file types that file_search indexes, from OpenAI's guide.
INDEXED = frozenset(
    {"c", "cpp", "cs", "css", "doc", "docx", "go", "html", "java", "js", "json", "md"}
    | {"pdf", "php", "pptx", "py", "rb", "sh", "tex", "ts", "txt"}
)
#: The most bytes of a file in a vector store, from OpenAI's guide to file_search.
INDEXED_BYTES = 512 * 1024 * 1024
METADATA = 16 - 2
ATTRIBUTES = 16
LONGEST = 512


class Store(Struct):
    """A declared vector store. The method `resolve` finds the files of the store (`members`). The method `inputs`
    returns the inputs of the store's resource. These inputs include the digests of the files.
    """

    declaration: Declaration
    report: Report
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def written(self) -> Written:
        """The value of this vector store in the manifest."""
        return self.declaration.written

    def resolve(self, members: Members) -> None:
        """Finds the files in the list `files:` of this vector store, and checks them. Files that `exclude:` names are
        left out. If two items of the list name the same file, the later item is used.
        """
        files, excluded = self.written.get("files"), self._excluded(members)
        if files:
            self.members = key_members(members.resolve(files, self.declaration.address, excluded))
        for pattern in excluded.unused:
            advice = advise_pattern(pattern.value, excluding=True) or "correct the pattern or remove it"
            message = f"`{spell(pattern.value)}` removes nothing; {advice}"
            self.report.warn(pattern, message, self.declaration.address)
        self._check_types()
        self._check_attributes()
        self._warn_of_same_names()

    def inputs(self) -> dict[str, Any]:
        """Returns the inputs of the vector store's resource, and reports files that are too large. The files of
        the store must already be hashed.
        """
        written = self.written
        inputs: dict[str, Any] = {"name": self.declaration.display_name}
        for field_ in ("name", "description", "metadata"):
            if given := written.get(field_):
                inputs[field_] = given.value
        if expiry := written.get("expires_after"):
            inputs["expires_after"] = {"anchor": "last_active_at", **expiry.value}
        self._check_sizes()
        has_path = self._has_path
        settings = {id(item): self._settings(item) for item in self._items}
        inputs["files"] = {
            key: _express_member(member, *settings[id(member.item)], has_path=has_path)
            for key, member in sorted(self.members.items())
        }
        extra = written.get("extra")
        return inputs | (extra.value if extra else {})

    @property
    def _has_path(self) -> bool:
        switch = self.written.get("path_attribute")
        return switch is None or bool(switch.value)

    @property
    def _items(self) -> list[Written]:
        """The items of the list `files:`, each once. Thousands of files may come from one item, which is a glob."""
        return list({id(member.item): member.item for member in self.members.values()}.values())

    def _settings(self, item: Written) -> tuple[dict[str, Any], Any]:
        """Returns the attributes and the chunking strategy of the files of one item of the list `files:`. The strategy
        is None if the manifest sets none.
        """
        own = _given(item, "attributes")
        chunking = _given(item, "chunking_strategy") or self.written.get("chunking_strategy")
        return dict(own.value) if own else {}, express_chunking(chunking.value) if chunking else None

    def _excluded(self, members: Members) -> Exclusion:
        exclude = self.written.get("exclude")
        return members.library.tree.excluded(exclude.items() if exclude else (), self.declaration.address)

    def _check_types(self) -> None:
        for member in self.members.values():
            if member.entry is None:
                continue
            suffix = member.entry.suffix
            if suffix in INDEXED:
                continue
            name = member.entry.filename
            advice = "leave it out, or convert it to text, Markdown or PDF"
            if suffix in ("csv", "xlsx"):
                advice = f"{suffix} is for the code interpreter: give it to `container: {{files: […]}}` there"
            message = f"`{name}` is of a type that file_search does not index; {advice}"
            self.report.error(member.item, message, self.declaration.address, "file-not-indexable")

    def _check_sizes(self) -> None:
        """Reports the files that are too large to be indexed. The files must already be hashed."""
        for member in self.members.values():
            if member.entry is not None and member.entry.bytes > INDEXED_BYTES:
                size = f"{member.entry.bytes / 1024**2:,.0f} MB"
                advice = "file_search indexes files of at most 512 MB, split it"
                message = f"`{member.entry.filename}` has {size}; {advice}"
                self.report.error(member.item, message, self.declaration.address, "file-not-indexable")

    def _check_attributes(self) -> None:
        has_path = self._has_path
        for member in self.members.values():
            if has_path and member.entry and len(member.path) > LONGEST:
                message = f"the path `{member.path[:40]}…` is longer than the {LONGEST} characters of an attribute"
                self.report.error(member.item, f"{message}; set `path_attribute: false`", self.declaration.address)
        firsts: dict[int, Member] = {}
        for member in self.members.values():
            firsts.setdefault(id(member.item), member)
        checked: set[tuple[str | int, ...]] = set()
        for member in firsts.values():
            own = _given(member.item, "attributes")
            if own is None or own.path in checked:
                continue
            checked.add(own.path)
            ours = (["sha256"] + ["path"] * has_path) if member.entry else []
            for name in ours:
                if name in own.value:
                    advice = "set `path_attribute: false` on the store" if name == "path" else "choose another name"
                    place = own.document.place((*own.path, name), key=True)
                    message = f"the attribute `{name}` is ours; {advice}"
                    self.report.error(place, message, self.declaration.address)
            if len(own.value) > ATTRIBUTES - len(ours):
                message = f"these are {len(own.value)} attributes; {count_own(ATTRIBUTES, len(ours))}, remove some"
                self.report.error(own, message, self.declaration.address)

    def _warn_of_same_names(self) -> None:
        named = [(member.entry.filename, member) for member in self.members.values() if member.entry]
        if len({name for name, _ in named}) == len(named):
            return
        by_name: dict[str, list[Member]] = defaultdict(list)
        for name, member in named:
            by_name[name].append(member)
        for name, same in by_name.items():
            if len(same) > 1:
                where = " and ".join(sorted(f"`{member.path}`" for member in same)[:2])
                message = f"{len(same)} files here are called `{name}` ({where}), and citations show only the name"
                message += "; rename one"
                self.report.warn(same[-1].item, message, self.declaration.address, "duplicate-file-name")


def count_own(limit: int, ours: int) -> str:
    """Returns a phrase for a message about a limit. At most `limit` entries are allowed, and provision itself needs
    `ours` of them. The phrase says how many entries are left for the user, and how many provision needs.
    """
    if not ours:
        return f"at most {limit} are possible"
    return f"{limit - ours} can be your own, {ours} {'is' if ours == 1 else 'are'} ours"


def express_chunking(value: Any) -> dict[str, Any]:
    """Converts a value of the field `chunking_strategy:` in manifests to the API's format, and returns the result."""
    if value == "auto" or value.get("type") == "auto":
        return {"type": "auto"}
    return {"type": "static", "static": dict(value["static"])}


def _express_member(member: Member, own: dict[str, Any], chunking: Any, *, has_path: bool) -> dict[str, Any]:
    """Returns a file of a vector store in the API's format. `own` are the attributes that the manifest sets, and
    `chunking` is the chunking strategy, or None.
    """
    attributes = {**own}
    if member.entry:
        if has_path:
            attributes["path"] = member.path
        attributes["sha256"] = member.entry.sha256
    result: dict[str, Any] = {"file_id": member.id, "attributes": attributes}
    if chunking is not None:
        result["chunking_strategy"] = chunking
    return result


def _given(item: Written, name: str) -> Written | None:
    return item.get(name) if isinstance(item.value, dict) else None
