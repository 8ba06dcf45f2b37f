"""Checks the data of manifests against the pydantic models of `core.kinds`. For a wrong entry, reports what to write
instead.

For a wrong name, the message suggests a similar name. If the name comes from another API or tool, the message suggests
the name that provision uses. Messages of provision replace pydantic's errors.
"""
