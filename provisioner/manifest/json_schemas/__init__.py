"""Checks the JSON Schemas of functions and of structured outputs. Each must be valid JSON Schema and follow OpenAI's
rules, which are stricter with `strict: true`.
"""
