"""Reads `provision.yaml`: the settings of the project, the settings that each environment of the project overrides, and
the root folder.

This package also makes the JSON Schema for editors, writes the example project of `provision init`, and checks settings
that a branch under review may not change.
"""
