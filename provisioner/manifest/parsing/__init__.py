"""Reads one file in steps: bytes → text → YAML nodes or front matter → plain data. Each part of the data has its place.

This package does not know which entries a manifest may have. Every fault is reported with its line and column, so that
one run shows all faults of all files.
"""
