"""Finds the manifests, the files that manifests refer to, and which files may be read. Each file is hashed once."""
