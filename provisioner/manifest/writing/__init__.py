"""Writes manifests for objects that exist or existed: their entries, the files of a folder, and a report on each field.

The module `found` defines the classes of the objects. `entries` makes manifest entries from objects, `layout` makes the
texts of files from entries, and `folder` writes the files.
"""
