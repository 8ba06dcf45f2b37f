"""Reads one file: bytes → text → YAML nodes or front matter → plain data, and the place of each part of it.

This package does not know which entries a manifest may have. Every fault is reported with its line and column, so that
one run shows all faults of all files.
"""
