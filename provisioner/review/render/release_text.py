"""Renders releases as text for people and as JSON. A release is a numbered content that was applied to an assistant."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from provisioner.core.target_names import TARGET_OF
from provisioner.core.text.visible import on_one_line
from provisioner.review.render.state_text import day
from provisioner.review.render.units import columns, pad
from provisioner.state.releases.release import Release

#: The number of characters of a commit and of a digest in the text.
SHORT = 12


def releases_text(
    releases: Sequence[Release], current: Container[str], pinned: Container[str], *, addresses: bool
) -> str:
    """Returns one line for each release: number, time, author, target (the API), commit, digest and remarks. `current`
    contains the names of the releases that assistants have now. `pinned` contains the names of the releases that
    assistants keep, whatever their manifests contain. If `addresses` is True, each line begins with the address of the
    assistant.
    """
    if not releases:
        return "There are no releases yet; `provision apply` makes them."
    rows = [
        tuple(
            map(
                on_one_line,
                (
                    each.name if addresses else str(each.number),
                    day(each.made.time) if each.made.time else "-",
                    each.made.who or "-",
                    TARGET_OF[each.type],
                    each.made.commit[:SHORT] or "-",
                    each.digest[:SHORT],
                    _remarks(each, current, pinned),
                ),
            )
        )
        for each in releases
    ]
    widths = [max(columns(row[column]) for row in rows) for column in range(6)]
    return "\n".join("  ".join([*map(pad, row[:6], widths), row[6]]).rstrip() for row in rows)


def releases_json(releases: Sequence[Release], current: Container[str], pinned: Container[str]) -> list[dict[str, Any]]:
    """Returns the releases as JSON objects. `current` contains the names of the releases that assistants have now.
    `pinned` contains the names of the releases that assistants keep, whatever their manifests contain. In each object,
    `time` is in seconds since 1970, or null if it is not known.
    """
    return [
        {
            "address": str(each.address),
            "number": each.number,
            "digest": each.digest,
            "target": TARGET_OF[each.type],
            "time": each.made.time or None,
            "who": each.made.who or None,
            "command": each.made.command or None,
            "commit": each.made.commit or None,
            "plan": each.made.plan or None,
            "restores": each.restores,
            "current": each.name in current,
            "pinned": each.name in pinned,
        }
        for each in releases
    ]


def _remarks(release: Release, current: Container[str], pinned: Container[str]) -> str:
    remarks = [
        "current" if release.name in current else "",
        "pinned" if release.name in pinned else "",
        f"restores release {release.restores}" if release.restores else "",
        release.made.command,
    ]
    return ", ".join(filter(None, remarks))
