"""Reports credentials in manifests as errors. Everything that manifests contain is checked: texts, prompts, schemas,
attributes, URLs and names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diagnostic import Place
from provisioner.core.objecttype import FILE
from provisioner.core.resource import PLAIN, Resource
from provisioner.manifest.parsing.document import BODY, Document, Steps, Written, shown
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.parsing.textplace import place_inside
from provisioner.manifest.resources.instructions import Part
from provisioner.manifest.secret_scan.credentials import MARKS, find_credentials
from provisioner.manifest.secret_scan.opaque import holds_token, is_secret_value, names_secret
from provisioner.manifest.secret_scan.texts import texts_in, texts_to_send
from provisioner.manifest.silences import Silences

REVOKE = "revoke it if it was ever pushed"
HINT = f"write `{{runtime: NAME}}` and let the application give it, and {REVOKE}"
TAKE_OUT = f"take it out, and {REVOKE}"
TAKE_OUT_OF_TEXT = f"take it out of the text, and {REVOKE}"
RULE = "secret"
#: Advice to allow a value that only looks like a credential: in a manifest (ALLOW), in Markdown (ALLOW_IN_BODY), or in
#: another file (ALLOW_IN_FILE).
COMMENT = "provision: ignore[secret] REASON"
ALLOW = f"if it is none, allow it with the comment `# {COMMENT}` on the line of its key or above it"
ALLOW_IN_BODY = f"if it is none, allow it with `<!-- {COMMENT} -->` on the line above it, which is sent with the text"
ALLOW_IN_FILE = f"if it is none, allow it with the comment `# {COMMENT}` beside the reference to this file"

#: HTTP headers that carry no credential, in lowercase. The application must provide every other header.
HARMLESS_HEADERS = frozenset(
    {"accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "content-language"}
    | {"content-type", "mcp-protocol-version", "user-agent", "x-github-api-version", "x-mcp-readonly", "x-mcp-toolsets"}
)
HEADERS = frozenset({"headers", "extra_headers", "default_headers", "http_headers"})
#: Fields that contain a JSON Schema. Inside a schema, a key is the name of a property and does not describe the value
#: below it.
SCHEMAS = frozenset({"parameters", "output_schema", "input_schema", "schema", "json_schema"})
VALUES = frozenset({"default", "const", "example", "examples"})


class Found(Struct, frozen=True):
    """A credential in a manifest. `path` is the path of the value that contains the credential. `offset` is the
    position of the credential in this value. `description` says which kind of credential was found, and `advice` says
    what the user should do.
    """

    path: Steps
    description: str
    advice: str
    offset: int = 0


class Allowed(Struct, frozen=True):
    """A credential that a comment allows. `message` is the error that would be reported without the comment. `place` is
    the place of the credential. A comment beside one of the places in `near` also allows the credential.
    """

    message: str
    place: Place
    near: tuple[Place, ...]


class Secrets(Struct):
    """Searches manifests and resources for credentials, and reports the credentials that no comment allows.

    `allowed` are the credentials that a comment allows. If a manifest and a resource contain the same text, the text is
    checked once.
    """

    report: Report
    allowed: list[Allowed] = field(default_factory=list)
    _silences: Silences = field(default_factory=Silences)
    _seen: set[str] = field(default_factory=set)

    def check_document(self, document: Document) -> None:
        """Reports credentials in the values and keys of a manifest, and in the body of a Markdown file with an
        assistant.
        """
        self._silences.read(shown(document.path), document.text, document.node)
        for part in (document, *document.dropped):
            for found in _found(part.data, (), "", in_schema=False):
                written = Written(part, found.path, None)
                said = f"must not be in a manifest; {found.advice}"
                if _is_text(found.path):
                    said = f"must not be in instructions; {TAKE_OUT_OF_TEXT}"
                place = place_inside(document.text, written, found.offset)
                self._report(f"{found.description} {said}", place, _beside(written))
            self._seen.update(texts_in(part.data))
        for credential in find_credentials(document.body or ""):
            place = _inside(document.body or "", credential.offset, document.place(BODY))
            message = f"{credential.describe()} must not be in instructions; {TAKE_OUT_OF_TEXT}"
            self._report(message, place, (), allow=ALLOW_IN_BODY)
        self._seen.add(document.body or "")

    def check_expanded(self, written: Written, plain: Callable[[str], str]) -> None:
        """Reports credentials in `written`, a value of a manifest in which expressions were replaced by their values.

        `plain` is a function that replaces the references in a text by an ordinary word, because the referenced ids are
        not known yet.
        """
        written = replace(written, value=_mapped(written.value, plain))
        owner = next((step for step in reversed(written.path) if isinstance(step, str)), "")
        for found in _found(written.value, written.path, owner, in_schema=False):
            value = _value_at(written.value, found.path[len(written.path) :])
            if value == _value_at(written.document.data, found.path):
                continue  # The manifest itself has this value, so it was checked there.
            place = Written(written.document, found.path, None)
            message = f"with its expressions, this holds {found.description}, which must not be sent; {found.advice}"
            self._report(message, place.place, _beside(place))
        self._seen.update(texts_in(written.value))

    def check_prompts(self, parts: Iterable[Part]) -> None:
        """Reports credentials in `parts`, the parts of assistants' instructions: in prompt files, and in texts after
        their variables were replaced by values.
        """
        for part in {id(part): part for part in parts}.values():
            if part.path is not None and part.raw not in self._seen:
                self._silences.read(shown(part.path), part.raw)
                for credential in find_credentials(part.raw):
                    place = _inside(part.raw, credential.offset, Place(shown(part.path)))
                    message = f"{credential.describe()} must not be here; {TAKE_OUT_OF_TEXT}"
                    self._report(message, place, _near(part), part.source, allow=ALLOW_IN_FILE)
            if part.text != part.raw and not any(find_credentials(part.raw)):
                for credential in find_credentials(part.text):
                    message = f"with its variables, this text holds {credential.describe()}; {TAKE_OUT_OF_TEXT}"
                    self._report(message, part.written.place, _near(part), part.source)
            self._seen.update((part.raw, part.text))

    def check_schema(self, reference: Written, document: Document) -> None:
        """Reports credentials in a JSON Schema in a separate file. `document` is this file, and `reference` is the
        value in a manifest that names the file.
        """
        for found in _found(document.data, (), "", in_schema=True):
            place = place_inside(document.text, Written(document, found.path, None), found.offset, in_line=True)
            message = f"{found.description} must not be here; {found.advice}"
            self._report(message, place, _beside(reference), allow=ALLOW_IN_FILE)
        self._seen.update(texts_in(document.data))

    def check_resources(self, resources: Sequence[Resource]) -> None:
        """Reports credentials in the addresses and the inputs of resources, except in `instructions`. Texts that were
        already checked in the manifests are left out, so mainly names and paths that were made from other values are
        checked.
        """
        files: list[Resource] = []
        others: list[Resource] = []
        for resource in resources:
            (files if resource.type == FILE.name else others).append(resource)
        # Most resources are files. One search in the names of all files is faster than one for each file.
        names = {each.address.name for each in files}
        names |= {name for each in files if not each.address.name.endswith(name := each.inputs["filename"])}
        if MARKS.search("\n".join(names)):
            others += files
        else:
            self._seen |= names
            others += [each for each in files if not PLAIN.issuperset(map(type, each.inputs.values()))]
        for resource in others:
            self._check_resource(resource)

    def _check_resource(self, resource: Resource) -> None:
        texts = {str(resource.address): None, **texts_to_send(resource)}
        new = [text for text in texts if text not in self._seen]
        self._seen.update(new)
        if not MARKS.search("\n".join(new)):
            return  # Nearly always. One search in all texts is faster than one in each.
        for text in new:
            for credential in find_credentials(text):
                message = f"{credential.describe()} must not be in what is sent; {TAKE_OUT}"
                self._report(message, resource.place, (), resource.address)

    def _report(
        self, message: str, place: Place | None, near: tuple[Place, ...], address: object = None, allow: str = ALLOW
    ) -> None:
        place = place or Place("")
        if self._silences.cover_at((place, *near), RULE):
            self.allowed.append(Allowed(message, place, near))
        else:
            self.report.error(place, f"{message}; {allow}", address, RULE)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Returns a copy of `value` in which each string is replaced by the result of `change`. Keys of mappings are not
    changed.
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    return [_mapped(item, change) for item in value] if isinstance(value, list) else value


def _value_at(value: Any, path: Steps) -> Any:
    """Returns the value at the path `path` inside `value`, or None if there is no value at this path."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def find_secrets(entry: dict[str, Any]) -> Iterator[Found]:
    """Yields every credential in a manifest entry. `entry` is plain data, which need not be in a file."""
    return _found(entry, (), "", in_schema=False)


def _beside(written: Written) -> tuple[Place, ...]:
    return tuple(dict.fromkeys((written.place, written.key_place)))


def _near(part: Part) -> tuple[Place, ...]:
    """Returns the places in a manifest at which a comment may allow a credential in a prompt. The places are the
    reference to the prompt, the key of the reference, and the key of the mapping that contains the reference.
    """
    written = part.written
    if written.path[:1] == BODY:
        return ()
    owner = Written(written.document, written.path[:-1], None)
    return tuple(dict.fromkeys((written.place, written.key_place, owner.key_place)))


def _is_text(path: Steps) -> bool:
    """Returns whether the value at `path` is a part of instructions: an assistant's field `instructions:`, or a text
    that is declared under `instructions:`.
    """
    return path[:1] == ("instructions",) or path[2:3] == ("instructions",)


def _inside(text: str, offset: int, begin: Place) -> Place:
    before = text[:offset]
    return Place(begin.file, begin.line + before.count("\n"), offset - before.rfind("\n"))


def _found(value: Any, path: Steps, owner: str, *, in_schema: bool) -> Iterator[Found]:
    """Yields every credential in a value. `path` is the path of the value, and `owner` is the name of the field that
    contains the value. `in_schema` says that the value is part of a JSON Schema.
    """
    if isinstance(value, str):
        kinds: dict[str, int] = {}
        for credential in find_credentials(value):
            kinds.setdefault(credential.describe(), credential.offset)
        for said, offset in kinds.items():
            yield Found(path, said, TAKE_OUT, offset)
        if not kinds and names_secret(owner) and is_secret_value(owner, value):
            yield Found(path, "a credential", TAKE_OUT)
        elif not kinds and owner == "server_url" and holds_token(value):
            yield Found(path, "a token in the path of a URL", TAKE_OUT)
    elif isinstance(value, dict):
        yield from _found_in_mapping(value, path, owner, in_schema=in_schema)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, (*path, index), owner, in_schema=in_schema)


def _found_in_mapping(value: dict[str, Any], path: Steps, owner: str, *, in_schema: bool) -> Iterator[Found]:
    is_headers = owner in HEADERS and not in_schema
    name = next((value[key] for key in ("name", "key", "header") if isinstance(value.get(key), str)), "")
    for key, item in value.items():
        for credential in find_credentials(key):
            yield Found((*path, key), credential.describe(), TAKE_OUT)
        inner = (*path, key)
        if isinstance(item, str) and item and _is_runtime_only(value, key, owner, is_headers=is_headers):
            kinds = [credential.describe() for credential in find_credentials(item)]
            yield Found(inner, kinds[0] if kinds else _what(key, is_headers=is_headers), HINT)
            continue
        below = in_schema or key in SCHEMAS
        if in_schema:
            named = owner if key in VALUES else key if isinstance(item, dict) else ""
        else:
            named = name if key == "value" and name else key
        yield from _found(item, inner, named, in_schema=below)


def _is_runtime_only(value: dict[str, Any], key: str, owner: str, *, is_headers: bool) -> bool:
    """Returns whether the field `key` of the mapping `value` contains a credential that only the application may
    provide at runtime, such as an HTTP header. Any text in such a field counts as a credential. `owner` is the name of
    the field that contains the mapping. `is_headers` says that the fields of the mapping are HTTP headers.
    """
    if is_headers:
        return key.lower() not in HARMLESS_HEADERS
    return (value.get("type") == "mcp" and key == "authorization") or (owner == "domain_secrets" and key == "value")


def _what(key: str, *, is_headers: bool) -> str:
    if is_headers and not names_secret(key):
        return f"the value of the header `{key[:60]}` (which may be a credential)"
    return "a credential"
