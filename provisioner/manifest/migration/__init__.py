"""Reads sources that describe assistants (dumps, transcripts, Terraform, source code), and finds the API objects in
them.

A source is never run or imported. `sources` opens files, one module reads each format, and `collection` joins the
objects of all sources.
"""
