"""What was found at OpenAI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.address import Address
from provisioner.objects.collection import Live


@dataclass(frozen=True, slots=True)
class Actual:
    """The live objects of the records.

    An address that is recorded and not in `live` has vanished, unless nothing was `refreshed`: then what is
    recorded is believed. `gone` names the types whose endpoint the server does not have. `retired` are the retired
    objects that the lists happened to show, by id.
    """

    live: Mapping[Address, Live] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    refreshed: bool = True
    retired: Mapping[str, Live] = field(default_factory=dict)
