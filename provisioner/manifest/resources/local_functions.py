"""Reads the field `handler:` of function tools. The field names a Python function in a file of the project.

This module only parses the Python file, and does not import or run it. The field `handler:` is not sent to OpenAI.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place
from provisioner.core.localfunction import LocalFunction
from provisioner.manifest.files.project_files import Tree
from provisioner.manifest.parsing.document import Written, shown
from provisioner.manifest.parsing.reading import TooLarge, read_limited
from provisioner.manifest.parsing.report import Report

if TYPE_CHECKING:
    from provisioner.manifest.json_schemas.signatures import Signature

FIELD, SUFFIX = "handler", ".py"
#: The value of `parameters:` that takes the JSON Schema from the handler's signature.
FROM = {"from": FIELD}
FORM = re.compile(r"(?P<path>[^:]+\.py):(?P<function>[^\W\d]\w*)")
EXPECTED = "`handler` names a function in a Python file; write `tools/server.py:examine_server`"


class LocalFunctions(Struct):
    """Collects the local implementations of functions. `found` maps the address of the resource that declares a tool to
    the implementations, keyed by the name of the function.
    """

    tree: Tree
    report: Report
    found: dict[Address, dict[str, LocalFunction]] = field(default_factory=dict)
    _sources: dict[Path, str | None] = field(default_factory=dict)

    def read(self, written: Written, tool: dict[str, Any], address: Address) -> None:
        """Removes `handler` from the function tool `tool`, and records the Python function that `handler` names.
        `written` is the tool in the manifest. If the parameters are `{from: handler}`, the JSON Schema of the Python
        function's signature replaces them. In this case, a tool without a description gets the description in the
        docstring. Reports errors.
        """
        tool.pop(FIELD, None)
        reference = written.get(FIELD)
        parameters = written.get("parameters")
        wants_schema = parameters is not None and set(parameters.value) == set(FROM)
        if parameters is not None and wants_schema and (parameters.value != FROM or reference is None):
            tool["parameters"] = None
            message = "`parameters: {from: handler}` takes the schema from `handler:`, which is not set; add it"
            if parameters.value != FROM:
                message = "`from` takes only `handler`; write `parameters: {from: handler}`"
            self.report.error(parameters, message, address)
            return
        if reference is None:
            return
        local = self._resolve(reference, address)
        signature = self._signature(reference, local, tool, address, wants_schema=wants_schema) if local else None
        if wants_schema:
            tool["parameters"] = signature.schema if signature else None
            if signature and signature.description and tool.get("description") is None:
                tool["description"] = signature.description
        elif signature is not None and parameters is not None:
            self._check_names(reference, signature, parameters, address)
        if local is not None:
            self.found.setdefault(address, {})[str(tool["name"])] = local

    def _resolve(self, reference: Written, address: Address) -> LocalFunction | None:
        matched = FORM.fullmatch(reference.value) if isinstance(reference.value, str) else None
        if matched is None:
            self.report.error(reference, EXPECTED, address)
            return None
        path = self.tree.one(Written(reference.document, reference.path, matched["path"]), address)
        if path is None:
            return None
        return LocalFunction(self.tree.root, path, matched["function"], reference.place)

    def _signature(
        self, reference: Written, local: LocalFunction, tool: dict[str, Any], address: Address, *, wants_schema: bool
    ) -> Signature | None:
        # Imported here, because few manifests name Python functions.
        from provisioner.manifest.json_schemas.signatures import SourceFlaw, read_signature

        source = self._source(reference, local.path, address)
        if source is None:
            return None
        found = read_signature(source, local.function, strict=bool(tool.get("strict")), wants_schema=wants_schema)
        flaws = [found] if isinstance(found, SourceFlaw) else list(found.flaws)
        for flaw in flaws:
            self.report.error(Place(shown(local.path), flaw.line, flaw.column), flaw.message, address)
        return None if flaws or isinstance(found, SourceFlaw) else found

    def _source(self, reference: Written, path: Path, address: Address) -> str | None:
        if path not in self._sources:
            self._sources[path] = None
            try:
                data = read_limited(self.tree.selection.root, path, self.tree.allowance)
                self._sources[path] = data.decode("utf-8-sig")
            except TooLarge as error:
                self.report.error(reference, f"`{path.name}` {error}; make it smaller", address)
            except UnicodeDecodeError:
                self.report.error(reference, f"`{path.name}` is not UTF-8; save it as UTF-8", address)
            except OSError as error:
                self.report.error(reference, f"`{path.name}` cannot be read: {error.strerror}", address)
        return self._sources[path]

    def _check_names(self, reference: Written, signature: Signature, parameters: Written, address: Address) -> None:
        """Reports a warning if `parameters`, the schema of a function, contains properties that the Python function
        does not accept, because a call with them would fail. `signature` is the signature of the Python function, and
        `reference` is the value of `handler:`.
        """
        properties = parameters.value.get("properties")
        if signature.names is None or not isinstance(properties, dict):
            return
        missing = [str(name) for name in properties if name not in signature.names]
        if missing:
            names = ", ".join(f"`{name}`" for name in missing[:5])
            message = f"`{reference.value}` has no parameter {names}; add it, or write `parameters: {{from: handler}}`"
            self.report.warn(reference, message, address)
