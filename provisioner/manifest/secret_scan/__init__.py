"""Finds credentials in everything that manifests contain, and refuses them."""
