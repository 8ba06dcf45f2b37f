"""The indexing of files in vector stores: when it ends and how, and the text of each kind of file.

Office files and PDFs are read with limits on their size, memory and time.
"""
