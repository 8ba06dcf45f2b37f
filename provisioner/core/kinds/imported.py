"""Defines the pydantic model for imports. An import names an existing object, and the resource that manages the object
from now on (that adopts it).
"""

from __future__ import annotations

from pydantic import Field

from provisioner.core.kinds.model import Filled, Model

#: The section of manifests that lists imports. The section is a list, so that two entries are never merged by name.


class ImportModel(Model):
    """An import: the id of an object that exists already, and the address of the resource that manages the object from
    now on (that adopts it).
    """

    to: Filled = Field(description="The address of the resource, such as `vector_store.handbook`.")
    id: Filled = Field(description="The id of the object, such as `vs_…`.")
    environment: Filled | None = Field(
        None, description="The only environment in which the import applies. An object belongs to one environment."
    )
