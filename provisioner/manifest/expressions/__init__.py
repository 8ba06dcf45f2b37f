"""Evaluates expressions in the strings of manifests: `${var.model}`, `${each.key}`, `${vector_store.handbook.id}`.

Expressions in the entries of resources are evaluated before these entries are checked against the pydantic models, so
the check sees the values. In place of an id that is not known yet, the check sees a token in the form of an id.
"""
