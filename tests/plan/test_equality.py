"""What is the same to JSON."""

from __future__ import annotations

import pytest

from provisioner.core.equality import same


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("a", "a", True),
        (None, None, True),
        ({"const": 1}, {"const": True}, False),
        ({"enum": [0, {"x": 1}]}, {"enum": [0, {"x": 1.0}]}, True),
        ({"enum": [0, {"x": 1}]}, {"enum": [False, {"x": 1}]}, False),
        ([1], [1, 2], False),
    ],
)
def test_true_is_no_number(left: object, right: object, expected: bool) -> None:
    assert same(left, right) is expected
    assert same(right, left) is expected
