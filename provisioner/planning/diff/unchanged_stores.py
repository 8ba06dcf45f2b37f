"""Decides quickly whether a vector store is unchanged, because the stores of a large project have thousands of files.
The result is the same as that of the general comparison in the module `comparison`.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.core.address import Address
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Resource
from provisioner.openai_api.collections import FIELDS
from provisioner.planning.diff.actual import Actual
from provisioner.planning.diff.values import recordable, resolve
from provisioner.planning.plan import Unknown
from provisioner.planning.shown_objects import is_shown_as_recorded
from provisioner.state.record_texts import RecordText


def is_unchanged_store(
    resource: Resource,
    text: RecordText,
    actual: Actual,
    moves: Mapping[Address, Address],
    ids: Mapping[Address, str | Unknown],
) -> bool:
    """Returns whether the resource is a vector store for which there is certainly nothing to do and nothing to report,
    because its values have the same JSON as those in the text of its record. If the result is False, the general
    comparison decides.

    `text` is the text of the record. `moves` are the renamed resources, and `ids` maps the addresses of other resources
    to their ids.
    """
    if TYPES[resource.type].members is None or text.type != resource.type or text.protect != resource.lifecycle.protect:
        return False
    if text.adopted or text.unfilled or text.marked is not None or text.is_pinned or resource.pin is not None:
        return False
    live = actual.live.get(resource.address)
    if (actual.refreshed and live is None) or resource.type in actual.gone:
        return False
    if resource.address in moves or text.id in actual.strangers:
        return False
    desired = recordable(resolve(resource.inputs, ids), FIELDS.get(resource.type, {}))
    if not text.has_inputs(desired):
        return False
    if live is None:
        return True
    return actual.as_recorded.get(resource.address) is text or is_shown_as_recorded(text, live)
