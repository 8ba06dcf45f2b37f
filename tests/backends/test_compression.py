"""Large states are compressed in remote backends and before they are encrypted, and decompressed with a limit."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import NewerState, TornState
from provisioner.core.files.limits import STATE_BYTES
from provisioner.state.backends.compression import FEWEST, compress, decompress, is_compressed
from provisioner.state.backends.local import LocalBackend
from provisioner.state.backends.remote import RemoteBackend
from provisioner.state.backends.serialization import Serializer
from provisioner.state.parsing import parse
from provisioner.state.records import Record, State, dump, dump_bytes
from provisioner.state.sealing import UNSEALED, Seal
from tests.backends.counting_store import CountingStore
from tests.backends.samples import STATE

SEAL = Seal("the first key of the team")
LARGE = replace(
    STATE,
    records={
        address: Record(address, "file", f"file-{number}", {"sha256": "0" * 64, "filename": f"{number}.md"})
        for number in range(300)
        if (address := Address("file", f"books/{number}.md"))
    },
)


def packed(**fields: Any) -> bytes:
    """A compressed state with some of its fields replaced."""
    return json.dumps({**json.loads(compress([dump_bytes(LARGE)])), **fields}, separators=(",", ":")).encode()


def read_back(state: State, seal: Seal) -> tuple[State | None, bytes]:
    store = CountingStore()
    RemoteBackend(store, "prod", seal=seal).write(state)
    data = store.blobs["prod/state.json"].data
    return RemoteBackend(store, "prod", seal=seal).read(), data.partition(b"\n")[2]


@pytest.mark.parametrize("seal", [UNSEALED, SEAL], ids=["plain", "sealed"])
def test_a_large_state_is_sent_compressed_and_comes_back_equal(seal: Seal) -> None:
    found, data = read_back(LARGE, seal)
    assert found == LARGE
    assert not found.edited
    assert len(data) < len(dump_bytes(LARGE)) / 3


@pytest.mark.parametrize("seal", [UNSEALED, SEAL], ids=["plain", "sealed"])
def test_an_older_version_reports_that_a_newer_one_wrote_it(seal: Seal) -> None:
    data = read_back(LARGE, seal)[1]
    text = seal.unseal(data.decode(), "prod state", "it")  # what an older version does before it parses
    with pytest.raises(NewerState, match="has format 2"):
        parse(text, "it")


def test_a_small_state_stays_readable() -> None:
    found, data = read_back(STATE, UNSEALED)
    assert found == STATE
    assert data.decode() == dump(STATE)
    assert compress([b"x", b"y" * (FEWEST - 2)]) == b"x" + b"y" * (FEWEST - 2)
    assert compress([]) == b""
    for pieces in ([b"x" * FEWEST], [b"x", b"y" * (FEWEST - 1)], [b"x"] * FEWEST):
        packed = compress(pieces)
        assert is_compressed(packed)
        assert decompress(packed, "the state") == b"".join(pieces)


def test_a_plain_state_of_an_older_version_is_read_and_then_compressed() -> None:
    store = CountingStore()
    store.put("prod/state.json", b'{"write": "x"}\n' + dump_bytes(LARGE), None)
    backend = RemoteBackend(store, "prod")
    assert backend.read() == LARGE
    later = LARGE.after(LARGE)
    backend.write(later)
    assert is_compressed(store.blobs["prod/state.json"].data.partition(b"\n")[2])
    assert RemoteBackend(store, "prod").read() == later
    assert RemoteBackend(store, "prod").read_former(later.serial) == later


def test_a_folder_keeps_the_text_that_git_can_compare(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "prod")
    backend.write(LARGE)
    assert backend.state_path.read_bytes() == dump_bytes(LARGE)


def test_unpaired_surrogates_survive_compression_and_encryption() -> None:
    first = next(iter(LARGE.records))
    odd = replace(LARGE.records[first], echo={"filename": "a\ud800b"})
    state = replace(LARGE, records={**LARGE.records, first: odd})
    for seal in (UNSEALED, SEAL):
        found, _ = read_back(state, seal)
        assert found == state
        assert not found.edited


@pytest.mark.parametrize(
    "data",
    [
        packed(bytes=3),
        packed(bytes=STATE_BYTES + 1),
        packed(bytes=-1),
        packed(bytes=True),
        packed(bytes="1"),
        packed(data="no base64!"),
        packed(data=base64.b64encode(b"no zlib").decode()),
        packed(data=base64.b64encode(zlib.compress(dump_bytes(LARGE))[:-8]).decode()),
        packed(data=base64.b64encode(zlib.compress(dump_bytes(LARGE)) + b"more").decode()),
        packed(data=None),
        packed()[:-20],
        packed()[:40],
    ],
)
def test_a_damaged_compressed_state_is_reported(data: bytes) -> None:
    assert is_compressed(data)
    with pytest.raises(TornState, match="compressed and damaged"):
        Serializer("prod", UNSEALED).parse(data, "the state")


def test_another_compression_was_written_by_a_newer_version() -> None:
    with pytest.raises(NewerState):
        Serializer("prod", UNSEALED).parse(packed(compressed="zstd"), "the state")


def test_a_bomb_is_decompressed_no_further_than_its_stated_size() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(50_000_000))).decode()
    data = packed(data=bomb, bytes=1000)
    tracemalloc.start()
    try:
        with pytest.raises(TornState):
            decompress(data, "the state")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
