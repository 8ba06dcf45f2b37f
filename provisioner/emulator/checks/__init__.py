"""Checks of requests: against the SDK's parameter types, against limits that these types do not contain, options that
models refuse, JSON Schemas, and uploaded skills.
"""
