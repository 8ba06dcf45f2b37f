"""Includes folders with manifests that several projects share. The modules find these folders, read them, and give each
include its own values and names.
"""
