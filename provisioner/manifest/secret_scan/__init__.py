"""Finds credentials in everything that manifests contain, and reports them as errors."""
