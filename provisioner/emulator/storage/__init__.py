"""Stores the account's data in SQLite. It opens the file, defines its tables, executes statements and transactions, and
makes identifiers.
"""
