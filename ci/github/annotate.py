"""Writes an error above the job's log: `annotate.py MESSAGE`."""

from __future__ import annotations

import sys

from api import fail


def main() -> int:
    """Writes the message, with hidden characters as escapes."""
    fail(sys.argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
