"""Reads sources that describe assistants (dumps, transcripts, Terraform, source code) and finds the objects in these
sources.

A source is never run or imported. `sources` opens files, one module reads each format, and `collection` joins the
objects of all sources.
"""
