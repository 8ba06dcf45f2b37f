"""Defines the exit codes of the command line. Scripts and CI depend on these numbers, so the numbers never change."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command.

    | code | name        | meaning                                                   |
    |------|-------------|-----------------------------------------------------------|
    | 0    | DONE        | done, or nothing to do                                    |
    | 1    | ERROR       | an error; changes made before the error are recorded      |
    | 2    | CHANGES     | `plan --detailed-exitcode`: the plan has changes          |
    | 3    | BLOCKED     | a guard blocks the run, and says how to continue          |
    | 4    | UNMET       | a test's expectation is not met (`test`, `apply --test`)  |
    | 130  | INTERRUPTED | interrupted; as in shells, 128 plus the number of SIGINT  |
    """

    DONE = 0
    ERROR = 1
    CHANGES = 2
    BLOCKED = 3
    UNMET = 4
    INTERRUPTED = 130
