"""The search for credentials takes little time for each megabyte, whatever pieces of credentials a text repeats."""

from __future__ import annotations

import pytest

from provisioner.manifest.secret_scan.credentials import find_credentials
from tests.cputime import at_most

SIZE = 1_000_000


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("piece", ["curl -u ", "curl --user a ", "curl -u a:b", "-u a:$b ", "curl " * 40 + "-u x:$y "])
def test_commands_with_passwords(piece: str) -> None:
    with at_most(0.9):
        assert not list(find_credentials((piece * (SIZE // len(piece) + 1))[:SIZE]))


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("run curl -u ann:hunter2x https://a", 4),
        ("curl -s | curl --user ann:hunter2x", 10),
        ("curl\ncurl -X GET -u 'ann:hunter2x'", 5),
        ("curl " + "x" * 190 + " -u ann:hunter2x", 0),
        ("curl " + "x" * 201 + "-u ann:hunter2x", None),
        ("curl\n -u ann:hunter2x", None),
        ("curl | sort -u ann:hunter2x", None),
        ("sort -u ann:hunter2x", None),
    ],
)
def test_a_password_belongs_to_the_command_before_it(text: str, offset: int | None) -> None:
    assert [each.offset for each in find_credentials(text)] == ([] if offset is None else [offset])
