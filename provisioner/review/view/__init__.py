"""Determines the differences that a plan shows, field by field and word by word. All output formats use the same
differences.
"""
