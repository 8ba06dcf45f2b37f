"""Defines the pydantic models for the entries of `moved:` and `removed:` in a manifest. An entry of `moved:` gives a
renamed resource its new address. An entry of `removed:` says whether the object of a removed resource is deleted.
"""

from __future__ import annotations

from pydantic import Field

from provisioner.core.kinds.model import Filled, Model

#: The sections of manifests that list moves and removals. Entries may stay after they were applied.


class MoveModel(Model):
    """A resource that was renamed: its former address and its new address."""

    from_: Filled = Field(alias="from", description="The former address, such as `vector_store.old`.")
    to: Filled = Field(description="The address that the manifests declare now. It has the same kind.")
    environment: Filled | None = Field(None, description="The only environment in which the entry applies.")


class RemovalModel(Model):
    """A resource that is no longer declared: its former address, and whether its object is deleted."""

    from_: Filled = Field(alias="from", description="The address that no manifest declares any more.")
    destroy: bool = Field(
        description="`false`: the object stays at OpenAI, without the mark of provision. `true`: it is deleted."
    )
    environment: Filled | None = Field(None, description="The only environment in which the entry applies.")
