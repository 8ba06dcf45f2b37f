"""Checks plain data against the pydantic models of `core.kinds`, and reports what to write instead of a wrong entry.

For a wrong name, the message suggests a similar name, or the name that provision uses for a field of another API or
tool. pydantic's errors are replaced by messages of provision.
"""
