"""Defines every error that `provision` raises on purpose. The tree shows the base class of each error.

ProvisionError                 exit code 1
├── InvalidManifest            one or more diagnostics, each with its place
├── UsageError                 the command line or a variable asks for something impossible
│   ├── MissingKey             no API key, and no --emulator
│   └── UntrustedHost          a secret would go to a host that only a file names
├── StateError                 the state cannot be used
│   ├── TornState              unreadable: not JSON, or not in the format of provision
│   ├── WrongKey               encrypted with a key that is not configured
│   ├── NewerState             written by a later version of provision
│   ├── Locked                 another process holds its lock
│   └── LostRace               another process has written the state meanwhile
├── PlainSecret                a state or a journal without encryption would hold a secret
├── ApiError                   the API responded with an error
│   ├── Unauthorized           the key is wrong, or has no permission for this
│   ├── NotFound               no such object
│   ├── ListCut                a list ended before its last page, or is no longer found
│   ├── Rejected               the request is not valid (400, 409, 422)
│   ├── OutOfCredit            the account has no credit, or a spend limit is reached
│   └── Unavailable            a time-out, a lost connection or a server error, after all retries
│       ├── Ambiguous          Unavailable, for a request that the API may have carried out
│       └── StreamCut          a streamed response ended before its last piece
├── IndexingFailed             files that could not be indexed in a vector store
└── Blocked                    exit code 3: a guard blocks the run, and says how to continue
"""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.core.exitcode import ExitCode


class ProvisionError(Exception):
    """The base class of all errors in this module. `hint` says what to do next; `exit_code` is the exit code of the
    command.
    """

    exit_code = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str | None = None, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place


class InvalidManifest(ProvisionError):
    """Raised if the manifests contain errors, so that no plan can be made. `diagnostics` contains the errors and
    warnings that were found. If there are very many, it contains only the first of them, and a diagnostic with the
    number of the others.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        count = sum(d.severity == "error" for d in diagnostics)
        super().__init__(f"{count} problem{'' if count == 1 else 's'} in the manifests")
        self.diagnostics = list(diagnostics)


class UsageError(ProvisionError):
    """Raised if the command line, an environment variable or a setting asks for something that is not possible."""


class MissingKey(UsageError):
    """Raised if the API key is not set, and `--emulator` is not given."""


class UntrustedHost(UsageError):
    """Raised if a secret or the state would be sent to a host that is named only in a manifest or in `.env`."""


class StateError(ProvisionError):
    """Raised if the state, its lock or its journal cannot be used."""


class TornState(StateError):
    """Raised if the state, the journal or a text of the releases cannot be read. It is not JSON, or is not in the
    format that `provision` writes.
    """


class WrongKey(StateError):
    """Raised if the state, the journal, a text of the releases or a plan is encrypted, and none of the configured keys
    can decrypt it.
    """


class NewerState(StateError):
    """Raised if the state, the journal or a text of the releases was written by a later version of `provision`."""


class Locked(StateError):
    """Raised if another process holds the lock of the state."""


class LostRace(StateError):
    """Raised if the backend refuses a write, because another process has written the state, its lock or its journal
    after this process had read it, or because this process has lost the lock.
    """


class PlainSecret(ProvisionError):
    """Raised if a state, a journal or a text of the releases would contain a secret of this process without encryption.
    It was not written.
    """


class ApiError(ProvisionError):
    """Raised if the API responded to a request with an error, or did not respond as expected. `status` is the HTTP
    status and `code` is OpenAI's error code, if the API sent a response.
    """

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code


class Unauthorized(ApiError):
    """Raised if the key is wrong, or has no permission for the request (401, 403)."""


class NotFound(ApiError):
    """Raised if the object does not exist (404)."""


class ListCut(ApiError):
    """Raised if the API ended a list of objects before its last page, or no longer finds the list. An object that is
    not in the list may exist.
    """


class Rejected(ApiError):
    """Raised if the API refused a request because the request is not valid, or is not possible at this moment (400,
    409, 422).
    """


class OutOfCredit(ApiError):
    """Raised if the account has no credit, or a spend limit is reached. Waiting does not help."""


class Unavailable(ApiError):
    """Raised if the API could not be reached or did not work: a time-out, a lost connection, a rate limit or a server
    error. All retries failed too.
    """


class Ambiguous(Unavailable):
    """Raised if the API was unavailable during a request, and may have carried out the request. Before the request is
    sent again, provision looks up whether it was carried out.
    """


class StreamCut(Unavailable):
    """Raised if the connection ended, or could no longer be read, before a streamed response was complete."""


class IndexingFailed(ProvisionError):
    """Raised if files could not be indexed in a vector store. The older files stay attached to the vector store, and
    are not replaced.
    """


class Blocked(ProvisionError):
    """Raised if a guard (a safety check) blocks the run: an object is protected or was changed outside of provision,
    the plan is stale, or nobody confirmed. Nothing was changed.
    """

    exit_code = ExitCode.BLOCKED


def diagnose(error: ProvisionError) -> list[Diagnostic]:
    """Returns the diagnostics of an error: all diagnostics of an InvalidManifest, and one diagnostic for any other
    error.
    """
    if isinstance(error, InvalidManifest):
        return error.diagnostics
    severity: Severity = "blocked" if error.exit_code is ExitCode.BLOCKED else "error"
    status, code = (error.status, error.code) if isinstance(error, ApiError) else (None, None)
    return [Diagnostic(severity, error.message, error.place, hint=error.hint, status=status, code=code)]
