"""Finds the manifests and the files to which the manifests refer, and decides which files may be read. Each file is
hashed once.
"""
