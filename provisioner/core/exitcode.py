"""What the command line returns to the shell. Scripts and CI depend on these numbers, so they never change."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command.

    | code | name        | meaning                                                   |
    |------|-------------|-----------------------------------------------------------|
    | 0    | DONE        | done, or nothing to do                                    |
    | 1    | ERROR       | an error; what was done before it is recorded             |
    | 2    | CHANGES     | `plan --detailed-exitcode`: the plan has changes          |
    | 3    | BLOCKED     | a guard stands in the way and says how to go on           |
    | 130  | INTERRUPTED | interrupted, as shells say it: 128 and SIGINT's number    |
    """

    DONE = 0
    ERROR = 1
    CHANGES = 2
    BLOCKED = 3
    INTERRUPTED = 130
