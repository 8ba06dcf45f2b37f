"""Defines a release: one content that was applied to an assistant, with its number and the run that applied it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.authorship import LATEST_TIME
from provisioner.core.strictjson import NUMBER, Shape, check_shape
from provisioner.state.shape import DIGEST, LARGEST, check_id, check_number, check_text, check_type

#: The characters of a commit's id, and of the name of a run in the index.
HEXADECIMAL = re.compile(r"[0-9a-f]{0,64}")

PROVENANCE_SHAPE: Shape = {"time": NUMBER, "who": str, "command": str, "commit": str, "plan": str}
RELEASE_SHAPE: Shape = {
    **dict.fromkeys(("number", "restores"), int),
    **dict.fromkeys(("digest", "type", "run"), str),
    **dict.fromkeys(("parts", "uses"), list),
    "held_until": NUMBER,
}


class Provenance(Struct, frozen=True):
    """The run that made a release. `time` is in seconds since 1970, `who` is `user@host`, and `command` contains the
    words of the command after `provision`.

    `commit` is the id of the git commit that was checked out, and `plan` is the digest of the applied plan. Both are
    empty if they are not known.
    """

    time: float
    who: str
    command: str
    commit: str = ""
    plan: str = ""

    def to_json(self) -> dict[str, Any]:
        """Returns the description of the run as JSON data, without empty fields."""
        body = {"time": self.time, "who": self.who, "command": self.command, "commit": self.commit, "plan": self.plan}
        return {name: value for name, value in body.items() if value != ""}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Provenance:
        """Returns the run for `body`, the JSON data that `to_json` returned. Raises KeyError, TypeError or ValueError
        if `body` has another form.
        """
        check_shape(body, PROVENANCE_SHAPE)
        check_number(body["time"], LATEST_TIME)
        for name in ("commit", "plan"):
            if not HEXADECIMAL.fullmatch(body.get(name, "")):
                raise ValueError(f"a {name} that is no digest")
        return cls(**{"who": "", "command": "", **body})


class Release(Struct, frozen=True):
    """One release of an assistant: a content that was applied to the assistant.

    `number` is 1 for the first release of the address. `digest` identifies the content: two releases with equal content
    have equal digests. `type` is the type of the object that the assistant became, such as `agent`. `restores` is the
    number of the release that a rollback restored. It is None if the release comes from the manifests. `parts` are the
    digests of additional texts that belong to the content. `uses` are the ids of objects that this release needs. These
    objects are not deleted before the time `held_until`, in seconds since 1970.
    """

    address: Address
    number: int
    digest: str
    type: str
    made: Provenance
    restores: int | None = None
    parts: tuple[str, ...] = ()
    held_until: float = 0
    uses: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the release on the command line: `ADDRESS@NUMBER`."""
        return f"{self.address}@{self.number}"

    def to_json(self, run: str) -> dict[str, Any]:
        """Returns the release as JSON data for the index, without empty fields. `run` is the name that the index uses
        for the run in `made`.
        """
        body: dict[str, Any] = {"number": self.number, "digest": self.digest, "type": self.type, "run": run}
        optional = {
            "restores": self.restores,
            "parts": list(self.parts),
            "held_until": self.held_until,
            "uses": sorted(self.uses),
        }
        return body | {name: value for name, value in optional.items() if value}

    @classmethod
    def from_json(cls, address: Address, body: Mapping[str, Any], runs: Mapping[str, Provenance]) -> Release:
        """Returns the release of the assistant at `address` for `body`, the JSON data that `to_json` returned. `runs`
        maps the names of runs in the index to the runs. Raises KeyError, TypeError or ValueError if `body` has another
        form.
        """
        check_shape(body, RELEASE_SHAPE)
        check_type(body["type"], address)
        for number in (body["number"], body.get("restores", 1)):
            if check_number(number, LARGEST) < 1:
                raise ValueError("a release's number below 1")
        for each in (body["digest"], *body.get("parts", ())):
            check_digest(each)
        check_number(body.get("held_until", 0), LATEST_TIME)
        for id in body.get("uses", ()):
            check_id(id, "definition")
        rest = {name: value for name, value in body.items() if name != "run"}
        lists = {name: tuple(body.get(name, ())) for name in ("parts", "uses")}
        return cls(address=address, made=runs[body["run"]], **{**rest, **lists})


def check_digest(value: Any) -> str:
    """Returns `value` if it is a SHA-256 in hexadecimal digits. Raises TypeError if `value` is not a text, and
    ValueError if it is another text.
    """
    if not DIGEST.fullmatch(check_text(value)):
        raise ValueError("a digest that is no SHA-256")
    return str(value)
