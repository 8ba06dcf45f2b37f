"""Runs the tests that manifests declare. It runs turns with assistants, checks expectations, asks judges, and keeps
costs within a budget.
"""
