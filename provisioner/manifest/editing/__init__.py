"""Changes single values in manifests. All other characters of a file stay as they are."""
