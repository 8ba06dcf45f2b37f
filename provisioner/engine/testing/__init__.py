"""Runs the tests that manifests declare: turns with assistants, expectations, judges, and the budget."""
