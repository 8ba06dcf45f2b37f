"""Represents ids that are not known yet, while manifests are checked and converted.

A reference such as `${vector_store.handbook.id}` is replaced by a token. The token of an id is a string in the form of
a real id. Therefore every check of an id accepts the token, and code that copies or joins strings does not change it.
When the resources are complete, the tokens in their inputs are replaced by typed references.
"""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place
from provisioner.core.resource import Ref

#: The prefixes of tokens by kind of address. They are the prefixes of real ids.
PREFIXES = {
    "file": "file-", "vector_store": "vs_", "skill": "skill_", "assistant": "agent_", "environment": "envtmpl_",
}  # fmt: skip
RELEASE = "release"
#: The attributes that a reference may name, by kind of address.
ATTRIBUTES = {kind: ("id", RELEASE) if kind == "assistant" else ("id",) for kind in PREFIXES}
TOKEN = re.compile(r"(?:file-|vs_|skill_|agent_|envtmpl_|release_)ref[0-9a-f]{32}")


class Use(Struct, frozen=True):
    """A reference in a manifest. `place` is the place of the string that contains the reference. `source` is the text
    of the reference, such as `${vector_store.handbook.id}`. `owner` is the address of the resource that contains the
    string, or None if no resource contains it.
    """

    ref: Ref
    place: Place
    owner: Address | None
    source: str


class References(Struct):
    """The references in all manifests, in the order in which they are found. Each reference gets a token, a string that
    replaces it in the manifest. `by_token` maps each token to its reference.
    """

    uses: list[Use] = field(default_factory=list)
    by_token: dict[str, Ref] = field(default_factory=dict)
    _sources: dict[str, str] = field(default_factory=dict)

    def token(self, ref: Ref, source: str) -> str:
        """Returns the token (a string in the form of an id) that replaces the reference `ref` in the manifests. Equal
        references get equal tokens. `source` is the text of the reference.
        """
        digest = hashlib.sha256(f"{ref.address}.{ref.attribute}".encode("utf-8", "surrogatepass")).hexdigest()
        prefix = "release_" if ref.attribute == RELEASE else PREFIXES[ref.address.kind]
        token = f"{prefix}ref{digest[:32]}"
        self.by_token[token] = ref
        self._sources.setdefault(token, source)
        return token

    def split(self, text: str) -> list[str | Ref]:
        """Splits a text that contains tokens (strings that stand for references). Returns its parts, from the beginning
        of the text to its end: the texts between the tokens, and a reference in the place of each token.
        """
        parts: list[str | Ref] = []
        at = 0
        for found in TOKEN.finditer(text):
            ref = self.by_token.get(found[0])
            if ref is not None:
                parts += [text[at : found.start()], ref]
                at = found.end()
        return [part for part in (*parts, text[at:]) if part != ""]

    def plain(self, text: str) -> str:
        """Returns `text` with the word `id` in place of each token. A token is a string that stands for a reference."""
        return "".join(part if isinstance(part, str) else "id" for part in self.split(text))

    def spell(self, text: str) -> str:
        """Returns `text` for display: each token (a string that stands for a reference) is replaced by the reference as
        it is written in the manifest, such as `${vector_store.handbook.id}`.
        """
        if not self._sources or "ref" not in text:
            return text
        return TOKEN.sub(lambda found: self._sources.get(found[0], found[0]), text)
