"""The summary of a function's docstring becomes the description of its tool."""

from __future__ import annotations

import pytest

from provisioner.manifest.json_schemas.docstrings import read_docstring


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("Arguments are checked before the call.", "Arguments are checked before the call."),
        ("Params of a model,\nas a table.", "Params of a model, as a table."),
        ("Args:\n    city: The name of a city.", ""),
        ("Parameters\n----------\ncity : str\n    The name of a city.", ""),
        ("Look up the weather.\n\nArgs:\n    city: The name of a city.", "Look up the weather."),
    ],
)
def test_only_a_heading_of_parameters_is_no_summary(text: str, summary: str) -> None:
    assert read_docstring(text).summary == summary
