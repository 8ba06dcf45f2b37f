"""Defines the default values of the options of a run. Times are in seconds."""

from __future__ import annotations

#: The number of parallel calls to the API, and the largest number that can be chosen.
PARALLELISM = 16
MOST_PARALLELISM = 128
#: The longest time for the indexing of files.
INDEX_TIMEOUT = 600.0
#: The time in which a request of a killed run may still arrive at the API.
GRACE = 5.0
#: The longest wait for a lock that another process holds.
LOCK_TIMEOUT = 0.0
#: The names of the targets: the APIs that assistants are made for.
TARGETS = ("responses", "agents", "assistants")
#: The number of releases of one assistant that are kept without the setting `keep_releases`.
KEEP_RELEASES = 100
