"""An emulator of its own for one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openai import OpenAI

from provisioner.emulator.options import Options
from provisioner.emulator.process import start
from tests.emulator.wire import KEY, Wire


@contextmanager
def emulator(**options: Any) -> Iterator[tuple[OpenAI, Wire]]:
    """A client of an emulator with these options, and its wire."""
    with (
        start(Options(**options)) as process,
        OpenAI(base_url=process.base_url, api_key=KEY, max_retries=0, timeout=120) as client,
    ):
        yield client, Wire(process.base_url)
