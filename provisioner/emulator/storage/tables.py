"""Defines the tables of the account's SQLite file. Also defines how the tables of an earlier version are upgraded."""

from __future__ import annotations

VERSION = 4
"""The version of TABLES. The file contains it as its `user_version`."""

COMMON = """
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
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_kind ON documents (kind, seq);
"""

#: The passages of version 1, in which search compared trigrams.
PASSAGES_1 = """
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES members (seq) ON DELETE CASCADE, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_by_member ON passages (member);
CREATE VIRTUAL TABLE IF NOT EXISTS passages_words
    USING fts5 (text, content = 'passages', content_rowid = 'id', tokenize = 'trigram');
CREATE TRIGGER IF NOT EXISTS passages_added AFTER INSERT ON passages BEGIN
    INSERT INTO passages_words (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER IF NOT EXISTS passages_dropped AFTER DELETE ON passages BEGIN
    INSERT INTO passages_words (passages_words, rowid, text) VALUES ('delete', old.id, old.text); END;
"""

#: `terms` are the words of the passage as `file_indexing.terms` writes them. `place` is its number in its file.
PASSAGES = """
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES members (seq) ON DELETE CASCADE, text TEXT NOT NULL,
    terms TEXT NOT NULL DEFAULT '', place INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS passages_by_member ON passages (member);
CREATE VIRTUAL TABLE IF NOT EXISTS passages_words
    USING fts5 (terms, content = 'passages', content_rowid = 'id', tokenize = 'porter unicode61');
CREATE TRIGGER IF NOT EXISTS passages_added AFTER INSERT ON passages BEGIN
    INSERT INTO passages_words (rowid, terms) VALUES (new.id, new.terms); END;
CREATE TRIGGER IF NOT EXISTS passages_dropped AFTER DELETE ON passages BEGIN
    INSERT INTO passages_words (passages_words, rowid, terms) VALUES ('delete', old.id, old.terms); END;
"""

#: `parts` are objects that belong to another object, their `owner`: the items of a response or a conversation, the
#: messages and steps of a thread. `container_files` are the files of the code interpreter.
PARTS = """
CREATE TABLE IF NOT EXISTS parts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS parts_by_id ON parts (owner, kind, id);
CREATE INDEX IF NOT EXISTS parts_by_owner ON parts (owner, kind, seq);
CREATE INDEX IF NOT EXISTS parts_by_any_id ON parts (id);
CREATE TABLE IF NOT EXISTS container_files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, container_id TEXT NOT NULL, path TEXT NOT NULL,
    created_at INTEGER NOT NULL, source TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (container_id, path));
"""

#: `upload_parts` are the parts of uploads. The parts of an upload that was completed belong to its file, in the order
#: `place`. If `is_packed` is 1, `data` is compressed with zlib.
UPLOADS = """
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, filename TEXT NOT NULL, bytes INTEGER NOT NULL, purpose TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, seconds INTEGER, status TEXT NOT NULL, file_id TEXT);
CREATE TABLE IF NOT EXISTS upload_parts (
    id TEXT PRIMARY KEY, upload_id TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE, bytes INTEGER NOT NULL,
    is_packed INTEGER NOT NULL, data BLOB NOT NULL, file_id TEXT REFERENCES files (id) ON DELETE CASCADE,
    place INTEGER);
CREATE INDEX IF NOT EXISTS upload_parts_by_upload ON upload_parts (upload_id);
CREATE INDEX IF NOT EXISTS upload_parts_by_file ON upload_parts (file_id, place) WHERE file_id IS NOT NULL;
"""

#: The indexes of version 3, in which the list of the files in progress took long in vector stores with many files.
MEMBER_INDEXES_3 = """
CREATE INDEX IF NOT EXISTS members_by_store ON members (store_id, seq);
CREATE INDEX IF NOT EXISTS members_by_outcome ON members (store_id, outcome, seq);
CREATE INDEX IF NOT EXISTS members_by_readiness ON members (store_id, ready_at, outcome, usage);
"""

#: For vector stores with many files: a page of the files, or of the files with one status, which SQLite selects without
#: reading the rows of other files; and the numbers and sizes of the files that are ready and that are not ready yet.
MEMBER_INDEXES = """
CREATE INDEX IF NOT EXISTS members_by_store ON members (store_id, seq, ready_at, outcome);
CREATE INDEX IF NOT EXISTS members_by_readiness ON members (store_id, ready_at, outcome, usage);
"""

TABLES = COMMON + PASSAGES + PARTS + UPLOADS + MEMBER_INDEXES

#: For each earlier version: its tables, and the statements that make the present tables of them.
UPGRADES = {
    1: (
        COMMON + PASSAGES_1,
        "DROP TRIGGER passages_added; DROP TRIGGER passages_dropped; DROP TABLE passages_words; DROP TABLE passages;"
        f" UPDATE members SET searchable = 0; {PASSAGES} {PARTS} {UPLOADS} {MEMBER_INDEXES}",
    ),
    2: (COMMON + PASSAGES + PARTS, UPLOADS + MEMBER_INDEXES),
    3: (
        COMMON + PASSAGES + PARTS + UPLOADS + MEMBER_INDEXES_3,
        f"DROP INDEX members_by_store; DROP INDEX members_by_outcome; {MEMBER_INDEXES}",
    ),
}
