"""Opens the null device in place of standard streams that are closed, as in `provision plan >&-`. This module imports
almost nothing, because every command imports it first.
"""

from __future__ import annotations

import os
import sys


def open_missing() -> None:
    """Opens the null device in place of each standard stream that was closed before this process started.

    Otherwise, the next opened file, such as the state, would get the descriptor of the closed stream (0, 1 or 2), and
    the program's output would be written into that file.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
