"""Writes manifests for objects that exist or existed: their entries, the files of a folder, and a report of each field.

`found` has the objects, `entries` makes manifest entries from them, `layout` makes the texts of files, and `folder`
writes the files.
"""
