"""Messages are assembled from parts, and the assembled text has no doubled punctuation, no gap and no empty part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from provisioner.manifest.expressions.variables import GivenValues
from provisioner.manifest.secret_scan.credentials import SHAPES, Credential
from tests.manifest.conftest import ProjectAt
from tests.manifest.test_variables import messages

TESTS = Path(__file__).parent.parent

#: What no message contains, outside of quotations.
FAULTS: Mapping[str, re.Pattern[str]] = {
    "doubled punctuation": re.compile(r"[,;:]\s?[,;.](?![.\w/])|(?<![./…])\.\.(?![./])|…\.(?!\w)"),
    "a space before punctuation": re.compile(r"(?<=[\w`)]) [,;](?= |$)"),
    "two spaces": re.compile(r"(?<=[\w,;.)`]) {2,}(?=[a-z`])"),
    "brackets around nothing": re.compile(r"(?<!\w)\(\s*\)"),
    "a quotation of nothing": re.compile(r"(?<![`\w])``(?=[ ,;:)]|$)"),
    "a word twice": re.compile(r"\b(the|a|an|is|of|to|in|and|or|it|be|has|with|by) \1\b"),
    "None instead of a value": re.compile(r"(?<![\w, ]) ?\bNone\b(?= |$)"),
}
#: A quotation: what users wrote, or code.
QUOTED = re.compile(r"``.+?``|`[^`\n]+`|\"[^\"\n]*\"")
#: A line of a message: it begins with a place, or it is a line of a report.
PLACED = re.compile(r"^(?:[^\s:][^:]*:\d+(?::\d+)?: )?(?P<message>.*)$")
#: A line of a plan that names an address, its action and what it is; two spaces separate the first two.
CHANGE = re.compile(r"^\s*[-+~±×←→•] ")


def faults_of(text: str) -> list[str]:
    """The faults of a message, each with its name and the text around it."""
    plain = QUOTED.sub("`…`", text)
    return [
        f"{name}: …{plain[max(0, found.start() - 30) : found.end() + 30]}…"
        for name, fault in FAULTS.items()
        for found in fault.finditer(plain)
    ]


def expected_lines() -> Iterator[tuple[Path, int, str]]:
    """The lines of all expected outputs that are read by people, each with its file and number."""
    for path in sorted(TESTS.rglob("expected*")):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.suffix in (".txt", ".md") and file.is_file():
                for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                    yield file, number, line


def test_no_expected_output_has_faulty_punctuation() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{number}: {fault}"
        for path, number, line in expected_lines()
        if not CHANGE.match(line) and "|" not in line
        for fault in faults_of(PLACED.fullmatch(line)["message"])  # type: ignore[index]
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("it holds an API key, `sk-p…`,, and", "doubled punctuation"),
        ("this holds an API key, `sk-p…`,; take it out", "doubled punctuation"),
        ("write it again..", "doubled punctuation"),
        ("the file , which", "a space before punctuation"),
        ("the  file", "two spaces"),
        ("`` cannot be a name", "a quotation of nothing"),
        ("it is is wrong", "a word twice"),
    ],
)
def test_a_faulty_message_is_found(text: str, fault: str) -> None:
    assert any(each.startswith(fault) for each in faults_of(text))


@pytest.mark.parametrize("text", ["in `../a`, ./b and …/c", "a, b; c: d.", "see a.b, then ../b", "wait … and, …"])
def test_a_right_message_is_left_alone(text: str) -> None:
    assert not faults_of(text)


KEYS = {
    "an API key": "sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2",
    "a GitHub token": "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "a password in a URL": "postgres://app:Xk29fpQ7wz@db.example.org/x",
}
PLACES = {
    "a variable": ("variables:\n  x: {default: 'KEY'}\n", {}),
    "a value of an entry": ("variables: {x: {default: {a: 'KEY'}}}\n", {}),
    "the process": (
        "assistants:\n  a: {model: gpt-4.1, instructions: x, metadata: {r: '${env.REGION}'}}\n",
        {"REGION": 1},
    ),
    "metadata": ("assistants:\n  a: {model: gpt-4.1, instructions: x, metadata: {r: 'KEY'}}\n", {}),
    "instructions": ("assistants:\n  a: {model: gpt-4.1, instructions: 'Use KEY now.'}\n", {}),
    "a variable of a fragment": (
        "instructions:\n  f: {text: 'Use {{k}}.', variables: {k: 'KEY'}}\n"
        "assistants:\n  a: {model: gpt-4.1, instructions: [f]}\n",
        {},
    ),
    "an expression": (
        "assistants:\n  a:\n    for_each: {u: 'KEY'}\n    model: gpt-4.1\n    instructions: x\n"
        "    metadata: {r: 'is ${each.value}'}\n",
        {},
    ),
    "a header": (
        "assistants:\n  a:\n    model: gpt-4.1\n    instructions: x\n    tools:\n"
        "      - {type: mcp, server_label: s, server_url: 'https://e.org', headers: {X-Trace: 'KEY', X-Key: abcdef}}\n",
        {},
    ),
    "a key": ("assistants:\n  a: {model: gpt-4.1, instructions: x, metadata: {'KEY': x}}\n", {}),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KEYS)
def test_a_credential_is_named_in_whole_sentences(project: ProjectAt, kind: str, place: str) -> None:
    text, process = PLACES[place]
    folder = project(
        {"provision.yaml": "project: p\nallowed_env: [REGION]\n", "a.yaml": text.replace("KEY", KEYS[kind])}
    )
    found = messages(folder, GivenValues(process=dict.fromkeys(process, KEYS[kind])))
    assert any(kind in each or "credential" in each for each in found), found
    assert not [fault for each in found for fault in faults_of(each)], found


def test_every_kind_of_credential_reads_well_at_any_place() -> None:
    for shape in SHAPES:
        said = Credential(0, shape.kind, "abcd" if shape.is_public else "").describe()
        for sentence in (f"it holds {said}, and", f"{said} must not be here", f"this holds {said}; take it out"):
            assert not faults_of(sentence), sentence
