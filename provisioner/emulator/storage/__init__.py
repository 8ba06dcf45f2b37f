"""Stores the data of the account in SQLite: opens the file, defines its tables, executes statements and transactions,
and makes identifiers.
"""
