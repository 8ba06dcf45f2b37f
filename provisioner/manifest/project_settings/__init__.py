"""Reads `provision.yaml`: the settings of the project, the settings that each environment overrides, and the root
folder.

This package also contains what depends only on settings: the JSON Schema for editors, the project that `provision init`
writes, and the check for settings that a branch under review may not change.
"""
