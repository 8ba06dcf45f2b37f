"""Makes copies of the manifests in included folders. Each entry of the section `include:` names a folder, and gets its
own copy, with its own names of resources and values of variables.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diagnostic import Place
from provisioner.core.kinds import SECTIONS
from provisioner.core.kinds.sections import INCLUDE, INCLUSION
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import is_name
from provisioner.manifest.expressions.expansion import Expansion
from provisioner.manifest.expressions.variables import Variables, declared_in
from provisioner.manifest.includes.folders import Folders, entries_in
from provisioner.manifest.includes.names import LocalNames
from provisioner.manifest.limits import INCLUDES
from provisioner.manifest.parsing.document import Document, Written, shown
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.secret_scan.values import find_secret
from provisioner.manifest.validation.entry_check import check
from provisioner.manifest.validation.nearest import advise

Included = tuple[Document, Expansion]
#: The largest number of places of includes that a message names.
SHOWN = 3


class Inclusion(Struct):
    """Makes copies of the manifests in included folders, for all manifests of a run. A folder is included if its path
    is in a section `include:`. `places` maps each included file to the places of the entries that include it. A message
    about the file also shows these places.
    """

    folders: Folders
    report: Report
    expansion: Expansion
    places: dict[str, list[Place]] = field(default_factory=dict)
    _count: int = 0

    def include(self, documents: list[Document]) -> list[Included]:
        """Returns copies of the manifests in all folders that `documents` include, directly or through other included
        folders. Each copy is returned with the `Expansion` that replaces the expressions in it. Errors are reported.
        """
        before = self.report.describe
        self.report.describe = lambda place: before(place) + self._describe(place)
        found = [each for document in documents for each in self._of(document, self.expansion, "", ())]
        reached = {Path(file) for file in self.places}
        for folder in sorted(self.folders.found):
            manifests = self.folders.documents_of(folder)
            if manifests and not any(Path(shown(each.path)) in reached for each in manifests):
                # Such folders include each other, which is reported here.
                for document in manifests:
                    list(self._of(document, self.expansion, "", (folder,)))
        return found

    def _of(self, document: Document, outer: Expansion, prefix: str, chain: tuple[Path, ...]) -> Iterator[Included]:
        section = document.data.get(INCLUDE) if document.body is None and isinstance(document.data, dict) else None
        if section is not None and not isinstance(section, list):
            written = Written(document, (INCLUDE,), section)
            self.report.error(written, f"`{INCLUDE}` is a list; write `{INCLUDE}: [{{folder: PATH}}]`")
        for entry in entries_in(document):
            if not check(INCLUSION, entry, self.report):
                continue
            folder = self._folder(document, entry, chain)
            own = entry.value.get("prefix") or ""
            if own and not is_name(f"{own}x"):
                self.report.error(
                    entry.get("prefix") or entry,
                    f"`{own[:60]}` cannot begin a name; use letters, digits, `_` and `-`, and begin with no `-`",
                )
            elif folder is not None:
                yield from self._instance(entry, folder, outer, prefix + own, (*chain, folder))

    def _folder(self, document: Document, entry: Written, chain: tuple[Path, ...]) -> Path | None:
        """Returns the folder that `entry` names, an entry of the section `include:` in `document`. If the folder cannot
        be included, reports the reason and returns None. `chain` contains the included folders that lead to `document`,
        from the outermost to the innermost. The last one contains `document`. If `document` belongs to the project
        itself, `chain` is empty.
        """
        at = entry.get("folder") or entry
        folder = self.folders.resolve(document, entry.value["folder"])
        if isinstance(folder, str):
            self.report.error(at, folder)
            return None
        around = next((index for index, each in enumerate(chain) if each.is_relative_to(folder)), None)
        if around is not None:
            way = " → ".join(f"`{shown(each)}`" for each in (*chain[around:], folder))
            self.report.error(at, f"these folders include each other: {way}; remove one of the includes")
            return None
        self._count += 1
        if self._count > INCLUDES:
            self.report.error(at, f"there are more than {INCLUDES:,} includes; use fewer")
            self.report.finish(is_early=True)
        return folder

    def _instance(
        self, entry: Written, folder: Path, outer: Expansion, prefix: str, chain: tuple[Path, ...]
    ) -> Iterator[Included]:
        originals = self.folders.documents_of(folder)
        if not originals:
            self.report.error(entry.get("folder") or entry, "there are no manifests in this folder; correct the path")
        for each in originals:
            self.places.setdefault(shown(each.path), []).append(entry.place)
        names = LocalNames(prefix, self._names(originals, (folder,)), outer.scope.qualify)
        documents = []
        for each in originals:
            outer.spend(entry, *outer.measure(each.data))
            data = names.rewrite(each.data, each.body is not None)
            documents.append(
                dataclasses.replace(each, data=data, bad=deepcopy(each.bad), wrong=deepcopy(each.wrong), prefix=prefix)
            )
        expansion = self._expansion(entry, documents, outer, names.qualify)
        for each in documents:
            yield each, expansion
            yield from self._of(each, expansion, prefix, chain)

    def _expansion(
        self, entry: Written, documents: list[Document], outer: Expansion, qualify: Callable[[str, str], str]
    ) -> Expansion:
        """Returns the `Expansion` that replaces expressions in `documents`, the manifests of a folder that `entry`
        includes. The field `with` of `entry` sets the variables that the folder declares. The other variables get their
        defaults.

        `outer` is the Expansion of the including manifest. `qualify` converts the names of resources in the folder to
        their names in the project.
        """
        variables = Variables(declared_in(documents, self.report), self.report, find_secret, entry.place)
        for each in variables.declared.values():
            if each.default is not None:
                variables.set(each.name, each.default, each.written.get("default"), "its default")
        given = entry.get("with")
        expanded = outer.expand(given, None) if given else None
        for key, item in expanded.fields() if expanded else ():
            name = to_nfc(key)
            if name in variables.declared:
                variables.set(name, item.value, item, "of `with`")
                continue
            advice = advise(name, variables.declared, "declare it there, or remove the value")
            message = f"no manifest in this folder declares a variable `{name[:60]}`; {advice}"
            self.report.error(item.key_place, message)
        for each in variables.declared.values():
            if each.name not in variables.values and each.name not in variables.failed:
                variables.failed.add(each.name)
                if each.is_valid:
                    message = f"the variable `{each.name}` of this folder, declared at {each.written.key_place}, has no"
                    self.report.error(entry, f"{message} value; write `with: {{{each.name}: …}}`")
        scope = replace(outer.scope, variables=variables.values, failed=frozenset(variables.failed), qualify=qualify)
        return replace(outer, scope=scope)

    def _names(self, documents: list[Document], chain: tuple[Path, ...]) -> dict[str, frozenset[str]]:
        """Returns the names that the manifests `documents` declare, keyed by kind. The names in folders that these
        manifests include are also returned; each begins with the `prefix` that the including entry gives. Folders in
        `chain` are not searched again.
        """
        found = _names_in(documents)
        for document in documents:
            for entry in entries_in(document):
                value = entry.value if isinstance(entry.value, dict) else {}
                name, prefix = value.get("folder"), value.get("prefix") or ""
                folder = self.folders.resolve(document, name) if isinstance(name, str) and name else ""
                if not isinstance(folder, Path) or folder in chain or not isinstance(prefix, str):
                    continue
                inner = self._names(self.folders.documents_of(folder), (*chain, folder))
                for kind, names in inner.items():
                    found[kind] = found.get(kind, frozenset()) | {f"{prefix}{each}" for each in names}
        return found

    def _describe(self, place: Place) -> str:
        places = list(dict.fromkeys(self.places.get(place.file, ())))
        if not places:
            return ""
        more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
        return f" (included at {', '.join(map(str, places[:SHOWN]))}{more})"


def _names_in(documents: list[Document]) -> dict[str, frozenset[str]]:
    """Returns the names that the manifests `documents` declare, keyed by the kind of the declared resource."""
    found: dict[str, set[str]] = {}
    for document in documents:
        if document.body is not None:
            found.setdefault("assistant", set()).add(to_nfc(document.path.stem))
            continue
        data = document.data if isinstance(document.data, dict) else {}
        for section, kind in SECTIONS.items():
            value = data.get(section)
            if isinstance(value, dict):
                found.setdefault(kind.name, set()).update(to_nfc(str(name)) for name in value)
    return {kind: frozenset(names) for kind, names in found.items()}
