"""Measures the least work of a plan: the work of any program that compares the same project with the same account.

Each step is done in the fastest way that Python's libraries have, and nothing is compared or checked. The sum is a
lower bound of the CPU time, as the module `bounds` has one of the wall time.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec
import yaml

from benchmarks.scale.bounds import FILE_PAGE, PAGE
from benchmarks.scale.processes import measure

#: The libraries that a plan needs at least: for the command line, for manifests, for JSON, and for HTTP.
LIBRARIES = "import click, yaml, msgspec, httpx2"
#: The number of threads that read the lists before the measurement.
THREADS = 16


def measure_least_work(root: Path, base_url: str) -> dict[str, float]:
    """Returns the CPU time in seconds of each step. `root` is the folder of a project that was applied, and `base_url`
    is the address of its account. The step of a full plan that a quick plan does not have comes last.
    """
    state = (root / "state" / "default.json").read_bytes()
    stores = _pages(f"{base_url}/vector_stores", PAGE)
    lists = [*_pages(f"{base_url}/files", FILE_PAGE), *stores]
    ids = [store["id"] for page in stores for store in msgspec.json.decode(page)["data"]]
    with ThreadPoolExecutor(THREADS) as pool:
        members = [*chain(*pool.map(lambda id: _pages(f"{base_url}/vector_stores/{id}/files", PAGE), ids))]
    return {
        "starting Python, and loading the libraries": measure([sys.executable, "-c", LIBRARIES], root, {}).cpu,
        "parsing the manifests": _seconds(lambda: _parse_manifests(root)),
        "listing the folders, and reading the size and times of each file": _seconds(lambda: _read_sizes(root)),
        "hashing the state, and decoding it without the fields of its records": _seconds(lambda: _decode_state(state)),
        "decoding the lists of the account": _seconds(lambda: _decode(lists)),
        "decoding the lists of the files in each vector store": _seconds(lambda: _decode(members)),
    }


def _seconds(work: Callable[[], object]) -> float:
    """Returns the CPU time of `work` in seconds."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _parse_manifests(root: Path) -> None:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in (root / "manifests").glob("*.yaml"):
        yaml.compose(path.read_bytes(), loader)


def _read_sizes(root: Path) -> None:
    for folder, _, files in os.walk(root / "manifests"):
        handle = os.open(folder, os.O_RDONLY)
        for name in files:
            os.stat(name, dir_fd=handle, follow_symlinks=False)
        os.close(handle)


def _decode_state(text: bytes) -> None:
    hashlib.sha256(text).hexdigest()
    msgspec.json.decode(text, type=_State)


class _State(msgspec.Struct):
    records: dict[str, msgspec.Raw]


def _decode(bodies: list[bytes]) -> list[Any]:
    return [msgspec.json.decode(body) for body in bodies]  # all at once in memory, as a plan needs them


def _pages(url: str, size: int) -> list[bytes]:
    """Returns the answers with the pages of a list. `size` is the number of objects on a page."""
    found: list[bytes] = []
    after = ""
    while True:
        request = Request(f"{url}?limit={size}{after}", headers={"Authorization": "Bearer sk-measured"})
        with urlopen(request) as answer:
            found.append(answer.read())
        page = msgspec.json.decode(found[-1])
        if not page["has_more"]:
            return found
        after = f"&after={page['last_id']}"
