"""Checks the JSON Schemas of functions and of structured outputs. Each schema must be valid JSON Schema and follow
OpenAI's rules. With `strict: true`, these rules are stricter.
"""
