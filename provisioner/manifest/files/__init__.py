"""Finds the manifests, the files that may be read, and the files that manifests refer to. Each is hashed once."""
