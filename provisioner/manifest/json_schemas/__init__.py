"""Checks the JSON Schemas of functions and answers: as JSON Schema, and against OpenAI's rules, strict or not."""
