"""One block of a summary stays within its size, whatever is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FENCE = Path(__file__).parents[2] / "ci/github/fence.py"


@pytest.mark.thorough
def test_a_long_run_of_backticks_makes_no_long_fence() -> None:
    given = b"+a\n" + b"`" * 250_000 + b"\n"
    done = subprocess.run([sys.executable, FENCE, "Title", "diff"], input=given, capture_output=True, check=True)
    assert len(done.stdout) < 256 * 1024
    assert b"bytes are not shown here" in done.stdout
