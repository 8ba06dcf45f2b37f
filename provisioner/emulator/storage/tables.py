"""Defines the tables of the account's SQLite file."""

from __future__ import annotations

VERSION = 1
"""The version of the tables below. The file contains it as its `user_version`."""

TABLES = """
CREATE TABLE IF NOT EXISTS files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, filename TEXT NOT NULL, bytes INTEGER NOT NULL,
    purpose TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER);
CREATE INDEX IF NOT EXISTS files_by_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS contents (
    file_id TEXT PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS texts (
    file_id TEXT PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE, text TEXT, code TEXT, message TEXT);
CREATE TABLE IF NOT EXISTS stores (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, metadata TEXT NOT NULL,
    days INTEGER, created_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL, expired INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS stores_by_expiry ON stores (days) WHERE days IS NOT NULL AND NOT expired;
CREATE TABLE IF NOT EXISTS members (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL, ready_at REAL NOT NULL, attributes TEXT NOT NULL, chunking TEXT NOT NULL,
    outcome TEXT, code TEXT, message TEXT, usage INTEGER NOT NULL DEFAULT 0, searchable INTEGER NOT NULL DEFAULT 0,
    UNIQUE (store_id, file_id));
CREATE INDEX IF NOT EXISTS members_by_file ON members (file_id);
CREATE TABLE IF NOT EXISTS batches (
    id TEXT PRIMARY KEY, store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL, cancelled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS batch_files (
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE, file_id TEXT NOT NULL,
    PRIMARY KEY (batch_id, file_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES members (seq) ON DELETE CASCADE, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_by_member ON passages (member);
CREATE VIRTUAL TABLE IF NOT EXISTS passages_words
    USING fts5 (text, content = 'passages', content_rowid = 'id', tokenize = 'trigram');
CREATE TRIGGER IF NOT EXISTS passages_added AFTER INSERT ON passages BEGIN
    INSERT INTO passages_words (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER IF NOT EXISTS passages_dropped AFTER DELETE ON passages BEGIN
    INSERT INTO passages_words (passages_words, rowid, text) VALUES ('delete', old.id, old.text); END;
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_kind ON documents (kind, seq);
"""
