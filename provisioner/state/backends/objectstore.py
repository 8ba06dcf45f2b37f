"""Stores blobs in object stores: `s3://`, `gs://` and `az://`, and services that are compatible with them. Writes are
conditional requests of the library obstore.

Credentials and endpoints come from the environment variables that each cloud's own tools use (AWS_ENDPOINT_URL,
AZURE_STORAGE_ENDPOINT, …), never from a manifest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from provisioner.core.endpoint import LOOPBACK
from provisioner.core.errors import LostRace, StateError, UsageError
from provisioner.core.text.redaction import redact
from provisioner.state.backends.blob_store import Blob
from provisioner.state.backends.cloudvariables import ENDPOINTS, check_variables

#: The time limit of one request in seconds, and the most retries of one request.
TIMEOUT = 10.0
RETRIES = 3
#: The number of requests at the same time, where several blobs are written or deleted.
PARALLEL = 16
#: The pattern of a URL. Its characters cannot form a credential or an option.
URL = re.compile(r"(s3|gs|az)://[a-z0-9][a-z0-9._-]*(/[\w.~+=-]+)*/?", re.IGNORECASE | re.ASCII)
#: The error codes of stores for a missing bucket or container, in contrast to a missing blob.
NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|(bucket|container) does not exist", re.IGNORECASE)
HINT = "check the name, the endpoint and the credentials in the environment, and that they may read and write there"
#: The hints for errors of a store that is full or too busy, by a pattern of the error code.
HINTS = (
    (re.compile(r"InsufficientStorage|StorageFull|QuotaExceeded"), "free space there, then run the command again"),
    (re.compile(r"SlowDown|ServerBusy|ServiceUnavailable|InternalError"), "wait a little, then run the command again"),
)


class ObjectStore:
    """A store of blobs in a bucket or container. The prefix in the URL is put before the names of all blobs. Several
    threads can use one store at the same time.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        """Opens the store. `url` is `SCHEME://BUCKET/PREFIX`; `timeout` is the longest time of one request, in seconds.
        Raises UsageError if the URL is not valid, and StateError if the store cannot be used.
        """
        if not URL.fullmatch(url):
            raise UsageError("`state:` is no bucket's URL", hint="write s3://BUCKET/PREFIX, or gs:// or az://")
        import obstore.store as stores
        from obstore.exceptions import BaseError

        scheme = url.partition(":")[0].lower()
        check_variables(scheme, os.environ)
        self.url = url.rstrip("/")
        options: Any = {"timeout": timedelta(seconds=timeout), "allow_http": _is_local(scheme)}
        retry: Any = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=timeout)}
        try:
            self._store: Any = stores.from_url(self.url, client_options=options, retry_config=retry)
        except BaseException as error:
            if not isinstance(error, BaseError | ValueError | TypeError) and not _is_panic(error):
                raise
            raise StateError(f"`{self.url}` cannot be used: {_reason(error)}", hint=HINT) from error

    def describe(self) -> str:
        """Returns the URL of the store, for messages."""
        return self.url

    def get(self, name: str) -> Blob | None:
        """Returns the blob, or None if there is no blob with this name."""
        import obstore

        try:
            found = obstore.get(self._store, name)
            return Blob(bytes(found.bytes()), _version(found.meta))
        except FileNotFoundError as error:
            if NO_BUCKET.search(str(error)):
                raise self._translate(error, "read") from error
            return None
        except BaseException as error:
            raise self._translate(error, "read") from error

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """Replaces the version `expect` of the blob `name` by `data`, and returns the new version. If `expect` is None,
        the blob must not exist yet. Raises LostRace if the store contains another version, and StateError if the
        request fails.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        mode: Any = "create" if expect is None else _expected(expect)
        try:
            return _version(obstore.put(self._store, name, data, mode=mode, use_multipart=False))
        except (AlreadyExistsError, PreconditionError) as error:
            raise LostRace(f"somebody else has written {name} in {self.url}") from error
        except BaseException as error:
            raise self._translate(error, "written") from error

    def delete(self, name: str) -> None:
        """Deletes the blob with this name."""
        import obstore

        try:
            obstore.delete(self._store, name)
        except FileNotFoundError as error:
            if NO_BUCKET.search(str(error)):
                raise self._translate(error, "written") from error
        except BaseException as error:
            raise self._translate(error, "written") from error

    def put_all(self, blobs: Mapping[str, bytes]) -> None:
        """Writes several blobs in parallel, without comparing their versions."""
        import obstore

        def put(blob: tuple[str, bytes]) -> None:
            try:
                obstore.put(self._store, *blob, use_multipart=False)
            except BaseException as error:
                raise self._translate(error, "written") from error

        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(put, blobs.items()))

    def delete_all(self, names: Sequence[str]) -> None:
        """Deletes the blobs with the names `names` in parallel, without comparing their versions."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(self.delete, names))

    def names(self, prefix: str) -> list[str]:
        """Returns the sorted names of the blobs whose names begin with `prefix`. The library obstore lists only whole
        folders, so the names are filtered here.
        """
        import obstore

        folder = prefix.rpartition("/")[0]
        try:
            pages = obstore.list(self._store, prefix=folder or None)
            names = [str(item["path"]) for page in pages for item in page]
        except BaseException as error:
            raise self._translate(error, "read") from error
        return sorted(name for name in names if name.startswith(prefix))

    def close(self) -> None:
        """Does nothing, because the library manages the connections."""

    def _translate(self, error: BaseException, verb: str) -> StateError:
        from obstore.exceptions import BaseError

        if not isinstance(error, BaseError | OSError) and not _is_panic(error):
            raise error
        reason = _reason(error)
        hint = next((advice for words, advice in HINTS if words.search(reason)), HINT)
        return StateError(f"{self.url} cannot be {verb}: {reason}", hint=hint)


def _version(meta: Any) -> str:
    """Returns the version of a blob as `TAG<tab>NUMBER`. S3 and Azure compare the tag (the entity tag), and Google
    compares the number (the generation number). `meta` is obstore's description of the blob.
    """
    return f"{meta.get('e_tag') or ''}\t{meta.get('version') or ''}"


def _expected(version: str) -> dict[str, str]:
    tag, _, number = version.partition("\t")
    return {key: value for key, value in (("e_tag", tag), ("version", number)) if value}


def _is_local(scheme: str) -> bool:
    """Returns whether the environment variables for this URL scheme name an endpoint, and only endpoints on the local
    machine. Unencrypted HTTP is allowed only for such an endpoint.
    """
    chosen = [os.environ[name] for name in ENDPOINTS.get(scheme, ()) if os.environ.get(name)]
    return bool(chosen) and all(urlsplit(endpoint).hostname in LOOPBACK for endpoint in chosen)


def _is_panic(error: BaseException) -> bool:
    """Returns whether `error` is a panic of obstore. The class of a panic has no public name and is not a subclass of
    Exception.
    """
    return type(error).__name__ == "PanicException"


def _reason(error: BaseException) -> str:
    """Returns the reason that `error` contains: the store's own code and message, or the first line of the library's
    message. The query of a URL in the library's message is removed, because it may contain a signature.
    """
    # Secrets are redacted before the text is cut off, because a part of a key is not recognised.
    text = redact(str(error)).partition("\n\nDebug source")[0]
    messages = [found[1].strip().splitlines()[0] for tag in ("Code", "Message") if (found := _find(tag, text))]
    if not messages:
        messages = [re.sub(r"\?\S+", "", (text.strip().splitlines() or [type(error).__name__])[0])[:300]]
    return ": ".join(messages)


def _find(tag: str, text: str) -> re.Match[str] | None:
    return re.search(rf"<{tag}>\s*([^<]*\S)\s*</{tag}>", text)
