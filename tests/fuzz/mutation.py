"""Changes samples at random: bytes are cut, repeated and spliced, and values of a JSON text are replaced.

Everything comes from one seeded generator, so a run with the same seed gives the same inputs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

#: Pieces that parsers are known to stumble over.
TOKENS: tuple[bytes, ...] = (
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xc2\x85", b"\xc2\xa0", b"\x1b[2J", b"\r"),
    *(
        b"---\n",
        b"...\n",
        b"\t",
        b"- ",
        b": ",
        b"? ",
        b"| ",
        b"> ",
        b"&a ",
        b"*a",
        b"<<: ",
        b"!!binary ",
        b"!x ",
        b"%YAML",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"'",
        b"\\",
        b"#",
        b",",
        b"${X}",
        b"{{x}}",
        b"../",
        b"/dev/zero",
        b"*",
        b"**/",
        b"?",
    ),
    *(b"null", b"true", b"NaN", b"Infinity", b"-0", b"1e999", b"9" * 400, b"0x", b"1.0", b"2026-11-20", b"NO"),
    *(
        b'"id":""',
        b'"id":null',
        b"sk-proj-",
        b"file-",
        b"vs_",
        b"assistant.",
        b'file["',
        b"\n\n",
        b"  ",
        b"\xf0\x9f\x8d\x89",
    ),
)
#: Values of types that a field does not expect.
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**63, -(2**70), 0.5, 1e308, float("inf"), float("nan"), "", " ", "\0", "\n", "x"),
    *(
        "\ud800",
        "\u202e",
        "1",
        "null",
        "../..",
        "assistant.a",
        'file["a"]',
        [],
        {},
        [None],
        [[]],
        {"": {}},
        {"a": 1},
        "y" * 5_000,
    ),
)
#: The same by their type, for values that a reader accepts more often.
ALIKE: dict[type, tuple[Any, ...]] = {kind: tuple(v for v in ODD if type(v) is kind) for kind in map(type, ODD)}
#: How many of the changed JSON samples have their values replaced: the others are changed as bytes.
REPLACED = 0.7
#: How often one piece is repeated at most: attacks by size have tests of their own.
MOST_REPEATS = 600


class Mutator:
    """Makes inputs out of samples."""

    def __init__(self, seed: int, samples: Sequence[bytes]) -> None:
        self.random = Random(seed)
        self.samples = samples

    def next(self) -> bytes:
        """The next input: one of the samples, changed."""
        return self.change(self.random.choice(self.samples))

    def change(self, data: bytes) -> bytes:
        """A sample with one to four changes, or a JSON sample with one to four values replaced."""
        if data[:1] in (b"{", b"[") and self.random.random() < REPLACED:
            return self._replace_lines(data)
        for _ in range(self.random.randint(1, 4)):
            data = self._change(data)
        return data

    def _change(self, data: bytes) -> bytes:
        start = self.random.randint(0, len(data))
        end = min(len(data), start + self.random.choice((1, 2, 8, 40, 400)))
        match self.random.randrange(7):
            case 0:
                return data[:start] + data[end:]
            case 1:
                return data[:start]
            case 2:
                return data[:end] + data[start:end] * self.random.randint(1, 3) + data[end:]
            case 3:
                return data[:start] + data[start:end][:40] * self.random.randint(1, MOST_REPEATS) + data[end:]
            case 4:
                other = self.random.choice(self.samples)
                cut = self.random.randint(0, len(other))
                return data[:start] + other[cut : cut + 400] + data[end:]
            case 5:
                return data[:start] + self.random.choice(TOKENS) * self.random.choice((1, 1, 1, 40)) + data[start:]
            case _:
                return data[:start] + bytes([self.random.randrange(256)]) + data[start + 1 :]

    def _replace_lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n") if data.count(b"\n{") else [data]
        index = self.random.randrange(len(lines))
        try:
            body = json.loads(lines[index])
        except ValueError:
            return self._change(data)
        lines[index] = self.replace_values(body)
        return b"\n".join(lines)

    def replace_values(self, body: Any) -> bytes:
        """JSON of a sample's data with one to four values replaced: half of the time by values of the same type."""
        replace = self.vary_value if self.random.random() < 0.5 else self.replace_value
        for _ in range(self.random.choice((1, 1, 2, 4))):
            body = replace(body)
        return json.dumps(body, ensure_ascii=self.random.random() < 0.5).encode(errors="surrogatepass")

    def vary_value(self, value: Any) -> Any:
        """The value with one part of it replaced by another of the same type, or with an item more, less or moved."""
        if isinstance(value, dict) and value:
            key = self.random.choice(list(value))
            return {**value, key: self.vary_value(value[key])}
        if isinstance(value, list) and value:
            index = self.random.randrange(len(value))
            match self.random.randrange(8):
                case 0:
                    return [*value[:index], *value[index + 1 :]]
                case 1:
                    return [*value, value[index]]
                case 2:
                    return value[::-1]
            return [*value[:index], self.vary_value(value[index]), *value[index + 1 :]]
        if isinstance(value, str) and self.random.random() < 0.6:
            at = self.random.randint(0, len(value))
            piece = self.random.choice((*ALIKE[str], value[:at], self.random.choice(TOKENS).decode(errors="replace")))
            return value[:at] + piece + value[at + self.random.choice((0, 0, 1, 8)) :]
        return self.random.choice(ALIKE[type(value)])

    def replace_value(self, value: Any) -> Any:
        """The value with one part of it replaced, removed, renamed or nested in itself."""
        if isinstance(value, dict) and value and self.random.random() < 0.9:
            key = self.random.choice(list(value))
            inner = self.random.random()
            if inner < 0.7:
                return {**value, key: self.replace_value(value[key])}
            rest = {name: item for name, item in value.items() if name != key}
            return rest if inner < 0.85 else {**rest, f"{key}{self.random.choice(('', 'x', ' '))}": value[key], "x": 1}
        if isinstance(value, list) and value and self.random.random() < 0.8:
            index = self.random.randrange(len(value))
            return [*value[:index], self.replace_value(value[index]), *value[index + 1 :]]
        if self.random.random() < 0.05:
            return self._nested(value)
        return self.random.choice(ODD)

    def _nested(self, value: Any) -> Any:
        for _ in range(self.random.choice((3, 60, 300))):
            value = [value] if self.random.random() < 0.5 else {"a": value}
        return value
