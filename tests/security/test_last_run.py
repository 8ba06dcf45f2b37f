"""A file of the last turn that provision did not write: a message, and never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.errors import UsageError
from provisioner.project.last_run import NAME, read_last_run

PLACE = Path(".provision", NAME)


@pytest.mark.parametrize(
    "events", [None, {}, ["x"], [None], [1], [[]], [{"at": "x"}], [{"at": []}], [{"at": None}], [{}, {"at": {}}]]
)
def test_events_of_wrong_types_are_refused(events: Any, tmp_path: Path) -> None:
    (tmp_path / PLACE).parent.mkdir()
    (tmp_path / PLACE).write_text(json.dumps({"format": 1, "events": events}))
    with pytest.raises(UsageError, match="another version of provision"):
        read_last_run(tmp_path)


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"format": NaN}', '{"format": 1, "format": 1}', "\udcff"])
def test_what_is_no_json_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / PLACE).parent.mkdir()
    (tmp_path / PLACE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match="cannot be read"):
        read_last_run(tmp_path)
