"""Reads Terraform configurations. References to the ids of other resources become the addresses of these resources. A
call of `jsonencode` with literal values becomes these values. Any other expression becomes an `Unread` value, which is
left out of manifests and reported.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.diagnostic import Place
from provisioner.core.errors import UsageError
from provisioner.manifest.migration.objects import MEMBER
from provisioner.manifest.migration.reading import Reading, Text
from provisioner.manifest.migration.terraform import TYPES, make_objects
from provisioner.manifest.writing.found import Unread

#: A reference to the id of another resource.
REFERENCE = re.compile(rf"({'|'.join(TYPES)})\.([A-Za-z_][\w-]*)\.id")
HEREDOC = re.compile(r"<<(-?)([A-Za-z_]\w{0,127})\n")
#: The beginning of a Terraform template expression in a text. `$${` and `%%{` are escapes for `${` and `%{`.
TEMPLATE = re.compile(r"(?<![$%])[$%]\{")
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
#: The expression for the folder of the configuration, with which paths begin.
MODULE = "${path.module}/"
ENCODED = re.compile(r"\$\{jsonencode\((.*)\)\}", re.DOTALL)
#: The arguments with which one resource makes several objects.
REPEATING = ("count", "for_each")


def read_hcl(text: str, reading: Reading) -> None:
    """Adds an object to `reading` for each OpenAI resource in a Terraform configuration.

    Raises UsageError if the package `python-hcl2` is not installed.
    """
    document = _parse(text, reading)
    places = Text(text, reading.file)
    for kind, name, block in _resources(document):
        found = re.search(rf'resource\s+"?{re.escape(kind)}"?\s+"?{re.escape(name)}"?\s*\{{', text)
        place = places.place(found.start()) if found else Place(reading.file)
        attributes = {_unquoted(key): _value(value) for key, value in block.items() if not key.startswith("__")}
        for repeating in REPEATING:
            if repeating in attributes:
                message = f"`{repeating}` of `{kind}.{name}` is an expression; one object is made, copy it for each"
                reading.report("warning", message, place.line, place.column)
        made = list(make_objects(TYPES[kind], f"{kind}.{name}", attributes, name, place, is_state=False))
        if not made and TYPES[kind] == MEMBER:
            message = f"the store or the files of `{kind}.{name}` are an expression; add the files to their store"
            reading.report("warning", message, place.line, place.column)
        reading.found += made


def _parse(text: str, reading: Reading) -> Mapping[str, Any]:
    try:
        import hcl2
    except ImportError as error:
        raise UsageError(
            "reading Terraform needs the package `python-hcl2`, which is not installed",
            hint='install it: pip install "provision-openai[migrate]"',
        ) from error
    try:
        document: Mapping[str, Any] = hcl2.loads(text if text.endswith("\n") else f"{text}\n")
    except Exception as error:  # The parser raises errors of its grammar's library, and of its own.
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        is_place = isinstance(line, int) and isinstance(column, int) and line > 0 and column > 0
        message = "this is not a configuration of Terraform; check it with `terraform validate`"
        reading.report("error", message, *((line, column) if is_place else (1, 1)))
        return {}
    return document


def _resources(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yields (type, name, block) for every resource whose type is in TYPES. The block contains the arguments of the
    resource.
    """
    for resource in document.get("resource") or ():
        for kind, named in resource.items() if isinstance(resource, Mapping) else ():
            if _unquoted(kind) in TYPES and isinstance(named, Mapping):
                for name, block in named.items():
                    if isinstance(block, Mapping):
                        yield _unquoted(kind), _unquoted(name), block


def _unquoted(name: str) -> str:
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == '"' else name


def _value(value: Any) -> Any:
    """Returns a value of the parsed configuration as data. Each expression in the value becomes an `Unread` value, a
    placeholder that contains the text of the expression.
    """
    if isinstance(value, Mapping):
        return {_unquoted(str(key)): _value(item) for key, item in value.items() if not str(key).startswith("__")}
    if isinstance(value, list):
        return [_value(item) for item in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return _literal(text[1:-1])
    expression = text.removeprefix("${").removesuffix("}")
    if found := REFERENCE.fullmatch(expression.strip()):
        return f"{found[1]}.{found[2]}"
    if encoded := ENCODED.fullmatch(text):
        return _encoded(encoded[1], expression)
    return Unread(expression)


def _literal(text: str) -> Any:
    """Returns the value of a quoted text, without `${path.module}/` at its beginning. If the text consists only of a
    reference, returns the address of the other resource. If the text contains any other template expression, returns an
    `Unread` value, a placeholder for an unknown value.
    """
    heredoc = _heredoc(text)
    plain = text.replace(MODULE, "") if text.startswith(MODULE) else text
    if found := REFERENCE.fullmatch(plain.removeprefix("${").removesuffix("}")):
        return f"{found[1]}.{found[2]}"
    if TEMPLATE.search(plain):
        return Unread(text)
    if heredoc:
        is_indented, body = heredoc
        return _without_doubles(textwrap.dedent(body) if is_indented else body)
    return _without_doubles(ESCAPE.sub(_unescape, plain))


def _heredoc(text: str) -> tuple[bool, str] | None:
    """Returns two values for a Terraform heredoc: whether Terraform removes the indentation (`<<-END`), and the body.
    Returns None if the text is not a heredoc.
    """
    begin = HEREDOC.match(text)
    if begin is None:
        return None
    *lines, last = text[begin.end() :].split("\n")
    return (bool(begin[1]), "\n".join([*lines, ""])) if last.strip(" \t") == begin[2] else None


def _without_doubles(text: str) -> str:
    return text.replace("$${", "${").replace("%%{", "%{")


def _unescape(found: re.Match[str]) -> str:
    if code := found[1] or found[2]:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else found[0]
    return ESCAPES.get(found[3], found[0])


def _encoded(inner: str, expression: str) -> Any:
    """Returns the value of `inner`, the argument of a call of `jsonencode`. `expression` is the text of the whole call.
    If the argument contains an expression, returns an `Unread` value, a placeholder that contains the text
    `expression`.
    """
    import hcl2

    try:
        document = hcl2.loads(f"value = {inner}\n")
    except Exception:
        return Unread(expression)
    value = _value(document.get("value"))
    return Unread(expression) if _holds_unread(value) else value


def _holds_unread(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_unread, value.values()))
    return any(map(_holds_unread, value)) if isinstance(value, list) else isinstance(value, Unread)
