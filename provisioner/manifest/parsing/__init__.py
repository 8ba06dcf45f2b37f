"""Reads one file in steps: bytes → text → YAML nodes or front matter → plain data (mappings, lists and scalars). Each
part of the data has a place (file, line and column).

Whether a manifest may contain an entry is not checked in this package. Errors are recorded with their line and column
and are not raised, so that one run can show errors of all files.
"""
