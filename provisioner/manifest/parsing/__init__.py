"""Reads one file in steps: bytes → text → YAML nodes or front matter → plain data (mappings, lists and scalars). Each
part of the data has a place (file, line and column).

This package does not check which entries a manifest may contain. It collects the errors of all files, each with its
line and column, and raises none of them. So one run reports all errors.
"""
