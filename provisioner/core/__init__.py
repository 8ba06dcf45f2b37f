"""What every layer shares: addresses, errors, diagnostics, resources, the kinds that manifests declare, files, text."""
