"""Decides whether the text or the tools that are written directly in an assistant changed. Included parts do not count:
fragments of instructions, and declared tools that several assistants can use.

The state contains the whole text that was sent, and a digest of each fragment in this text. The text that was sent is
compared with the parts of the present text. Each part that is written in the assistant must occur unchanged in the text
that was sent. In the place of a changed fragment, the text that was sent must contain a part with the recorded digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.resource import Resource, text_digest
from provisioner.planning.reason import ReasonCode
from provisioner.state.records import Record

BETWEEN = "\n\n"
#: The number of possible ends of a former fragment that are tried in one text.
MOST = 2_000


class Gap(Struct, frozen=True):
    """A gap in the text of an assistant's instructions, in place of an included fragment. The fragment has changed
    since the text was sent. `digest` is the digest of the former text of this fragment.
    """

    digest: str


Pattern = Sequence[str | Gap]


def own_text_changed(resource: Resource, record: Record) -> bool:
    """Returns whether the text that is written directly in an assistant's instructions changed. Included fragments of
    instructions are not considered. Returns False if this cannot be determined: the former instructions are not
    recorded as a text, a fragment is included twice, or several fragments were removed.
    """
    former = record.inputs.get("instructions")
    shared = [source for source, _ in resource.parts if source]
    named = {*shared}
    if not isinstance(former, str) or len(named) < len(shared):
        return False
    gone = [
        digest for source, digest in record.sources.items() if source.startswith("instructions") and source not in named
    ]
    if len(gone) > 1:
        return False
    pattern = list(_pattern(resource, record))
    patterns = [pattern]
    if gone:
        patterns = [[*pattern[:at], Gap(gone[0]), *pattern[at:]] for at in range(len(pattern) + 1)]
    return not any(_fits(former, each) for each in patterns[:MOST])


def own_tools_changed(record: Record, after: Mapping[str, Any], changed: Mapping[str, ReasonCode]) -> bool:
    """Returns whether a tool that is written directly in the assistant has changed. The result is True if more tools of
    the assistant changed than `changed` explains.

    `after` are the desired inputs. `changed` maps the address of each changed tool that is declared outside of the
    assistant to a code: added, removed or changed.
    """
    before, now = record.inputs.get("tools") or [], after.get("tools") or []
    became = [what for source, what in changed.items() if source.startswith("tool")]
    went, came = _without(before, now), _without(now, before)
    return len(went) > sum(what is not ReasonCode.SOURCE_ADDED for what in became) or len(came) > sum(
        what is not ReasonCode.SOURCE_REMOVED for what in became
    )


def _without(tools: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    return [tool for tool in tools if tool not in others]


def _pattern(resource: Resource, record: Record) -> Iterator[str | Gap]:
    for source, text in resource.parts:
        digest = record.sources.get(source)
        if not source or digest == resource.sources.get(source):
            yield text
        elif digest is not None:
            yield Gap(digest)


def _fits(text: str, pattern: Pattern) -> bool:
    """Returns whether `text` consists of the parts of `pattern`, from the first to the last, with a blank line between
    two parts. A `Gap` in `pattern` matches a text whose digest is the digest of the gap.
    """
    at = 0
    for index, part in enumerate(pattern):
        following = pattern[index + 1] if index + 1 < len(pattern) else None
        if isinstance(part, str):
            end: int | None = at + len(part) if text.startswith(part, at) else None
        else:
            end = _end_of(part, text, at, following)
        if end is None or (following is not None and not text.startswith(BETWEEN, end)):
            return False
        at = end + len(BETWEEN)
    return at == len(text) + len(BETWEEN) if pattern else not text


def _end_of(gap: Gap, text: str, begin: int, following: str | Gap | None) -> int | None:
    """Returns the position in `text` at which the former text of a changed fragment ends, or None if it is not found.

    The former text begins at `begin` and has the digest of `gap`. `following` is the part that comes after the former
    text, or None.
    """
    if following is None:
        return len(text) if text_digest(text[begin:]) == gap.digest else None
    next_one = BETWEEN + (following if isinstance(following, str) else "")
    end = begin - 1
    for _ in range(MOST):
        end = text.find(next_one, end + 1)
        if end < 0 or text_digest(text[begin:end]) == gap.digest:
            return end if end >= 0 else None
    return None
