"""Defines limits for uploading, reading, listing and comparing files. The limits are checked where they are used."""

from __future__ import annotations

MEBIBYTE = 1024 * 1024
#: The most bytes of an uploaded file, of a file that one request uploads, and of one part of a larger file. These are
#: OpenAI's own limits.
UPLOAD_BYTES = 8192 * MEBIBYTE
SINGLE_UPLOAD_BYTES = 512 * MEBIBYTE
PART_BYTES = 64 * MEBIBYTE
#: The most bytes of `.env`, of `.gitignore`, and of the cached list of models.
SMALL_BYTES = 1 * MEBIBYTE
#: The most bytes of a state and of a journal.
STATE_BYTES = 512 * MEBIBYTE
#: The most bytes of a file that is named on the command line: a plan or a state.
NAMED_BYTES = 512 * MEBIBYTE
#: The most characters of one glob.
PATTERN_CHARACTERS = 1_000
#: The most characters of all different globs of a run together.
ALL_PATTERN_CHARACTERS = 200_000
#: The most names of files and folders that are listed in a run.
ENTRIES = 500_000
#: The most comparisons of a name with a part of a glob in a run. If the name and the part are long, one comparison
#: counts as several.
COMPARISONS = 2_000_000
#: The most files that the globs of a run match together. A file that several globs match is counted for each of them.
MATCHES = 1_000_000
#: The most directory levels below the root that are entered.
LEVELS = 100
