"""How long a server asks to wait, in whatever form it says so."""

from __future__ import annotations

import pytest

from provisioner.openai_api.http.delay import asked_delay


@pytest.mark.parametrize(
    "date",
    [
        "Wed, 21 Oct 99999999999999999999 07:28:00 GMT",
        "Wed, 21 Oct 2026 07:28:00 +9999999999",
        "Wed, 21 Oct 0001 07:28:00 +2359",
        "Wed, 21 Oct 9999 23:59:59 -2359",
        "Wed, 99999999999999999999 Oct 2026 07:28:00 GMT",
        "Wed, 21 Oct 2026 07:99999999999999999999:00 GMT",
        "",
        ",",
        "soon",
    ],
)
def test_a_date_that_no_clock_has_is_no_crash(date: str) -> None:
    for headers in ({"retry-after": date}, {"retry-after": date, "retry-after-ms": "x"}):
        asked = asked_delay(headers)
        assert asked is None or asked >= 0
