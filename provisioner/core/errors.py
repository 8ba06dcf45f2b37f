"""Every error that `provision` raises on purpose.

ProvisionError                 exit code 1
├── InvalidManifest            one or more diagnostics, each with its place
├── UsageError                 the command line or the environment asks for something that cannot be
│   ├── MissingKey             no API key, and no --emulator
│   └── UntrustedHost          a secret would go to a host that only a file names
├── StateError                 the state cannot be used
│   ├── TornState              unreadable: not JSON, or not what we write
│   ├── WrongKey               encrypted with another key than the ones that are named
│   ├── NewerState             written by a later version of this tool
│   ├── Locked                 somebody else is working on it
│   └── LostRace               somebody else has written it in between
├── PlainSecret                a state or a journal without encryption would hold a secret
├── ApiError                   the API said no
│   ├── Unauthorized           the key is wrong, or may not do this
│   ├── NotFound               no such object
│   ├── ListCut                a list ended before its last page, or is not there although it was
│   ├── Rejected               the request is not valid (400, 409, 422)
│   ├── OutOfCredit            no credit, or a spend limit is reached: waiting does not help
│   └── Unavailable            a time-out, a lost connection or a server error that outlasted the retries
│       └── Ambiguous          the same, for a request that may have been carried out
├── IndexingFailed             files that could not be indexed in a vector store
└── Blocked                    exit code 3: a guard stands in the way and says how to go on
"""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.core.exitcode import ExitCode


class ProvisionError(Exception):
    """The root of the tree. `hint` says what to do next; `exit_code` is what the command line returns."""

    exit_code = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str | None = None, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place


class InvalidManifest(ProvisionError):
    """The manifests do not say something that can be planned. `diagnostics` holds every problem of the run."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        count = sum(d.severity == "error" for d in diagnostics)
        super().__init__(f"{count} problem{'' if count == 1 else 's'} in the manifests")
        self.diagnostics = list(diagnostics)


class UsageError(ProvisionError):
    """The command line or the environment asks for something that cannot be."""


class MissingKey(UsageError):
    """No API key, and no --emulator."""


class UntrustedHost(UsageError):
    """A secret, or the state, would go to a host that only a manifest or `.env` names."""


class StateError(ProvisionError):
    """The state, its lock or its journal cannot be used."""


class TornState(StateError):
    """The state or the journal is unreadable: not JSON, or not what this tool writes."""


class WrongKey(StateError):
    """The state, the journal or a plan is encrypted, and none of the keys that are named opens it."""


class NewerState(StateError):
    """The state was written by a later version of this tool."""


class Locked(StateError):
    """Somebody else is working on this state."""


class LostRace(StateError):
    """Somebody else has written the state, its lock or its journal in between: the store refused this write."""


class PlainSecret(ProvisionError):
    """A state or a journal that is not encrypted would hold a secret of this process. It was not written."""


class ApiError(ProvisionError):
    """The API said no. `status` is the HTTP status, `code` OpenAI's error code, where there was an answer."""

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code


class Unauthorized(ApiError):
    """The key is wrong, or may not do this (401, 403)."""


class NotFound(ApiError):
    """No such object (404)."""


class ListCut(ApiError):
    """A list ended before its last page, or is not there although it was: what it does not show may exist."""


class Rejected(ApiError):
    """The request is not valid, or not now (400, 409, 422)."""


class OutOfCredit(ApiError):
    """No credit, or a spend limit is reached: waiting does not help."""


class Unavailable(ApiError):
    """A time-out, a lost connection, a rate limit or a server error that outlasted the retries."""


class Ambiguous(Unavailable):
    """The same, for a request that may have been carried out: it is looked up before it is sent again."""


class IndexingFailed(ProvisionError):
    """Files that could not be indexed in a vector store. Their predecessors stay attached."""


class Blocked(ProvisionError):
    """A guard stands in the way: protected, drifted, stale or not confirmed. Nothing was changed."""

    exit_code = ExitCode.BLOCKED


def diagnose(error: ProvisionError) -> list[Diagnostic]:
    """What an error says, as diagnostics: those of invalid manifests, and one of any other error."""
    if isinstance(error, InvalidManifest):
        return error.diagnostics
    severity: Severity = "blocked" if error.exit_code is ExitCode.BLOCKED else "error"
    status, code = (error.status, error.code) if isinstance(error, ApiError) else (None, None)
    return [Diagnostic(severity, error.message, error.place, hint=error.hint, status=status, code=code)]
