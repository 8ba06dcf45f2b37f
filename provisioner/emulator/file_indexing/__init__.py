"""Indexes files in vector stores: extracts the text of each type of file, and determines when the indexing ends and
with which result.

The size, memory and time for reading office files and PDFs are limited.
"""
