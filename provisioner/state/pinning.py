"""Defines `LastRelease`: the number of the last release of a definition (the stored arguments of an assistant), and the
digest of the inputs of this release. Also converts the pin of an assistant to JSON and back. A pin says that a rollback
has restored an earlier release.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.resource import Pin
from provisioner.state.shape import check_pin, check_release


class LastRelease(Struct, frozen=True):
    """The last release of a definition (the stored arguments of an assistant): its number, and the digest of the inputs
    that were released under this number.
    """

    number: int
    digest: str

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> LastRelease:
        """Returns the last release that `body` describes. `body` is a part of the JSON of a state. Raises the errors of
        `provisioner.state.shape` if `body` has another form.
        """
        check_release(body)
        return cls(**body)


def pin_body(pin: Pin) -> dict[str, Any]:
    """Returns `pin`, which says that a rollback has restored an earlier release, as JSON in the format of the state."""
    return {"release": pin.release, "content": pin.content, "manifest": pin.manifest}


def parse_pin(body: Mapping[str, Any]) -> Pin:
    """Returns the pin for `body`, the JSON that `pin_body` returned. A pin says that a rollback has restored an earlier
    release of an assistant. Raises the errors of `provisioner.state.shape` if `body` has another form.
    """
    check_pin(body)
    return Pin(**body)
