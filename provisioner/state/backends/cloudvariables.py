"""Checks the environment variables for cloud storage before the library obstore reads them.

If a key contains a line break, or an endpoint contains an invalid port, obstore panics and prints Rust's backtrace to
standard error.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.core.endpoint import find_base_url_fault
from provisioner.core.errors import StateError
from provisioner.state.backends.urls import find_unfit_character

#: The environment variables that name another endpoint, by the URL's scheme.
ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": (),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
PREFIXES = {"s3": "AWS_", "gs": "GOOGLE_", "az": "AZURE_"}
#: The variables with a JSON document, which may have several lines.
DOCUMENTS = ("GOOGLE_SERVICE_ACCOUNT_KEY",)


def check_variables(scheme: str, process: Mapping[str, str]) -> None:
    """Raises StateError if an environment variable that is used for this URL scheme has an invalid value. The message
    does not contain the value. `process` are the environment variables.
    """
    prefix = PREFIXES.get(scheme, "\0")
    for name, value in sorted(process.items()):
        if name.startswith(prefix) and name not in DOCUMENTS and (fault := find_unfit_character(value)):
            raise StateError(f"{name} {fault}", hint="set it again without the line break, then run the command again")
    for name in ENDPOINTS.get(scheme, ()):
        if (endpoint := process.get(name)) and (fault := find_base_url_fault(endpoint)):
            raise StateError(f"{name} {fault}", hint="write https://HOST, or http:// for this machine")
