"""Prints one field of the event, or an empty line if it is missing: `event.py pull_request.head.sha`."""

from __future__ import annotations

import sys
from typing import Any

from api import read_event
from visible import make_visible


def main() -> int:
    """Prints the field."""
    value: Any = read_event()
    for name in sys.argv[1].split("."):
        value = value.get(name) if isinstance(value, dict) else None
    text = "" if value is None else str(value)
    sys.stdout.write(make_visible(text.partition("\n")[0]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
