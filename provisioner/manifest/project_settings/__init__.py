"""`provision.yaml`: the project's settings, the settings that each environment overrides, and the root folder.

This package also has what needs only settings: the JSON Schema for editors, the project that `provision init` writes,
and the check for changes of settings that a branch under review may not make.
"""
