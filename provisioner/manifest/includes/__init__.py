"""Includes folders of manifests that projects share: finds the folders, reads them, and gives each include values and
names of its own.
"""
