"""Defines the limits on the size of manifests. If a manifest exceeds such a limit, an error with its place is reported.
Other limits in this module restrict the number of messages, and the number of names and files that are compared or
searched. docs/manifests.md lists the limits.

The limits are far above what people write. They prevent a hostile project from taking more than a few seconds or a
gigabyte of memory.
"""

from __future__ import annotations

from msgspec import Struct

#: The largest manifest, settings file, prompt or schema, in bytes.
FILE_BYTES = 10 * 1024 * 1024
#: The largest size of all files together that are read as text, in bytes.
ALL_BYTES = 32 * 1024 * 1024
#: The largest number of keys, scalars, lists and mappings in one YAML or JSON file.
VALUES = 250_000
#: The largest number of keys, scalars, lists and mappings in all files together.
ALL_VALUES = 500_000
#: The largest number of values in one file, if each alias counts as all values of its anchor.
ALIASED_VALUES = 500_000
#: The largest number of entries that `<<` copies in one file.
MERGED_ENTRIES = 500_000
#: The largest number of entries in one file that are copied. They are copied to check the second and later values of
#: repeated keys.
REPEATED_ENTRIES = 100_000
#: The largest number of unread files that are searched for the content of a manifest, and the largest size of such a
#: file in bytes.
UNREAD_FILES = 1_000
UNREAD_BYTES = 256 * 1024
#: The largest number of characters in one assistant's instructions: a limit of the API.
INSTRUCTIONS = 256_000
#: The largest number of characters in the instructions of all assistants together.
ALL_INSTRUCTIONS = 64_000_000
#: The largest number of values, and the largest number of levels of nesting, in one JSON Schema.
SCHEMA_VALUES = 20_000
SCHEMA_DEPTH = 30
#: The largest number of errors, and of warnings, that are reported for one JSON Schema.
SCHEMA_FLAWS = 200
#: The largest number of environments of a project.
ENVIRONMENTS = 100
#: The largest number of includes in one run.
INCLUDES = 1_000
#: The largest number of entries of one `for_each`, and of the characters of a key and of a name with its key.
FOR_EACH_ENTRIES = 5_000
KEY = 64
INSTANCE_NAME = 128
#: The largest number of characters in the name of a variable.
VARIABLE_NAME = 64
#: The values and the characters of text that expressions and `for_each` may make in one run.
EXPANDED_VALUES = 500_000
EXPANDED_CHARACTERS = 32 * 1024 * 1024
#: The largest number of problems that one run shows.
SHOWN_PROBLEMS = 500
#: The largest number of problems of one resource, or of the settings, that are examined (VALUE_PROBLEMS), and the
#: number of problems after which the next error ends the run (ALL_PROBLEMS).
VALUE_PROBLEMS = 200
ALL_PROBLEMS = 2_000
#: The largest number of findings that `provision lint` shows.
FINDINGS = 1_000
#: The largest number of characters in one message.
MESSAGE = 1_000
#: The largest number of characters of a name for which a similar name is suggested, and the largest number of known
#: names with which it is compared.
SUGGESTED_NAME = 100
SUGGESTED_FROM = 200
#: The largest number of characters of an invalid line that are searched for a hint.
HINTED_LINE = 400


class Allowance(Struct):
    """The amount that may still be read in one run: the number of bytes of text, and the number of values of YAML or
    JSON.
    """

    bytes: int = ALL_BYTES
    values: int = ALL_VALUES


#: The largest value of the setting `keep_releases`.
MOST_RELEASES = 10_000
