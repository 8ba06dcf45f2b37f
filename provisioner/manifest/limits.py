"""How much manifests may hold and cost. What exceeds a limit is an error with its place; docs/manifests.md lists them.

The limits are far above what people write, and keep a hostile project below a few seconds and a gigabyte.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The largest manifest, settings file, prompt or schema, in bytes.
FILE_BYTES = 10 * 1024 * 1024
#: All files that are read as text, in bytes.
ALL_BYTES = 32 * 1024 * 1024
#: The keys, scalars, lists and mappings of one YAML or JSON file.
VALUES = 250_000
#: The same of all files together.
ALL_VALUES = 500_000
#: The values of one file with every alias counted as often as it is used.
ALIASED_VALUES = 500_000
#: The entries that `<<` copies in one file.
MERGED_ENTRIES = 500_000
#: The entries that are copied so that the later values of repeated keys are checked, too.
REPEATED_ENTRIES = 100_000
#: Files that are no manifests and are looked into for what looks like one, and the bytes of each.
UNREAD_FILES = 1_000
UNREAD_BYTES = 256 * 1024
#: The text of one assistant's instructions, in characters: a limit of the API.
INSTRUCTIONS = 256_000
#: The text of all assistants' instructions, in characters.
ALL_INSTRUCTIONS = 64_000_000
#: The values and the levels of nesting of one JSON Schema.
SCHEMA_VALUES = 20_000
SCHEMA_DEPTH = 30
#: The errors, and the warnings, of one JSON Schema that are looked for.
SCHEMA_FLAWS = 200
#: The environments of a project.
ENVIRONMENTS = 100
#: The problems that one run shows, and at how many it stops looking for more.
SHOWN_PROBLEMS = 500
#: The problems of one resource, or of the settings, that are looked into.
VALUE_PROBLEMS = 200
ALL_PROBLEMS = 2_000
#: The findings that `provision lint` shows.
FINDINGS = 1_000
#: The characters of one message.
MESSAGE = 1_000
#: Names longer than this get no suggestion, and are compared with at most so many known names.
SUGGESTED_NAME = 100
SUGGESTED_FROM = 200
#: The characters of a line that is no YAML which are searched for a hint.
HINTED_LINE = 400


@dataclass(slots=True)
class Allowance:
    """What may still be read in one run: bytes of text, and values of YAML or JSON."""

    bytes: int = ALL_BYTES
    values: int = ALL_VALUES
