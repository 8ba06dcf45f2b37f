"""Words and constructions that code, documents and messages do not use, because many readers do not know them.

A reader whose second language is English should understand each sentence at first reading. The tests of this project
are not searched: they quote texts of users.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
SEARCHED = ("provisioner", "docs", "ci", "README.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", "action.yml")
SUFFIXES = (".py", ".md", ".yml", ".yaml", ".sh", ".toml", "")

#: What is not written, as a regular expression, and what is written instead.
AVOIDED: Mapping[str, str] = {
    r"but for": "except",
    r"for ever": "without end, or: always",
    r"whoever": "everyone who, or: the person who",
    r"(?:a|one|the|two|four|three) blanks?(?! lines?\b)|(?-i:[Bb]lanks)": "space, or: whitespace",
    r"(?:small|capital) letters?": "lowercase, uppercase",
    r"(?:first|fewer|\d+|four|many|invisible|half|halves of|than) letters?(?!, digits)": "character",
    r"letters? (?:of no width|that nobody sees|as they are|from)": "character",
    r"to the letter": "exactly",
    r"(?-i:[Ff]loors?)": "layer, or: minimum",
    r"rooms?": "space, or: limit",
    r"houses?|attic|cellar": "package, layer",
    r"riddles?": "the field's own word",
    r"(?:is|are|was|were) told(?! apart)": "is reported, gets",
    r"(?:is|are) told of|tells? of": "reports",
    r"seen, not heard": "is hidden from screen readers",
    r"(?-i:The same of)": "a whole sentence",
    r"be (?:it|they) \w+ or|were (?:it|they|one) ": "if, even if",
    r"heretofore|hitherto|thereof|whereof|wherein|whence|thence|hither|thither": "a usual word",
    r"lest|betwixt|ere|nought|naught|anon": "a usual word",
    r"no \w+ but": "only",
    r"cannot but": "must",
    r"what (?:comes|came) of": "the result of",
    r"smells? of": "is probably",
    r"forerunners?": "predecessor",
    r"no more by now": "no longer",
    r"tells? for sure": "is certain",
    r"(?:go|goes|went|going) on (?:from|on)": "continue",
    r"(?:plan|none|nothing) is (?:not )?believed": "is accepted, is trusted",
    r"(?:their|its) like": "such as",
    r"whatever lets": "a whole sentence",
    r"says? otherwise": "differs",
    r"stands? (?:in it )?twice": "occurs twice",
    r"lies? at rest": "is stored",
    r"that is meant": "you want that",
    r"mend(?:s|ed|ing)?": "correct, repair",
    r"for longer than .* lives": "the life of",
    r"became of": "the result of",
}

#: Places where such a word is right: the file's name, a part of the line, and the reason.
EXCEPTIONS = (("docs/manifests.md", "room", "the example's variable and file"),)

#: Names of modules, functions and classes that a search for the subject would not find.
UNCLEAR_NAMES = re.compile(
    r"(?:def|class) _?(?:custody|covering|respelling|[Tt]urns|[Nn]otation|[Ss]lot|\w*wording|[Ss]helf"
    r"|(?:is_)?told|(?:is_)?meant|tell(?:_\w+)?|said(?:_\w+)?)\b"
)


_ANY = re.compile(rf"(?<![\w.-])(?:{'|'.join(f'(?:{each})' for each in AVOIDED)})(?![\w-])", re.IGNORECASE)


def avoided_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yields the line, the words and what is written instead, for each avoided word in a text."""
    for number, line in enumerate(text.splitlines(), 1):
        if not _ANY.search(line):
            continue
        for pattern, instead in AVOIDED.items():
            for found in re.finditer(rf"(?<![\w.-])(?:{pattern})(?![\w-])", line, re.IGNORECASE):
                yield number, found[0], instead


def searched_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", *SEARCHED], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [name for name in listed if Path(name).suffix in SUFFIXES and (CHECKOUT / name).is_file()]


def test_the_words_are_avoided() -> None:
    found = []
    for name in searched_files():
        lines = (CHECKOUT / name).read_text(encoding="utf-8").splitlines()
        for number, words, instead in avoided_in("\n".join(lines)):
            line = lines[number - 1]
            if not any(name == file and part in line for file, part, _ in EXCEPTIONS):
                found.append(f"{name}:{number}: `{words}`; write {instead}: {line.strip()[:100]}")
    assert found == []


def test_names_are_clear() -> None:
    found = [
        f"{name}: {match[0]}"
        for name in searched_files()
        if name.endswith(".py")
        for match in UNCLEAR_NAMES.finditer((CHECKOUT / name).read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_exception_is_needed() -> None:
    texts = {file: (CHECKOUT / file).read_text(encoding="utf-8").splitlines() for file, _, _ in EXCEPTIONS}
    for file, part, reason in EXCEPTIONS:
        assert reason
        assert any(part in line and list(avoided_in(line)) for line in texts[file]), (file, part)


@pytest.mark.parametrize(
    "text",
    [
        "All files but for links.",
        "It waits for ever.",
        "Whoever writes, or whoever reads.",
        "Two blanks of indent.",
        "Letters that nobody sees.",
        "It takes fewer letters than that.",
        "The errors are told at once.",
        "This leaves no room.",
        "The same of names.",
        "It stops lest it breaks.",
        "The outcome is what came of the tasks.",
        "A newer plan is not believed.",
        "Two runs went on from one state.",
        "Tools such as `aws` and their like.",
    ],
)
def test_avoided_words_are_found(text: str) -> None:
    assert list(avoided_in(text)), text


@pytest.mark.parametrize(
    "text",
    ["An empty line.", "A blank line.", "Letters of any script, digits and `_`.", "It can be told apart.", "Nothing."],
)
def test_usual_words_are_not(text: str) -> None:
    assert list(avoided_in(text)) == []
