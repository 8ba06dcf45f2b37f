"""Defines the errors for objects that an apply does not delete or change, although its plan says so."""

from __future__ import annotations

from provisioner.core.errors import ProvisionError


class StillUsed(ProvisionError):
    """The error for an object that is not deleted, because a record still contains its id. A later apply deletes the
    object.
    """


class Kept(ProvisionError):
    """The error for an object that is deleted later and not now, because a release uses it, or because a replaced
    object that is not deleted yet uses it.
    """


class NotOurs(ProvisionError):
    """The error for an object that was not changed or deleted, because this state did not make the object, or because
    the object to adopt no longer exists.
    """
