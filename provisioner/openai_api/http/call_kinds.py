"""Determines the kind of an API call from its method and its path. Calls of different kinds are limited separately."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class CallKind(StrEnum):
    """Lists the kinds of API calls. Each kind has its own limit on concurrent calls."""

    UPLOAD = "uploads"
    STORE_WRITE = "store writes"
    READ = "reads"
    OTHER = "other calls"


class CallClass(Struct, frozen=True):
    """Describes an API call. `endpoint` is the method and the path without ids.

    `scope` identifies the calls that share a rate limit. For a write to a vector store, it is the id of the vector
    store. For other calls, it is the first part of the path. It is empty for uploads and reads, because all uploads
    share one limit, and all reads share one limit.
    """

    kind: CallKind
    scope: str
    endpoint: str


#: The first parts of the paths of the API. What precedes them in a path belongs to the base URL, such as `/v1`.
ROOTS = frozenset(
    {
        *("agents", "assistants", "batches", "chat", "containers", "conversations", "files", "models", "responses"),
        *("skills", "threads", "uploads", "vector_stores"),
    }
)
#: The other parts of paths that are not ids.
PARTS = ROOTS | {
    *("cancel", "complete", "content", "environments", "file_batches", "items", "messages", "parts", "runs"),
    *("search", "sessions", "steps", "templates", "turns", "versions"),
}


def classify(method: str, path: str) -> CallClass:
    """Returns the kind, the scope and the endpoint of a call, as `CallClass` describes them. `path` may begin with the
    path of the base URL.
    """
    words = [word for word in path.split("/") if word]
    first = next((index for index, word in enumerate(words) if word in ROOTS), 0)
    words = words[first:] or [""]
    endpoint = f"{method} /{'/'.join(word if word in PARTS else '*' for word in words)}"
    if method in ("GET", "HEAD") or (words[0] == "vector_stores" and words[-1] == "search"):
        return CallClass(CallKind.READ, "", endpoint)
    if words[0] == "vector_stores":
        return CallClass(CallKind.STORE_WRITE, words[1] if len(words) > 1 else "", endpoint)
    if method == "POST" and _is_upload(words):
        return CallClass(CallKind.UPLOAD, "", endpoint)
    return CallClass(CallKind.OTHER, words[0] if words[0] in ROOTS else "", endpoint)


def _is_upload(words: list[str]) -> bool:
    if words[0] == "containers":
        return words[-1] == "files"
    if words[0] == "skills":
        return len(words) == 1 or words[-1] == "versions"
    return words[0] in ("files", "uploads")
