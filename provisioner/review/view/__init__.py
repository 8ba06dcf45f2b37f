"""Determines the differences that a plan shows: the changed fields, and the changed words in texts. All output formats
use the same differences.
"""
