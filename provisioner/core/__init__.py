"""Types and functions that every layer uses: addresses, errors, diagnostics, resources, kinds, files, text."""
