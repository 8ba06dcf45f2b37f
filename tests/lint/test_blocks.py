"""What is a heading or a paragraph in a text, and what is code or a remark."""

from __future__ import annotations

import pytest

from provisioner.review.lint.text import Text

LONG = "Answer in plain words, please."
CASES = {
    "a heading and a paragraph": (f"# A\n\n{LONG}\n", ["# A", LONG]),
    "a paragraph of two lines": (f"{LONG}\n  {LONG}\n", [f"{LONG} {LONG}"]),
    "a fence": (f"```\n# A\n```\n# B\n\n{LONG}", ["# B", LONG]),
    "a longer fence holds a shorter one": ("````md\n```\n# A\n```\n# B\n````\n# C\n", ["# C"]),
    "a longer fence ends a shorter one": ("```\n# A\n`````\n# B\n", ["# B"]),
    "another letter ends no fence": ("~~~\n```\n# A\n~~~\n# B\n", ["# B"]),
    "a fence with a word ends none": ("```\n```python\n# A\n```\n# B\n", ["# B"]),
    "code in a line is no fence": (f"```look_up``` and more\n# A\n\n{LONG}", ["# A", LONG]),
    "a fence that is never closed": ("# A\n```\n# B\n", ["# A"]),
    "a fence in a list": ("- a\n\n    ```\n    # A\n    ```\n\n# B\n", ["# B"]),
    "indented code": (f"# A\n\n    # B\n    {LONG}\n\n# C\n", ["# A", "# C"]),
    "a tab": ("# A\n\n\t# B\n \t# C\n", ["# A"]),
    "three blanks are no code": ("   # A\n", ["# A"]),
    "a deep line goes on with a paragraph": (f"{LONG}\n     {LONG}\n", [f"{LONG} {LONG}"]),
    "a deep paragraph in a list": (f"1. a\n\n    {LONG}\n", [LONG]),
    "after a list": (f"- a\n\nShort.\n\n    {LONG}\n", []),
    "a remark in a line": (f"<!-- # A -->\n# B <!-- x -->\n\n<!-- x --> {LONG}", ["# B", LONG]),
    "a remark of many lines": (f"# A\n<!--\n# B\n\n{LONG}\n-->\n# C\n<!-- x\n# D --> \n# E", ["# A", "# C", "# E"]),
    "a remark in a paragraph": (f"{LONG}\n<!--\nx\n\n-->\n{LONG}\n", [f"{LONG} {LONG}"]),
    "a remark that is never closed": ("--> <!-- x\n# A\n", ["# A"]),
    "a mark behind words is none": ("Write `<!--` first.\n# A\nand --> then\n", ["# A"]),
    "a remark in a fence is none": ("```\n<!--\n```\n# A\n-->\n", ["# A"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_blocks(name: str) -> None:
    text, expected = CASES[name]
    found = [f"{'#' * block.level} {block.words}".strip() for block in Text(text).blocks]
    assert found == expected


def test_a_block_begins_where_its_first_letter_stands() -> None:
    text = f"<!--\nx\n-->\n  # A\n\n  {LONG}\n"
    assert [text[block.offset :][:3] for block in Text(text).blocks] == ["# A", "Ans"]
