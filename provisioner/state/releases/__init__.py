"""Releases: every content that was applied to an assistant, with a number, and the index that lists them."""
