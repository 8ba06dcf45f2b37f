"""Indexes files in vector stores. It determines when the indexing of a file ends and with which result, and extracts
the text of each type of file.

Office files and PDFs are read with limits on their size, memory and time.
"""
