"""Checks plain data against the models of `core.kinds`, and reports what to write instead of a wrong entry.

For a wrong name, the message suggests a similar one, or the name here of a field of another API or tool. pydantic's
errors are put in our own words.
"""
