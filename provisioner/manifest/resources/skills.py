"""Makes the resources of skills from the files in their folders. Also converts the lists `skills:` of shells and
environment templates to the API's format.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place
from provisioner.core.files.root import spell
from provisioner.core.kinds.skill_limits import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MOST_ARCHIVE_BYTES,
    MOST_FILE_BYTES,
    MOST_FILES,
    SKILL_FILE,
    SKILL_NAME,
)
from provisioner.core.objecttype import SKILL
from provisioner.core.resource import Ref, Resource
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.expressions.groups import spread
from provisioner.manifest.files.referenced_files import Entry, Library, digest_file, name_of
from provisioner.manifest.parsing.document import Written, shown
from provisioner.manifest.parsing.reading import read_markdown
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.resources.lifecycles import lifecycle_of
from provisioner.manifest.resources.nulls import without_nulls
from provisioner.manifest.validation.nearest import advise

SKILL_ID = re.compile(r"skill_[A-Za-z0-9_-]+")
ADVICE = f"begin {SKILL_FILE} with `name` and `description` between two lines `---`"


class Skills(Struct):
    """The declared skills. `entries` are the files in the folders of the skills; the method `resources` adds them.
    `groups` maps the name of each declaration with a `for_each` to the names of the skills that the `for_each` makes.
    """

    declared: dict[str, Declaration]
    groups: Mapping[str, Sequence[str]]
    library: Library
    entries: list[Entry] = field(default_factory=list)

    def resources(self, settings: Settings) -> Iterator[Resource]:
        """Yields the resource of each declared skill whose folder can be read. A skill that cannot be read is
        reported.
        """
        for declaration in self.declared.values():
            written = declaration.written
            path = written.get("path") if isinstance(written.value, dict) else None
            if path is None or (files := self._files(declaration, path)) is None:
                continue
            inputs = self._inputs(declaration, path, files)
            lifecycle = lifecycle_of(written.get("lifecycle"), settings.lifecycle)
            located = {name: file for file, name in files.items()}
            yield Resource(declaration.address, SKILL.name, inputs, written.key_place, lifecycle, files=located)

    def express(self, skills: Written, address: Address) -> list[Any]:
        """Returns the items of a list `skills:` in the API's format, each skill once. Names of declared skills become
        references. `address` is the address of the resource that contains the list.
        """
        found: list[Any] = []
        for item in spread(spread(skills, self.groups), self.groups, "skill").items():
            skill = self._express(item, address)
            if skill is not None and skill not in found:
                found.append(skill)
        return found

    def _express(self, item: Written, address: Address) -> Any:
        if isinstance(item.value, str):
            return self._refer(item, {}, address)
        name = item.get("skill")
        if name is None:
            return without_nulls(item.value)
        rest = {key: value for key, value in item.value.items() if key != "skill" and value is not None}
        return self._refer(name, rest, address)

    def _refer(self, written: Written, rest: dict[str, Any], address: Address) -> Any:
        name = to_nfc(written.value)
        if name in self.declared:
            return {"type": "skill_reference", "skill_id": Ref(self.declared[name].address), **rest}
        if SKILL_ID.fullmatch(name):
            return {"type": "skill_reference", "skill_id": name, **rest}
        advice = advise(name, self.declared, "declare it under `skills:`, or write its id, `skill_…`")
        self.library.report.error(written, f"there is no skill `{name[:60]}`; {advice}", address)
        return None

    def _files(self, declaration: Declaration, path: Written) -> dict[Path, str] | None:
        """Returns the files of a skill. The result maps each file to its path in the skill's folder. If the folder is
        not a valid skill, reports the reason and returns None.
        """
        address, report = declaration.address, self.library.report
        exclude = declaration.written.get("exclude")
        excluded = self.library.tree.excluded(exclude.items() if exclude else (), address)
        below = self.library.tree.below(path, address)
        files = {file: name for file, name in below.items() if str(file) not in excluded}
        for pattern in excluded.unused if below else ():
            message = f"`{spell(pattern.value)}` removes nothing; correct the pattern or remove it"
            report.warn(pattern, message, address)
        if not below:
            return None
        manifests = [name for name in files.values() if name.rpartition("/")[2].casefold() == SKILL_FILE.casefold()]
        folder = spell(path.value)
        if [name for name in manifests if "/" not in name] == [] or len(manifests) > 1:
            found = f"{len(manifests)} of them" if len(manifests) > 1 else "none"
            message = f"a skill has exactly one {SKILL_FILE}, and `{folder}` has {found}"
            advice = "leave the others out with `exclude:`" if len(manifests) > 1 else f"add one; {ADVICE}"
            report.error(path, f"{message}; {advice}", address)
        elif len(files) > MOST_FILES:
            message = f"`{folder}` has {len(files):,} files, and a skill has at most {MOST_FILES}"
            report.error(path, f"{message}; leave some out with `exclude:`", address)
        elif len(set(files.values())) < len(files):
            message = f"`{folder}` has two names that differ only in how their characters are composed; rename one"
            report.error(path, message, address)
        else:
            return files
        return None

    def _inputs(self, declaration: Declaration, path: Written, files: dict[Path, str]) -> dict[str, Any]:
        content, size = {}, 0
        for file, name in sorted(files.items(), key=lambda item: item[1]):
            library = self.library
            name_below = library.tree.name(file)
            entry = Entry(declaration.address, str(file), name_below, name_of(name_below), "", path, declaration)
            self.entries.append(entry)
            result = digest_file(library.tree, file, library.look, _unfit, digests=library.digests)
            if isinstance(result, str):
                self.library.report.error(path, f"`{spell(name)}` {result}", declaration.address)
                continue
            content[name] = result[0]
            size += result[1]
        if size > MOST_ARCHIVE_BYTES:
            message = f"`{spell(path.value)}` has {size >> 20:,} MB, and as an archive a skill has at most 50 MB"
            self.library.report.warn(path, f"{message}; leave files out with `exclude:`", declaration.address)
        about = next(file for file, name in files.items() if name.casefold() == SKILL_FILE.casefold())
        return {**self._front_matter(about, declaration.address), "content": content, "bytes": size}

    def _front_matter(self, file: Path, address: Address) -> dict[str, str]:
        """Returns the name and the description of a skill, from the front matter of its main file `file`. Errors in
        these two fields are reported at their places. A missing value is an empty text in the result.
        """
        report, tree = self.library.report, self.library.tree
        reading = read_markdown(file, tree.selection.root, tree.allowance)
        report.take(reading.diagnostics)
        document = reading.document
        if reading.diagnostics or not isinstance(document.data, dict):
            if not reading.diagnostics:
                report.error(Place(shown(file), 1, 1), f"this has no front matter that is read; {ADVICE}", address)
            return {"name": "", "description": ""}
        found = {name: document.data.get(name) for name in ("name", "description")}
        for name, value in found.items():
            if problem := _find_problem(name, value):
                place = document.place((name,), key=True) if name in document.data else Place(shown(file), 1, 1)
                report.error(place, f"`{name}` of a skill {problem}", address)
        return {name: value.strip() if isinstance(value, str) else "" for name, value in found.items()}


def _find_problem(name: str, value: Any) -> str | None:
    """Returns what is wrong with a field of a skill's front matter, and what to do, as the end of a sentence. `name` is
    the field's name. Returns None if `value` is valid.
    """
    if value is None or value == "":
        return "is missing; write it in the front matter"
    if not isinstance(value, str):
        return "is a text; put it in quotes"
    most = LONGEST_NAME if name == "name" else LONGEST_DESCRIPTION
    if len(value) > most:
        return f"has at most {most:,} characters, and this has {len(value):,}; shorten it"
    if name == "name" and not SKILL_NAME.fullmatch(value):
        return "has lowercase letters a to z, digits, and single hyphens between them; write it so, as in `code-review`"
    return None


def _unfit(found: os.stat_result) -> str | None:
    if found.st_size > MOST_FILE_BYTES:
        return f"has {found.st_size / 1024**2:,.0f} MB, and a file of a skill at most 25 MB; leave it out"
    return None
