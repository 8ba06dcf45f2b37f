"""Evaluates expressions in the strings of manifests: `${var.model}`, `${each.key}`, `${vector_store.handbook.id}`.

Expressions are evaluated before the manifests are checked against the pydantic models, so a check always sees the
values.
"""
