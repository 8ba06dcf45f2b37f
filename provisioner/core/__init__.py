"""Contains the types and functions that every layer uses: addresses, errors, diagnostics, resources, kinds, files,
text.
"""
