"""Determines the differences that a plan shows, field by field and word by word, independent of any output format."""
