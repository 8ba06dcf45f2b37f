"""Compresses large states, and decompresses them with a limit.

A compressed state is a JSON object on one line: its format, the number of bytes of the state, and the state,
compressed with zlib, in base64. Versions of provision that cannot read it see a higher format, and report that a newer
version wrote the state.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable

from provisioner.core.errors import NewerState, TornState
from provisioner.core.files.limits import STATE_BYTES

#: The format of a compressed state. States in plain text have the format 1.
COMPRESSED_FORMAT = 2
BEGINNING = b'{"format":2,"compressed":'
#: The fewest bytes of a state that is compressed. Smaller ones stay readable for people and for older versions.
FEWEST = 16 * 1024
#: The level of zlib. Level 6 takes three times as long for a state of 100 MB, and makes 10 MB of it instead of 12 MB.
LEVEL = 1


def compress(pieces: Iterable[bytes]) -> bytes:
    """Returns the bytes of a state. `pieces` are these bytes in pieces. They are compressed if they have at least
    FEWEST bytes together; otherwise they are unchanged.
    """
    compressor, size = zlib.compressobj(LEVEL), 0
    plain, packed = [], []
    for piece in pieces:
        size += len(piece)
        if size < FEWEST:
            plain.append(piece)
        packed.append(compressor.compress(piece))
    if size < FEWEST:
        return b"".join(plain)
    packed.append(compressor.flush())
    body = base64.b64encode(b"".join(packed)).decode("ascii")
    wrapped = {"format": COMPRESSED_FORMAT, "compressed": "zlib", "bytes": size, "data": body}
    return json.dumps(wrapped, separators=(",", ":")).encode() + b"\n"


def is_compressed(data: bytes) -> bool:
    """Returns whether `compress` compressed `data`."""
    return data.startswith(BEGINNING)


def decompress(data: bytes, where: str) -> bytes:
    """Returns the bytes of the state that `data` contains. Bytes that are not compressed are returned unchanged.
    `where` is the name of the state in messages.

    At most STATE_BYTES are decompressed. Raises TornState if the state is larger or damaged, and NewerState if it is
    compressed in a way that this version does not know.
    """
    if not is_compressed(data):
        return data
    try:
        body = json.loads(data)
        if body["compressed"] != "zlib":
            raise _newer(where)
        size, packed = body["bytes"], base64.b64decode(body["data"], validate=True)
        if type(size) is not int or not 0 <= size <= STATE_BYTES:
            raise ValueError("a size that no state has")
        decompressor = zlib.decompressobj()
        found = decompressor.decompress(packed, size + 1)
        if len(found) != size or not decompressor.eof or decompressor.unused_data:
            raise ValueError("another size than the state says")
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error) as error:
        raise TornState(
            f"{where} is compressed and damaged, or larger than a state may be; it was left as it is",
            hint="look for a former one: provision state history",
        ) from error
    return found


def _newer(where: str) -> NewerState:
    return NewerState(
        f"{where} is compressed in a way that this version of provision does not read",
        hint="install the version that wrote it, or a later one",
    )
