"""Defines the releases of assistants, and the index that lists them. A release is a content that was applied to an
assistant, with its number.
"""
