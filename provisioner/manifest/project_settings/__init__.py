"""`provision.yaml`: the project's settings, the blocks that each environment overrides, and the root folder.

Also what is made from settings alone: the JSON Schema for editors, the project of `provision init`, and the check of
changes of settings that a branch under review may not make.
"""
