"""Checks of requests: the SDK's parameter types, limits that are not in these, options of models, JSON Schemas."""
