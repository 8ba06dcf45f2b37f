"""The last release number of a definition, and the pin of an assistant to a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.state.shape import check_pin, check_release


@dataclass(frozen=True, slots=True)
class LastRelease:
    """The release number of a definition, and the digest of the inputs that were released under this number."""

    number: int
    digest: str

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> LastRelease:
        """Returns the release in the JSON of a state. Raises the errors of `provisioner.state.shape` if `body` is
        something else.
        """
        check_release(body)
        return cls(**body)


@dataclass(frozen=True, slots=True)
class Pin:
    """The pin of an assistant to the release that a rollback has restored. Until the manifest of the assistant changes,
    a plan restores this release instead of what the manifest declares.

    `release` is the number of the release, and `content` the digest of its content. `manifest` is the digest of what
    the manifests declared for the assistant at the time of the rollback.
    """

    release: int
    content: str
    manifest: str

    def to_json(self) -> dict[str, Any]:
        """Returns the pin as JSON in the format of the state."""
        return {"release": self.release, "content": self.content, "manifest": self.manifest}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Pin:
        """Returns the pin that `to_json` wrote. Raises the errors of `provisioner.state.shape` if `body` is something
        else.
        """
        check_pin(body)
        return cls(**body)
