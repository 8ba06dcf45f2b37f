"""Limits on the size of manifests. Exceeding a limit is an error with its place; docs/manifests.md lists the limits.

The limits are far above what people write. Because of them, a hostile project cannot take more than a few seconds or a
gigabyte of memory.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The largest manifest, settings file, prompt or schema, in bytes.
FILE_BYTES = 10 * 1024 * 1024
#: The largest size of all files together that are read as text, in bytes.
ALL_BYTES = 32 * 1024 * 1024
#: The largest number of keys, scalars, lists and mappings in one YAML or JSON file.
VALUES = 250_000
#: The largest number of keys, scalars, lists and mappings in all files together.
ALL_VALUES = 500_000
#: The largest number of values in one file, if the values of an anchor count again for each of its aliases.
ALIASED_VALUES = 500_000
#: The largest number of entries that `<<` copies in one file.
MERGED_ENTRIES = 500_000
#: The largest number of entries in one file that are copied to check the later values of repeated keys.
REPEATED_ENTRIES = 100_000
#: How many unread files are searched for the content of a manifest, and the most bytes of such a file.
UNREAD_FILES = 1_000
UNREAD_BYTES = 256 * 1024
#: The text of one assistant's instructions, in characters: a limit of the API.
INSTRUCTIONS = 256_000
#: The text of all assistants' instructions, in characters.
ALL_INSTRUCTIONS = 64_000_000
#: The values and the levels of nesting of one JSON Schema.
SCHEMA_VALUES = 20_000
SCHEMA_DEPTH = 30
#: The most errors, and the most warnings, that are reported for one JSON Schema.
SCHEMA_FLAWS = 200
#: The largest number of environments of a project.
ENVIRONMENTS = 100
#: The largest number of entries of one `for_each`, and of the characters of a key and of a name with its key.
FOR_EACH_ENTRIES = 5_000
KEY = 64
INSTANCE_NAME = 128
#: The largest number of characters in the name of a variable.
VARIABLE_NAME = 64
#: The values and the characters of text that expressions and `for_each` may make in one run.
EXPANDED_VALUES = 500_000
EXPANDED_CHARACTERS = 32 * 1024 * 1024
#: The problems that one run shows, and the number at which it stops looking for more.
SHOWN_PROBLEMS = 500
#: The problems of one resource, or of the settings, that are examined.
VALUE_PROBLEMS = 200
ALL_PROBLEMS = 2_000
#: The findings that `provision lint` shows.
FINDINGS = 1_000
#: The largest number of characters in one message.
MESSAGE = 1_000
#: Names longer than this get no suggestion. Shorter ones are compared with at most this many known names.
SUGGESTED_NAME = 100
SUGGESTED_FROM = 200
#: The most characters of an invalid line that are searched for a hint.
HINTED_LINE = 400


@dataclass(slots=True)
class Allowance:
    """How many bytes of text, and how many values of YAML or JSON, may still be read in one run."""

    bytes: int = ALL_BYTES
    values: int = ALL_VALUES
