"""What a run does where no option says otherwise. Times are in seconds."""

from __future__ import annotations

#: Calls to the API at once.
PARALLELISM = 16
#: How long files may take to be indexed.
INDEX_TIMEOUT = 600.0
#: Within this time, a request of a killed run may still arrive.
GRACE = 5.0
#: How long somebody else's lock is waited for.
LOCK_TIMEOUT = 0.0
