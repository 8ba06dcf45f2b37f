"""Indexes files in vector stores: extracts the text of each type of file, and determines when the indexing ends and
with which result.

The size of the text of office files and PDFs is limited, and so are the memory and the time for reading a PDF.
"""
