"""Defines the summary of the files of a vector store: their number by status, their size, and the status of the store.
The API's list of vector stores shows these values. A record of the state contains the summary that belongs to its
recorded files. A quick refresh reads the files only if the summary has changed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import TYPES
from provisioner.state.record_columns import bodies_of, with_records
from provisioner.state.record_texts import RecordText, encode
from provisioner.state.records import Record, State
from provisioner.state.shape import LARGEST

#: The key of the summary in the echo of a vector store's record. Manifests cannot set a field of this name.
MEMBER_SUMMARY = "member_summary"
#: The counts of a vector store's files by status, as the API names them. `total` is their sum.
STATUSES = ("in_progress", "completed", "failed", "cancelled")


def summarize(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the summary in `body`, the JSON object of a vector store: `file_counts`, `usage_bytes` and `status`. The
    fields that change by themselves, such as `last_active_at`, are left out.

    Returns None if the server does not give the number of files and their size, because such a summary would not show
    every change.
    """
    counts, usage, status = (body.get(name) for name in ("file_counts", "usage_bytes", "status"))
    if not isinstance(counts, Mapping) or not _is_count(usage) or not isinstance(status, str):
        return None
    found = {name: counts.get(name) for name in (*STATUSES, "total")}
    if not all(map(_is_count, found.values())):
        return None
    return {"file_counts": found, "usage_bytes": usage, "status": status}


def count_members(members: Iterable[tuple[str | None, int | None]]) -> dict[str, Any] | None:
    """Returns the summary of a vector store with the files `members`: the number and the size of the files. Each file
    is given by its status and its size in the store, in bytes. Returns None if a status or a size is not known, or if a
    file is still being indexed.
    """
    counts, usage = dict.fromkeys(STATUSES, 0), 0
    for status, size in members:
        if status not in counts or status == "in_progress" or size is None:
            return None
        counts[status] += 1
        usage += size if status == "completed" else 0
    total = sum(counts.values())
    return {"file_counts": {**counts, "total": total}, "usage_bytes": usage, "status": "completed"}


#: The summary of a new vector store, which has no files.
NO_MEMBERS = count_members(())


def is_settled(summary: Mapping[str, Any]) -> bool:
    """Returns False if, according to the summary of a vector store, a file is still being indexed or the vector store
    has expired. Otherwise returns True.
    """
    return summary["status"] == "completed" and not summary["file_counts"]["in_progress"]


def with_summary(echo: Mapping[str, Any], summary: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns a copy of `echo` with `summary` instead of its present summary. `echo` is the API's response that the
    record of a vector store contains, and the summary is the number and the size of its files. If `summary` is None,
    the copy contains no summary.
    """
    rest = {name: value for name, value in echo.items() if name != MEMBER_SUMMARY}
    return rest if summary is None else {**rest, MEMBER_SUMMARY: summary}


def without_summaries(state: State) -> State:
    """Returns a copy of `state` without the summaries (number and size of the files) of its vector stores, so that a
    quick refresh reads all files. This is needed if an older state replaces the present state, because the files in the
    vector stores may have changed since then.
    """
    records = {
        address: replace(record, echo=with_summary(record.echo, None)) if MEMBER_SUMMARY in record.echo else record
        for address, record in state.records.items()
    }
    return replace(state, records=records)


def update_summaries(
    state: State,
    found: Mapping[str, tuple[Mapping[str, Any] | None, Mapping[str, Any]]],
    changed: Container[str | None],
) -> State:
    """Returns a copy of `state` with new summaries (number and size of the files) of the vector stores that were read.
    `found` maps the id of each vector store to two values: its summary (None: not known), and its fields at OpenAI with
    its files. The vector stores with an id in `changed` are left out, because their files were changed after they were
    read.

    A summary is recorded only if no file is still being indexed, the vector store has not expired, and each recorded
    file is in the vector store with its recorded settings. Otherwise, the next quick refresh would not read the files,
    and would not see the difference.
    """
    updated: dict[Address, Record] = {}
    for address, body in bodies_of(state.records):
        declared = TYPES[body.type]
        if declared.members is None or body.id in changed or body.id not in found:
            continue
        summary, fields = found[body.id]
        if summary is None or not is_settled(summary) or _has_summary(body, summary):
            continue
        record = state.records[address]
        if record.echo.get(MEMBER_SUMMARY) == summary:
            continue
        if _holds(record, fields[declared.members], declared.members):
            updated[address] = replace(record, echo=with_summary(record.echo, summary))
    return with_records(state, updated)


def _has_summary(body: RecordText | Record, summary: Mapping[str, Any]) -> bool:
    """Returns whether the text of a record certainly contains `summary`. Returns False if `body` is a record."""
    recorded = None if isinstance(body, Record) else body.parts("echo").get(MEMBER_SUMMARY)
    return recorded is not None and encode(summary) == bytes(recorded)


def _holds(record: Record, files: Mapping[str, Any], name: str) -> bool:
    echo = record.echo.get(name) or {}
    ids = [member["file_id"] for member in (record.inputs.get(name) or {}).values()]
    return all(id in files and id in echo and files[id] == echo[id] for id in ids)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
