"""Completes function tools, and checks the JSON Schemas of their parameters. A schema is in the manifest or in a
separate file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.manifest.files.project_files import Tree
from provisioner.manifest.json_schemas.schemas import flaws, invalid
from provisioner.manifest.json_schemas.schematree import Flaw
from provisioner.manifest.parsing.document import Document, Written
from provisioner.manifest.parsing.reading import read_yaml
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.resources.local_functions import FROM, LocalFunctions

#: The parameters of a strict function without parameters.
EMPTY = "{type: object, properties: {}, required: [], additionalProperties: false}"


@dataclass
class Functions:
    """Completes function tools, and checks their parameters against OpenAI's rules.

    `read` are the JSON Schemas that were read from separate files. Each is a pair: the first value in a manifest that
    refers to the file, and the document in the file.
    """

    tree: Tree
    report: Report
    read: list[tuple[Written, Document]] = field(default_factory=list)
    local: LocalFunctions = field(init=False)
    _schemas: dict[Path, Written | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.local = LocalFunctions(self.tree, self.report)

    def expand(self, written: Written, tool: dict[str, Any], address: Address) -> None:
        """Adds to the function tool `tool` the fields that its manifest omits, and the JSON Schema of its parameters.
        `written` is the tool in the manifest. Reports errors in the parameters of the function.
        """
        tool.setdefault("strict", False)
        if tool["strict"] is None:
            tool["strict"] = False
        self.check_schema(written.get("output_schema"), address)
        self.local.read(written, tool, address)
        parameters = written.get("parameters")
        if parameters is None:
            tool["parameters"] = None
            if tool["strict"]:
                message = f"`strict` is about parameters, and there are none; write `parameters: {EMPTY}`"
                self.report.warn(written.document.place((*written.path, "strict"), key=True), message, address)
            return
        if set(parameters.value) == set(FROM):
            return  # The schema was made from the signature, by the rules that it must follow.
        found = self._check(parameters, bool(tool["strict"]), address)
        if found is not None:
            tool["parameters"] = found.value

    def check_marred(self, written: Written, address: Address) -> None:
        """Reports the errors in the parameters of `written`, a function tool in which another error was already found.
        The user then sees all errors at once. Function tools inside `written`, as in a namespace, are also checked.
        """
        tool, wrong = written.value, written.document.wrong
        if not isinstance(tool, dict):
            return
        for index, inner in enumerate(tool["tools"] if isinstance(tool.get("tools"), list) else ()):
            self.check_marred(Written(written.document, (*written.path, "tools", index), inner), address)
        path = (*written.path, "parameters")
        parameters, strict = tool.get("parameters"), tool.get("strict")
        is_read = tool.get("type") == "function" and isinstance(parameters, dict) and set(parameters) != set(FROM)
        if is_read and not wrong.touches(path):
            self._check(Written(written.document, path, parameters), strict is True, address)

    def _check(self, parameters: Written, strict: bool, address: Address) -> Written | None:
        """Returns the JSON Schema of a function's parameters, and reports the errors in this schema. If the schema is
        in a separate file, that file is read. Returns None if the file cannot be read. `strict` is true if the function
        has `strict: true`, for which OpenAI's rules are stricter.
        """
        if set(parameters.value) == {"file"}:
            reference = Written(parameters.document, (*parameters.path, "file"), parameters.value["file"])
            found = self._schema(reference, address)
            if found is None:
                return None
            parameters = found
        self._report_flaws(parameters, flaws(parameters.value, strict, optional=True), address)
        return parameters

    def check_schema(self, written: Written | None, address: Address) -> None:
        """Reports errors in a JSON Schema (`written`) other than a function's parameters, such as `output_schema`. The
        schema must be valid JSON Schema; OpenAI's rules are not checked. Does nothing if `written` is None.
        """
        if written is not None:
            self._report_flaws(written, invalid(written.value), address)

    def resolve_schema(self, written: Written, address: Address) -> Any:
        """Returns a JSON Schema in a manifest. For `{file: schema.json}`, returns the schema in this file. If the
        schema has errors or cannot be read, reports the errors and returns None.
        """
        found: Written | None = written
        if set(written.value) == {"file"}:
            found = self._schema(Written(written.document, (*written.path, "file"), written.value["file"]), address)
        if found is None:
            return None
        broken = invalid(found.value)
        self._report_flaws(found, broken, address)
        return None if broken else found.value

    def _report_flaws(self, schema: Written, found: Iterable[Flaw], address: Address) -> None:
        for flaw in found:
            place = schema.document.place((*schema.path, *flaw.path))
            self.report.add(flaw.severity, place, flaw.message, address)

    def _schema(self, reference: Written, address: Address) -> Written | None:
        """Returns the JSON Schema in the JSON or YAML file that `reference` names. If the file contains no schema,
        reports the error and returns None.
        """
        if not isinstance(reference.value, str):
            self.report.error(reference, "`file` takes a path; write `{file: schema.json}`", address)
            return None
        path = self.tree.one(reference, address)
        if path is None:
            return None
        if path not in self._schemas:
            reading = read_yaml(path, self.tree.selection.root, self.tree.allowance)
            self.report.take(reading.diagnostics)
            self.read.append((reference, reading.document))
            data = reading.document.data
            if not isinstance(data, dict) and not reading.diagnostics:
                message = f"`{reference.value}` holds no JSON Schema; write a mapping there"
                self.report.error(reference, message, address)
            self._schemas[path] = Written(reading.document, (), data) if isinstance(data, dict) else None
        return self._schemas[path]
