"""Checks requests: the types of the SDK's parameters, limits that these types do not contain, options that models
refuse, JSON Schemas, and uploaded skills.
"""
