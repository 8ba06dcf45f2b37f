"""Counts the steps of the interpreter, so that a test can say how work grows with size, without a clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def count_steps(function: Callable[[], Any]) -> int:
    """Returns how many instructions the interpreter carries out in this thread while `function` runs. The number is the
    same in each run. The inside of functions written in C is not counted.
    """
    steps = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal steps
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        steps += event == "opcode"
        return trace

    former = sys.gettrace()
    # Python 3.12 traces instructions only if a frame has asked for them before `settrace` is called.
    sys._getframe().f_trace_opcodes = True
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(former)
    return steps


def assert_linear(prepare: Callable[[int], Callable[[], Any]], smallest: int = 12, most: float = 2.3) -> None:
    """Doubles the size three times, beginning with `smallest`, and asserts that the last doubling takes at most `most`
    times the steps of the size before. `prepare(size)` returns the function whose steps are counted. Twice the steps
    are linear, four times are quadratic; sorting adds a little.
    """
    prepare(smallest)()  # what is imported or cached once is not counted
    counts = [count_steps(prepare(smallest * 2**doubled)) for doubled in range(4)]
    assert counts[0] > 0
    assert counts[3] - counts[2] <= most * (counts[2] - counts[1]), counts
