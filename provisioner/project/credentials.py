"""Finds the API key, and checks to which host the key may be sent. The key is read from an environment variable or from
`.env`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from provisioner.core.childprocess import API_KEY
from provisioner.core.endpoint import OPENAI_URL, Endpoint, find_base_url_fault, find_header_fault
from provisioner.core.errors import MissingKey, UsageError
from provisioner.core.files.limits import SMALL_BYTES
from provisioner.core.files.own import read_own
from provisioner.core.text.redaction import register, register_url, register_variables
from provisioner.manifest import Settings
from provisioner.project.gitindex import is_tracked
from provisioner.project.trusted_hosts import check_api

BASE_URL = "OPENAI_BASE_URL"
#: Characters that a key cannot have, because it is sent in a header.
UNFIT = re.compile(r"[^!-~]")


def find_endpoint(settings: Settings, environ: Mapping[str, str] | None = None) -> Endpoint:
    """Returns the base URL of the API, the API key, the organization and the project at OpenAI.

    The key is read from an environment variable, otherwise from `.env`. The base URL is read from an environment
    variable, otherwise from the settings, otherwise from `.env`. The organization and the project are read from the
    settings, otherwise from environment variables. Whitespace around the key, and around the value of an environment
    variable, is removed.

    Raises MissingKey if there is no key, and UsageError if a value cannot be sent in an HTTP header. Raises
    UntrustedHost if a base URL that no environment variable contains would send the key to a host that is not trusted,
    or without encryption.
    """
    process = os.environ if environ is None else environ
    beside = read_dotenv(settings.root, process)
    base_url = process.get(BASE_URL, "").strip() or settings.base_url or beside.get(BASE_URL) or OPENAI_URL
    key, source = process.get(API_KEY, "").strip(), f"{API_KEY} in the environment"
    if not key:
        key, source = beside.get(API_KEY, "").strip(), f"{API_KEY} in .env"
    if not key:
        raise MissingKey(
            f"no API key: {API_KEY} is not set{_unread(settings.root, process)}",
            hint=f"set it (export {API_KEY}=…), or try everything without one: add --emulator",
        )
    register(key)
    register_url(base_url)
    _check_key(key, source)
    if fault := find_base_url_fault(base_url):
        raise UsageError(f"the base URL {fault}", hint=f"write https://HOST/v1 in {BASE_URL} or `base_url`")
    check_api(base_url, process, named_by_process=base_url == process.get(BASE_URL, "").strip())
    endpoint = Endpoint(
        base_url=base_url,
        api_key=key,
        key_source=source,
        organization=settings.organization or process.get("OPENAI_ORG_ID", "").strip() or None,
        project=settings.openai_project or process.get("OPENAI_PROJECT_ID", "").strip() or None,
    )
    _check_headers(endpoint)
    return endpoint


def _check_headers(endpoint: Endpoint) -> None:
    """Raises UsageError if the organization or the project contains a character that no HTTP header can contain. The
    message does not repeat the value.
    """
    for what, value in (
        ("the organization (`organization` or OPENAI_ORG_ID)", endpoint.organization),
        ("the project at OpenAI (`openai_project` or OPENAI_PROJECT_ID)", endpoint.project),
    ):
        if value and (fault := find_header_fault(value)):
            raise UsageError(f"{what} {fault}", hint="copy it again from the account's settings, without spaces")


def read_dotenv(root: Path, process: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables in the file `.env` in the folder `root`. `process` contains the environment variables. The
    result is empty in CI, or if git tracks the file or may track it, because another person may have written a tracked
    file.

    The folder must contain exactly the name `.env`: a case-insensitive file system also opens a file `.ENV` under this
    name. Raises UsageError if the file cannot be read.
    """
    path = root / ".env"
    if process.get("CI") or not path.is_file() or _may_be_tracked(path, process):
        return {}
    from dotenv import dotenv_values

    text = StringIO(_read_dotenv_text(path))
    values = {name: value for name, value in dotenv_values(stream=text, interpolate=False).items() if value}
    register_variables(values)
    return values


def _read_dotenv_text(path: Path) -> str:
    """Returns the text of the file `.env`. If it is a symbolic link, the target must be in the same folder. Raises
    UsageError if the file cannot be read.
    """
    real = Path(os.path.realpath(path))
    try:
        return read_own(real if real.parent == path.parent else path, SMALL_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8", hint="save it as UTF-8") from None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="make it an ordinary file, or set the variables yourself"
        ) from error


def _check_key(key: str, source: str) -> None:
    """Raises UsageError if the key contains a character other than ASCII letters, digits and punctuation. `source`
    names the origin of the key, for the message. The message does not repeat the key.
    """
    if wrong := UNFIT.search(key):
        kind = "white space" if wrong[0].isspace() else "a control character" if wrong[0] < " " else "a character"
        raise UsageError(
            f"the key of {source} holds {kind} that no key has, at character {wrong.start() + 1} of {len(key)}",
            hint="copy only the key again: a key has only ASCII letters, digits and punctuation",
        )


def _unread(root: Path, process: Mapping[str, str]) -> str:
    """Returns a phrase for the message about a missing key. The phrase says that `.env` does not contain the key, or
    says why `.env` was not read. The phrase is empty if no file `.env` exists.
    """
    path = root / ".env"
    if not path.is_file():
        return ""
    if process.get("CI"):
        return ", and .env is not read where CI is set"
    return ", and .env is not read where git tracks it" if _may_be_tracked(path, process) else ", nor in .env"


def _may_be_tracked(path: Path, process: Mapping[str, str]) -> bool:
    try:
        return path.name not in os.listdir(path.parent) or is_tracked(path, process)
    except OSError:
        return True
