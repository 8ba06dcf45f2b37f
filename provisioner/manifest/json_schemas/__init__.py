"""Checks the JSON Schemas of functions and of structured answers: whether they are valid JSON Schema, and whether they
keep OpenAI's rules, with `strict` or without it.
"""
