"""Reads what others wrote about assistants (dumps, transcripts, Terraform, source code) and finds the objects in it.

Nothing that is read is run or imported. `sources` opens files, one module reads each format, and `collection` joins the
objects of all sources.
"""
