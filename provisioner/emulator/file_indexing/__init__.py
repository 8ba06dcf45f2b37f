"""The indexing of files in vector stores: when it ends, with which result, and how the text of each type of file is
read.

Office files and PDFs are read with limits on their size, memory and time.
"""
