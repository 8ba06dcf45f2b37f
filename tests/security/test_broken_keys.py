"""A key of which a part is left, or between whose characters something stands: what is left of it is not shown."""

from __future__ import annotations

import base64
import re

import pytest

from provisioner.core.text.canonical import OVERLAP, PIECE
from provisioner.core.text.encodings import Finder, find_spans

KEY = "sk-proj-AbCdEf0123456789ghIJklMNopQRstUVwxYZ_-secretKEYvalue42"
DATA = KEY.encode()
WIDE = KEY.encode("utf-16-le")
FINDER = Finder(KEY)


def broken(mark: str, *places: int) -> str:
    """The key with a mark at each place."""
    ends = [*places, len(KEY)]
    return mark.join(KEY[start:end] for start, end in zip([0, *places], ends, strict=True))


WHOLE = {
    "Markdown": re.sub(r"([-_])", r"\\\1", KEY),
    "Markdown, each": re.sub(r"([-_])", r"\\\\\1", KEY),
    "braces": "".join(f"\\u{{{byte:x}}}" for byte in DATA),
    "braces with zeros": "".join(f"\\u{{{byte:04X}}}" for byte in DATA),
    "entities without an end": "".join(f"&#{byte}" for byte in DATA),
    "entities with zeros": "".join(f"&#x000{byte:x}" for byte in DATA),
    "entities of entities": "".join(f"&amp;#{byte};" for byte in DATA),
    "UTF-16 with zeros": "".join(f"{each}\0" for each in KEY),
    "a word joiner in each place": "\u2060".join(KEY),
    "a shown zero-width space in each place": "\\u200b".join(KEY),
    "an encoded soft hyphen in each place": "%C2%AD".join(KEY),
    "a percent sign and u": "".join(f"%u{byte:04x}" for byte in DATA),
    "a line break": broken("\n", 30),
    "a line break and an indent": broken("\n      ", 12, 24, 36, 48),
    "a shown line break": broken("\\n", 30),
    "a shown shown line break": broken("\\\\n", 30),
    "a soft hyphen": broken("\u00ad", 30),
    "an entity of a soft hyphen": broken("&shy;", 30),
    "a decimal entity of a zero-width space": broken("&#8203;", 30),
    "an entity of a zero-width space": broken("&#x200B;", 30),
    "two texts": broken('" + "', 30),
    "two texts on two lines": broken('"\n  "', 30),
    "two texts in JSON": broken('\\" + \\"', 30),
    "a folded text": broken("\\\n  ", 20),
    "a colour": broken("\x1b[31m", 20),
    "a colour that is shown": broken("\\u001b[31m", 20),
    "a colour in octal digits": broken("\\033[1;31m", 20),
    "a possible break": broken("<wbr>", 20, 40),
    "spaces": " ".join(KEY),
    "base64 of UTF-16": base64.b64encode(WIDE).decode(),
    "base64 of UTF-16, the other order": base64.b64encode(KEY.encode("utf-16-be")).decode(),
    "base64 of UTF-16 behind a name": base64.b64encode("me:".encode("utf-16-le") + WIDE).decode(),
    "base64 behind two bytes": base64.b64encode(b"ab" + DATA).decode(),
    "hexadecimal digits of UTF-16": WIDE.hex(),
    "hexadecimal digits of UTF-16 with spaces": KEY.encode("utf-16-be").hex(" "),
    "escaped base64": "".join(f"\\u{ord(each):04x}" for each in base64.b64encode(DATA).decode()),
    "base64 in percent signs": "".join(f"%{ord(each):02x}" for each in base64.b64encode(DATA).decode()),
}


@pytest.mark.parametrize("form", WHOLE)
def test_a_key_is_found_whatever_stands_between(form: str) -> None:
    shown = FINDER.replace(f"a [ {WHOLE[form]} ] b", "***")
    left = re.sub(r"[^A-Za-z0-9]", "", shown)
    assert shown.count("***") == 1
    assert re.fullmatch("a(0{0,2}|AHM.{0,4}|AG.{0,3}|u0049u003d|.{0,4})b", left), shown


@pytest.mark.parametrize("kept", [20, 21, 22, 24, 27, 30, 31, 32, 40, 61])
def test_the_beginning_of_a_key_is_found(kept: int) -> None:
    assert FINDER.replace(f"Incorrect key: {KEY[:kept]}...", "***") == "Incorrect key: ***..."
    assert FINDER.replace(f"Incorrect key: {KEY[:kept].upper()}", "***") == "Incorrect key: ***"


@pytest.mark.parametrize("kept", [20, 24, 30, 40, 61])
def test_the_end_of_a_key_is_found(kept: int) -> None:
    assert FINDER.replace(f"42: …{KEY[-kept:]}.", "***") == "42: …***."


@pytest.mark.parametrize("kept", [24, 32, 40])
def test_a_part_from_the_middle_is_found_also_encoded(kept: int) -> None:
    data = KEY[9 : 9 + kept].encode()
    for form in (data.decode(), data.hex(), base64.b64encode(b"x" + data).decode(), ", ".join(map(str, data))):
        assert len(FINDER.replace(f"[{form}]", "***")) <= len("[***]") + 4, form


def test_both_halves_of_a_key_are_found_where_words_stand_between() -> None:
    assert FINDER.replace(f"{KEY[:30]} and then {KEY[30:]}", "***") == "*** and then ***"


def test_a_part_that_is_too_short_stays() -> None:
    for text in (KEY[:15], KEY[-12:], "sk-proj-", "secret key value"):
        assert FINDER.replace(text, "***") == text


def test_words_of_a_long_value_stay_where_they_are_not_its_beginning() -> None:
    finder = Finder("x9-production-environment-of-the-database-7")
    text = "It is the production environment of the"
    assert finder.replace(text, "***") == text


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("place", [0, 100, PIECE - 30, PIECE, PIECE + OVERLAP - 30, PIECE + OVERLAP, 2 * PIECE - 1])
def test_a_long_text_is_searched_at_every_place(place: int) -> None:
    for form in (KEY, base64.b64encode(DATA).decode(), DATA.hex(":"), "".join(f"%{byte:02X}" for byte in DATA)):
        text = "." * place + f"[{form}]" + "." * PIECE
        shown = FINDER.replace(text, "***")
        assert shown == "." * place + "[***]" + "." * PIECE


def test_of_a_text_full_of_keys_nothing_is_left() -> None:
    for text in ((KEY + " ") * 20_000, (KEY[:20] + " ") * 20_000, f"{KEY} and so on; " * 20_000):
        shown = FINDER.replace(text, "***")
        assert "AbCdEf" not in shown
        assert "secretKEY" not in shown


def test_pieces_that_are_no_longer_looked_at_closely_are_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.core.text.encodings.MOST_LOOKED", 1)
    text = "." * PIECE + KEY + "." * 2 * PIECE + KEY + "." * PIECE
    shown = FINDER.replace(KEY + text, "***")
    assert "AbCdEf" not in shown
    assert find_spans(text, [Finder("my-local-key-1")]) == []
