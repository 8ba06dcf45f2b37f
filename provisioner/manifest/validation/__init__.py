"""Checks plain data against the models of `core.kinds`, and reports what to write instead of a wrong entry.

That includes near names, the spellings of other APIs and tools, and pydantic's errors in our own words.
"""
