"""Makes function tools from the operations of an OpenAPI document (versions 3.0 and 3.1).

The parameters of a function are the parameters of its operation and the fields of the request body. References inside
the document are resolved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioner.core.diagnostic import Place
from provisioner.manifest.migration.reading import Reading
from provisioner.manifest.writing.found import TOOL, Found

METHODS = ("get", "put", "post", "delete", "patch", "options", "head")
#: The most levels of nested values and references, and the most values, in the parameters of one function.
DEPTH = 12
VALUES = 5_000
#: The fields of schemas in OpenAPI that are removed, because function parameters do not need them.
FOREIGN = frozenset({"example", "xml", "discriminator", "externalDocs", "readOnly", "writeOnly", "deprecated"})
LONGEST_NAME = 64


def is_openapi(value: Mapping[str, Any]) -> bool:
    """Returns whether a value is an OpenAPI document."""
    return isinstance(value.get("openapi"), str) and isinstance(value.get("paths"), Mapping)


def read_openapi(document: Mapping[str, Any], reading: Reading) -> None:
    """Adds a function tool to `reading` for every operation of an OpenAPI document."""
    for path, item in document["paths"].items():
        shared = item.get("parameters") if isinstance(item, Mapping) else None
        for method in METHODS if isinstance(item, Mapping) else ():
            operation = item.get(method)
            if isinstance(operation, Mapping):
                made = _Operation(document, path, method, operation, shared if isinstance(shared, list) else [])
                reading.found.append(made.tool(Place(reading.file)))
                for problem in made.problems:
                    reading.report("warning", f"{method.upper()} {path}: {problem}")
    if not any(found.type == TOOL for found in reading.found):
        reading.report("warning", "this OpenAPI document has no operations; nothing is made from it")


class _Operation:
    """One operation of an OpenAPI document, from which a function tool is made."""

    def __init__(
        self, document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any], shared: list[Any]
    ) -> None:
        self.document, self.path, self.method, self.operation = document, path, method, operation
        self.shared = shared
        self.left = VALUES
        self.problems: dict[str, None] = {}

    def tool(self, place: Place) -> Found:
        """Returns the function tool for the operation, as a `Found` value (the description of an object that was found
        in a source). `place` is the place of the OpenAPI document.
        """
        name = self._name()
        properties: dict[str, Any] = {}
        required: list[str] = []
        for given in [*self.shared, *(self.operation.get("parameters") or ())]:
            parameter = self._resolved(given, 0)
            if isinstance(parameter, Mapping) and isinstance(parameter.get("name"), str):
                self._add_parameter(parameter, properties, required)
        self._add_body(properties, required)
        parameters: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            parameters["required"] = list(dict.fromkeys(required))
        texts = (self.operation.get("summary"), self.operation.get("description"))
        description = "\n".join(dict.fromkeys(text.strip() for text in texts if isinstance(text, str) and text.strip()))
        fields = {
            "type": "function",
            "name": name,
            "description": description or f"{self.method.upper()} {self.path}",
            "parameters": parameters,
        }
        key = f"tool {name} at {place} {self.method} {self.path}"
        return Found(TOOL, key, fields, place=place, is_echo=False, name=name)

    def _name(self) -> str:
        given = self.operation.get("operationId")
        text = given if isinstance(given, str) and given else f"{self.method}_{self.path}"
        return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")[:LONGEST_NAME] or self.method

    def _add_parameter(self, parameter: Mapping[str, Any], properties: dict[str, Any], required: list[str]) -> None:
        if parameter.get("in") == "header" and parameter["name"].lower() in ("authorization", "accept", "content-type"):
            return
        schema = self._resolved(parameter.get("schema") or {"type": "string"}, 0)
        schema = dict(schema) if isinstance(schema, Mapping) else {}
        if isinstance(parameter.get("description"), str):
            schema["description"] = parameter["description"]
        properties[parameter["name"]] = schema
        if parameter.get("required") is True:
            required.append(parameter["name"])

    def _add_body(self, properties: dict[str, Any], required: list[str]) -> None:
        body = self._resolved(self.operation.get("requestBody"), 0)
        content = body.get("content") if isinstance(body, Mapping) else None
        if not isinstance(content, Mapping) or not content:
            return
        media = content.get("application/json") or next(iter(content.values()))
        schema = self._resolved(media.get("schema") if isinstance(media, Mapping) else None, 0)
        if not isinstance(schema, Mapping):
            return
        inner = schema.get("properties")
        if isinstance(inner, Mapping):
            for name, value in inner.items():
                properties.setdefault(name, value)
            if body.get("required") is True:
                required += [name for name in schema.get("required") or () if isinstance(name, str)]
        else:
            properties.setdefault("body", dict(schema))

    def _resolved(self, value: Any, depth: int, inside: tuple[str, ...] = ()) -> Any:
        """Returns a copy of a value in the OpenAPI document, in which references are replaced by what they refer to.
        Fields in FOREIGN, such as `example`, are left out. A reference that cannot be replaced, and a mapping beyond
        the limits DEPTH and VALUES, become the schema `{}`, which allows any value. A list beyond the limit VALUES
        becomes empty.

        `depth` is the depth of the value. `inside` are the references that were followed to reach the value.
        """
        self.left -= 1
        if isinstance(value, list):
            return [self._resolved(each, depth + 1, inside) for each in value] if self.left >= 0 else []
        if not isinstance(value, Mapping):
            return value
        if self.left < 0 or depth > DEPTH:
            self.problems[f"it has more than {VALUES:,} values or {DEPTH} levels; what is below is any value"] = None
            return {}
        if isinstance(reference := value.get("$ref"), str):
            if reference in inside:
                self.problems[f"`{reference}` contains itself; the inner one is any value"] = None
                return {}
            if (target := self._target(reference)) is None:
                self.problems[f"`{reference}` is not in this document; it was left out, so add it by hand"] = None
                return {}
            return self._resolved(target, depth + 1, (*inside, reference))
        made = {name: self._resolved(each, depth + 1, inside) for name, each in value.items() if name not in FOREIGN}
        if made.pop("nullable", None) is True and isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        return made

    def _target(self, reference: str) -> Any:
        value: Any = self.document if reference.startswith("#/") else None
        for step in reference.removeprefix("#/").split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            value = value.get(step) if isinstance(value, Mapping) else None
        return value
