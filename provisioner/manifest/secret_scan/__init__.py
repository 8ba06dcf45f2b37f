"""Finds credentials in everything that manifests contain, and reports the credentials as errors."""
