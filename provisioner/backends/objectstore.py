"""`s3://`, `gs://` and `az://`, and stores that are compatible with them: conditional writes through obstore.

Credentials and endpoints come from the environment as each cloud's own tools name them (AWS_ENDPOINT_URL,
AZURE_STORAGE_ENDPOINT, …), never from a manifest.
"""

from __future__ import annotations

import os
from typing import Any

from provisioner.backends.store import Blob
from provisioner.errors import LostRace, StateError

#: Seconds that one request may take, and how often it is tried.
TIMEOUT = 20
RETRIES = 4


class ObjectStore:
    """A bucket or container, from a prefix on."""

    def __init__(self, url: str) -> None:
        """`url` is scheme://bucket/prefix. Raises StateError."""
        from datetime import timedelta

        import obstore.store as stores
        from obstore.exceptions import BaseError

        self.url = url
        options: Any = {"timeout": timedelta(seconds=TIMEOUT), "allow_http": _plain_http()}
        retry: Any = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=2 * TIMEOUT)}
        try:
            self._store: Any = stores.from_url(url, client_options=options, retry_config=retry)
        except (BaseError, ValueError, TypeError) as error:
            raise StateError(f"`{url}` cannot be used: {_first_line(error)}", hint=_HINT) from error

    def describe(self) -> str:
        """The URL."""
        return self.url

    def get(self, name: str) -> Blob | None:
        """The blob, or None where there is none."""
        import obstore

        try:
            found = obstore.get(self._store, name)
            return Blob(bytes(found.bytes()), _version(found.meta))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._translate(error, "read") from error

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """Writes a blob in place of version `expect`. Raises LostRace, StateError."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = "create"
        if expect is not None:
            tag, _, version = expect.partition(" ")
            mode = {"e_tag": tag or None, "version": version or None}
        try:
            return _version(obstore.put(self._store, name, data, mode=mode, use_multipart=False))
        except (AlreadyExistsError, PreconditionError) as error:
            raise LostRace(f"somebody else has written {name} in {self.url}") from error
        except Exception as error:
            raise self._translate(error, "written") from error

    def delete(self, name: str) -> None:
        """Takes a blob away."""
        import obstore

        try:
            obstore.delete(self._store, name)
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._translate(error, "written") from error

    def names(self, prefix: str) -> list[str]:
        """The names that begin with `prefix`, sorted. Stores list folders: the rest of a name is sifted here."""
        import obstore

        folder = prefix.rpartition("/")[0]
        try:
            pages = obstore.list(self._store, prefix=folder or None)
            names = [str(item["path"]) for page in pages for item in page]
        except Exception as error:
            raise self._translate(error, "read") from error
        return sorted(name for name in names if name.startswith(prefix))

    def close(self) -> None:
        """Connections are the library's."""

    def _translate(self, error: Exception, verb: str) -> StateError:
        from obstore.exceptions import BaseError

        if not isinstance(error, BaseError | OSError):
            raise error
        return StateError(f"{self.url} cannot be {verb}: {_first_line(error)}", hint=_HINT)


_HINT = "check the name, the credentials in the environment, and that they may read and write there"


def _version(meta: Any) -> str:
    return f"{meta.get('e_tag') or ''} {meta.get('version') or ''}".strip()


def _plain_http() -> bool:
    """Whether an endpoint in the environment is on this machine: only there is plain HTTP right."""
    names = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
    local = ("http://127.0.0.1", "http://localhost", "http://[::1]")
    return any(os.environ.get(name, "").startswith(local) for name in names)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
