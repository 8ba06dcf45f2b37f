"""Checks the uploads that manifests name as `{id: …}`. They must exist, and their purpose must allow their use in
vector stores and tools.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Resource
from provisioner.engine.reading_pool import reading_pool
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff.actual import Actual

#: The purposes of uploads that vector stores, containers and environments cannot use.
OTHER_PURPOSES = ("batch", "batch_output", "evals", "fine-tune", "fine-tune-results")


def check_uploads(
    collection: Collection, resources: Sequence[Resource], actual: Actual, parallelism: int
) -> Iterator[Diagnostic]:
    """Yields an error for each upload named in `resources` that does not exist or whose purpose is in OTHER_PURPOSES.
    Raises ApiError if an API call fails.

    Uploads that `actual`, the live objects, does not contain are retrieved from `collection`, the collection of files.
    """
    named: dict[str, tuple[Resource, Place]] = {}
    for resource in resources:
        for id, place in resource.uploads.items():
            named.setdefault(id, (resource, place))
    if not named or FILE.name in actual.gone:
        return
    recorded = {live.id: live for live in actual.live.values()}
    unread = [id for id in named if id not in actual.listed and id not in recorded]
    with reading_pool(parallelism) as pool:
        retrieved = dict(zip(unread, pool.map(collection.retrieve, unread), strict=True))
    known: Mapping[str, Live | None] = {**retrieved, **recorded, **actual.listed}
    for id, (resource, place) in named.items():
        if (problem := _find_problem(id, known.get(id))) is not None:
            yield Diagnostic("error", f"{resource.address}: {problem}", place, str(resource.address))


def _find_problem(id: str, live: Live | None) -> str | None:
    if live is None:
        return (
            f"there is no file {id} in this account; check the id, the key (OPENAI_API_KEY) and the project, "
            "or name a file by its path"
        )
    purpose = live.fields.get("purpose")
    if purpose in OTHER_PURPOSES:
        return f"{id} was uploaded for `{purpose}`; stores and tools take files for `assistants` or `user_data`"
    return None
