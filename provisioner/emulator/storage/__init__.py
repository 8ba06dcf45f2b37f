"""The account's data in SQLite: opening the file, its tables, statements and transactions, and identifiers."""
