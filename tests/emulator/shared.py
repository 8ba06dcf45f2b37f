"""Where the specification and the transcripts of the real API lie: beside the checkout, not in it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def shared_files(pattern: str) -> list[Path]:
    """The files of this pattern, sorted. Skips the test, saying so, where there are none."""
    found = sorted(SHARED.glob(pattern))
    if not found:
        pytest.skip(f"there is no ../shared/{pattern} beside the checkout to compare with")
    return found
