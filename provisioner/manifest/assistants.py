"""Makes the resources of assistants. Each assistant's fields are combined with the defaults, the instructions and the
tools. The combined assistant is converted to the format of its target (an API).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.assistant_fields import ASSISTANT_FIELDS, OURS
from provisioner.core.objecttype import ENVIRONMENT_TEMPLATE
from provisioner.core.resource import AssistantSpec, Problem, Ref, Resource, refs
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.files.referenced_files import Library
from provisioner.manifest.json_schemas.schemas import flaws
from provisioner.manifest.parsing.document import Document, Steps, Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.inheritance import merge_fields
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.resources.choices import check_choice
from provisioner.manifest.resources.environments import Environments
from provisioner.manifest.resources.instructions import Instructions, body_of
from provisioner.manifest.resources.lifecycles import lifecycle_of
from provisioner.manifest.resources.nulls import without_nulls
from provisioner.manifest.resources.stores import count_own
from provisioner.manifest.resources.tools import Tools
from provisioner.manifest.sources import Composed
from provisioner.manifest.validation.error_messages import closest_field
from provisioner.openai_api.targets import TARGETS
from provisioner.openai_api.targets.responses import STORES

#: The largest number of metadata pairs of an object that the API accepts. The marks of provision count as pairs.
PAIRS = 16
Fields = dict[str, Written]


class Assistants(Struct):
    """Makes the resources of assistants from settings, instructions, tools, environment templates and files.

    `composed` contains one `Composed` value for each assistant: its fields, tools and texts of instructions, after they
    were combined.
    """

    settings: Settings
    instructions: Instructions
    tools: Tools
    environments: Environments
    library: Library
    report: Report
    composed: list[Composed] = field(default_factory=list)

    def express(self, declaration: Declaration) -> Iterator[Resource]:
        """Yields the resource of the assistant that `declaration` declares. If the target needs a separate object for
        the assistant's environment template, also yields the resource of the template. Errors in the assistant are
        reported.
        """
        fields = self._fields(declaration)
        target = fields["target"].value if "target" in fields else self.settings.target
        self._check_model(fields, declaration)
        if self.settings.is_known and target == "responses":
            self._check_stores(fields, declaration.address)
        if self.settings.is_known:
            self._check_metadata(fields, target, declaration.address)
        self._check_format(fields, declaration.address)
        spec, sources, complete = self._spec(declaration, fields)
        if complete and target == "responses" and "tool_choice" in fields:
            check_choice(fields["tool_choice"], spec.fields.get("tools") or (), self.report, declaration.address)
        self.composed.append(self._composed(declaration, target, fields, spec))
        expression = TARGETS[target].express(spec)
        # The target and the defaults of an undeclared environment are not known.
        for problem in expression.problems if self.settings.is_known else ():
            if complete or problem.path[:1] != ("tools",):
                self._report_problem(problem, fields, declaration)
        place = declaration.written.key_place
        lifecycle = lifecycle_of(fields.get("lifecycle"), self.settings.lifecycle)
        parts = self.instructions.parts_of(declaration.address)
        yield Resource(declaration.address, expression.type, expression.inputs, place, lifecycle, sources, parts=parts)
        if expression.environment is not None:
            address = Address(ENVIRONMENT_TEMPLATE.kind.name, declaration.name)
            yield Resource(address, ENVIRONMENT_TEMPLATE.name, expression.environment, place, lifecycle)

    def _fields(self, declaration: Declaration) -> Fields:
        """Returns an assistant's fields: the fields in its manifest, and the project's defaults for the other fields.

        If a field is a mapping in the manifest and in the defaults, the two mappings are merged. A null in the manifest
        removes the default.
        """
        merged = merge_fields(self.settings.written_defaults, dict(declaration.written.fields()))
        return {name: item for name, item in merged.items() if item.value is not None}

    def _spec(self, declaration: Declaration, fields: Fields) -> tuple[AssistantSpec, dict[str, str], bool]:
        """Converts the assistant in `declaration` to an AssistantSpec, a description for any target (the API that an
        assistant is made for). `fields` are the assistant's fields, combined with the defaults.

        Returns three values: the AssistantSpec; the digests of the declared texts, text files and declared tools that
        the assistant uses, keyed by address; and whether all tools of the assistant are valid.
        """
        address = declaration.address
        values: dict[str, Any] = {"name": declaration.display_name}
        values |= {
            name: without_nulls(fields[name].value)
            for name in ASSISTANT_FIELDS
            if name in fields and (name in ("name", "description") or name not in OURS)
        }
        if "metadata" in values:
            values["metadata"] = _filled(values["metadata"])
        text, sources = self.instructions.compose(fields, body_of(declaration.written), address)
        values.pop("instructions", None)
        if text:
            values["instructions"] = text
        expanded = self.tools.expand_all(fields["tools"], address) if "tools" in fields else ([], {})
        if "tools" in fields:
            values["tools"] = expanded[0] if expanded else []
        environment = self.environments.express(fields["environment"], address) if "environment" in fields else None
        spec = AssistantSpec(
            name=declaration.name,
            fields=values,
            environment=environment,
            extra=fields["extra"].value if "extra" in fields else {},
            agents=fields["agents"].value if "agents" in fields else {},
            filenames=self._filenames([values.get("tools"), environment]),
        )
        return spec, sources | (expanded[1] if expanded else {}), expanded is not None

    def _composed(self, declaration: Declaration, target: str, fields: Fields, spec: AssistantSpec) -> Composed:
        items = list(self.tools.spread(fields["tools"]).items()) if "tools" in fields else []
        tools = spec.fields.get("tools") or ()
        parts = self.instructions.composed[declaration.address]
        # If one tool is wrong, the list is not known.
        return Composed(declaration, target, fields, tuple(zip(items, tools, strict=False)), tuple(parts))

    def _filenames(self, value: Any) -> dict[Address, str]:
        entries = self.library.entries
        found: set[Ref] = {ref for ref in refs(value) if ref.address in entries}
        return {ref.address: entries[ref.address].filename for ref in sorted(found, key=lambda ref: ref.address)}

    def _check_model(self, fields: Fields, declaration: Declaration) -> None:
        """Reports an error if an assistant has no model. Reports nothing if the reason may be an error that was already
        reported, for example a misspelt name of the field `model`.
        """
        written = declaration.written
        blocks = [(written.document, written.path), *self._blocks_of_defaults()]
        is_reported = not self.settings.is_known or any(_is_tried("model", document, path) for document, path in blocks)
        if "model" in fields or is_reported:
            return
        message = "this assistant has no model; write `model: …` here, or `defaults: {model: …}` in provision.yaml"
        self.report.error(written.document.place((*written.path, "model"), key=True), message, declaration.address)

    def _blocks_of_defaults(self) -> Iterator[tuple[Document, Steps]]:
        for document in self.settings.documents:
            yield document, ("defaults",)
            yield document, ("environments", self.settings.environment, "defaults")

    def _check_metadata(self, fields: Fields, target: str, address: Address) -> None:
        metadata, marks = fields.get("metadata"), TARGETS[target].marks
        count = len(_filled(metadata.value)) if metadata is not None else 0
        if metadata is not None and count > PAIRS - marks:
            message = f"these are {count} pairs; {count_own(PAIRS, marks)}, remove some"
            self.report.error(metadata, message, address)

    def _check_stores(self, fields: Fields, address: Address) -> None:
        """Reports an error for each tool `file_search` that names no vector stores. `fields` are the assistant's
        fields, combined with the defaults.

        The conversion of the assistant to the API's format also finds this error, but not if another tool is wrong.
        Therefore the manifests are checked here.
        """
        for item in self.tools.spread(fields["tools"]).items() if "tools" in fields else ():
            tool = item
            if isinstance(item.value, str):
                declared = self.tools.declared.get(to_nfc(item.value))
                tool = declared.written if declared else item
            fields_ = tool.value if isinstance(tool.value, dict) else {"type": tool.value}
            if fields_.get("type") == "file_search" and not fields_.get("vector_stores"):
                self.report.error(item, STORES, address)

    def _check_format(self, fields: Fields, address: Address) -> None:
        form = fields["text"].get("format") if "text" in fields else None
        schema = form.get("schema") if form else None
        if form is None or schema is None:
            return
        for flaw in flaws(schema.value, form.value.get("strict") is True, optional=False):
            place = schema.document.place((*schema.path, *flaw.path))
            self.report.add(flaw.severity, place, flaw.message, address)

    def _report_problem(self, problem: Problem, fields: Fields, declaration: Declaration) -> None:
        """Reports `problem`, which was found when the assistant was converted to the API's format. The error is at the
        place of the wrong field, which may be in the project's defaults. `fields` are the assistant's fields with the
        defaults.
        """
        first, *rest = problem.path or ("",)
        field = fields.get(str(first))
        place = declaration.written.key_place
        if field is not None:
            place = field.place_of(tuple(rest))
        self.report.add(problem.severity, place, problem.message, declaration.address, problem.rule)


def _filled(metadata: dict[str, Any]) -> dict[str, Any]:
    """Returns the metadata without the keys whose value is null. In a manifest, null removes a key that the project's
    defaults set.
    """
    return {key: value for key, value in metadata.items() if value is not None}


def _is_tried(name: str, document: Document, block: Steps) -> bool:
    """Returns whether an error that was already reported may be the reason why a field seems to be missing. `name` is
    the name of the field, and `block` is the path of the mapping in which the field is missing.

    Such an error is in the mapping itself, in a mapping that contains it, or in a field of the mapping that has the
    name `name` or a similar name.
    """
    known = list(ASSISTANT_FIELDS)
    around = any(block[:depth] in document.bad for depth in range(len(block) + 1))
    return around or any(key == name or closest_field(str(key), known) == name for key in document.bad.inside(block))
