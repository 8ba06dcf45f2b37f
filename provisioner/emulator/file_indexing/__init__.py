"""The indexing of files in vector stores: when the indexing of a file ends, its result, and the text of each type of
file.

Office files and PDFs are read with limits on their size, memory and time.
"""
