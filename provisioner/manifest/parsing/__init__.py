"""Reads one file in steps: bytes → text → YAML nodes or front matter → plain data (mappings, lists and scalars). Each
part of the data has a place (file, line and column).

Whether a manifest may contain an entry is not checked in this package. Every error is reported with its line and
column, so that one run shows all errors in all files.
"""
