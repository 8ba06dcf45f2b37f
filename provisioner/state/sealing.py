"""Encrypts states, journals, releases and plan files. An encrypted text is one line of JSON, which can be decrypted
only with a key of the user.

From the user's key and a random salt, scrypt (RFC 7914) derives an AES-256-GCM key and eight check bytes. The salt and
the check bytes are stored beside the encrypted text. If the check bytes differ, the key is wrong. If they match and the
text cannot be decrypted, it is damaged. The purpose of the text, such as `prod state`, is authenticated together with
the text, so that a text for one purpose is not accepted for another purpose.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Lock

from provisioner.core.distribution import install_extra
from provisioner.core.errors import NewerState, TornState, UsageError, WrongKey

FORMAT = 1
BEGINNING = '{"sealed":'
#: The fewest characters of a key. `openssl rand -base64 32` gives 44.
SHORTEST = 16

#: Parameters of scrypt. A derivation takes 64 MiB and a fraction of a second. Other values need another FORMAT.
COST, BLOCK, LANES = 2**16, 8, 1
SALT, NONCE, CHECK, KEY = 16, 12, 8, 32


@dataclass(frozen=True, slots=True)
class Derived:
    """The AES key and the check bytes that are derived from a user's key and a salt."""

    key: bytes = field(repr=False)
    check: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """Encrypts and decrypts texts such as the state. Texts are encrypted with `key`, and decrypted with `key` or one of
    the earlier keys in `former`. If `key` is None, texts are not encrypted. Several threads can use this object at the
    same time.

    The constructor raises UsageError if a key is too short, or if there are keys and the library `cryptography` is not
    installed.
    """

    key: str | None = field(default=None, repr=False)
    former: tuple[str, ...] = field(default=(), repr=False)
    _derived: dict[tuple[str, bytes], Derived] = field(default_factory=dict, repr=False, compare=False)
    _salts: list[bytes] = field(default_factory=list, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        if any(len(key) < SHORTEST for key in self.keys):
            raise UsageError(
                f"a key for the state has fewer than {SHORTEST} characters",
                hint="make one with: openssl rand -base64 32",
            )
        if self.keys and find_spec("cryptography") is None:
            raise UsageError(
                "`state_encryption` needs cryptography, which is not installed",
                hint=f"install the extra: {install_extra('encryption')}",
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys for decryption: first `key`, then the earlier keys."""
        return (*([] if self.key is None else [self.key]), *self.former)

    def seal(self, text: str, purpose: str, *, named: bool = False) -> str:
        """Returns `text` in encrypted form, as one line without a line end. If there is no key, `text` itself is
        returned. `purpose` must be the same when the text is decrypted.

        If `named` is True, the purpose is also stored in plain text, for people who have no key. Decryption ignores
        this copy.
        """
        if self.key is None:
            return text
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, nonce = self._salt(), secrets.token_bytes(NONCE)
        derived = self._derive(self.key, salt)
        data = AESGCM(derived.key).encrypt(nonce, text.encode(errors="surrogatepass"), _bound(purpose))
        body = {
            "sealed": FORMAT,
            **({"of": purpose} if named else {}),
            "salt": _write(salt),
            "check": _write(derived.check),
            "sum": _sum(salt, derived.check),
            "nonce": _write(nonce),
            "data": _write(data),
        }
        return json.dumps(body, separators=(",", ":"))

    def unseal(self, text: str, purpose: str, where: str) -> str:
        """Returns `text` in decrypted form. A text that is not encrypted is returned unchanged. `purpose` is the
        purpose with which the text was encrypted, and `where` is the name of the text in messages.

        Raises WrongKey if no key can decrypt the text. Raises TornState if the text is damaged or has another purpose,
        and NewerState if a later version of provision encrypted it.
        """
        if not text.startswith(BEGINNING):
            return text
        body = _parse(text, where)
        derived = self._find(body["salt"], body["check"], where)
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            opened = AESGCM(derived.key).decrypt(body["nonce"], body["data"], _bound(purpose))
        except (InvalidTag, ValueError) as error:
            raise _torn(where) from error
        with self._lock:
            self._salts[:] = [body["salt"]]
        return opened.decode(errors="surrogatepass")

    def _salt(self) -> bytes:
        """Returns the salt for the next encryption: the salt of the text that was decrypted last. If no text was
        decrypted yet, the first call makes a new salt, and later calls return it.

        A key must be derived for each salt, which takes long. Texts of one state usually have the same salt, so a run
        usually derives only one key.
        """
        with self._lock:
            if not self._salts:
                self._salts.append(secrets.token_bytes(SALT))
            return self._salts[0]

    def _find(self, salt: bytes, check: bytes, where: str) -> Derived:
        if not self.keys:
            raise WrongKey(
                f"{where} is encrypted, and no key is named",
                hint="name it in provision.yaml: `state_encryption: {key: {env: NAME}}`; --emulator takes none",
            )
        for key in self.keys:
            derived = self._derive(key, salt)
            if hmac.compare_digest(derived.check, check):
                return derived
        raise WrongKey(
            f"{where} is encrypted with another key than the ones that are named",
            hint="check the key's variable and --env; after a rotation, name the old key as well, under `former`",
        )

    def _derive(self, key: str, salt: bytes) -> Derived:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        with self._lock:
            derived = self._derived.get((key, salt))
            if derived is None:
                kdf = Scrypt(salt=salt, length=KEY + CHECK, n=COST, r=BLOCK, p=LANES)
                whole = kdf.derive(key.encode(errors="surrogateescape"))
                derived = self._derived[key, salt] = Derived(whole[:KEY], whole[KEY:])
            return derived


#: The `Seal` without keys, which returns texts unchanged.
UNSEALED = Seal()


def is_sealed(text: str) -> bool:
    """Returns whether `text` is encrypted."""
    return text.startswith(BEGINNING)


def _parse(text: str, where: str) -> Mapping[str, bytes]:
    try:
        body = json.loads(text)
        if body["sealed"] != FORMAT:
            raise _newer(where)
        parts = {name: base64.b64decode(body[name], validate=True) for name in ("salt", "check", "nonce", "data")}
        whole = body["sum"] == _sum(parts["salt"], parts["check"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _torn(where) from error
    if not whole:
        raise _torn(where)
    return parts


def _newer(where: str) -> NewerState:
    return NewerState(
        f"{where} is encrypted in a format that this version of provision does not read",
        hint="install the version that wrote it, or a later one",
    )


def _torn(where: str) -> TornState:
    return TornState(
        f"{where} is encrypted and damaged, or was put there from elsewhere; it was left as it is",
        hint="`provision state history` lists former states; a plan is made anew with `provision plan --out FILE`",
    )


def _bound(purpose: str) -> bytes:
    return f"provision {FORMAT} {purpose}".encode()


def _sum(salt: bytes, check: bytes) -> str:
    """Returns a checksum of `salt` and `check` (the check bytes). If decryption fails, the checksum shows whether these
    bytes are damaged or the key is wrong. The checksum contains no secret.
    """
    return hashlib.sha256(salt + check).hexdigest()[:16]


def _write(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
