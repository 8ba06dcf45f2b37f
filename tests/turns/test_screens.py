"""What a person sees of a turn: pieces of text, paragraphs of Markdown, lines about tools, transcripts, JSON lines."""

from __future__ import annotations

import io
import json
import re

import pytest

from provisioner.core.text import redaction
from provisioner.core.text.pieces import Pieces
from provisioner.openai_api.turns.events import (
    Citation,
    Code,
    CodeOutput,
    Ended,
    Failed,
    FunctionAnswered,
    FunctionCalled,
    Hit,
    McpCalled,
    Searched,
    TextDelta,
    TextDone,
    TurnEvent,
    Usage,
    WebSearched,
)
from provisioner.openai_api.turns.turn import Attachment, Leftover, Message, Turn
from provisioner.review.render.style import Style
from provisioner.review.render.turns.steps_text import steps_text
from provisioner.review.render.turns.transcript import Transcript
from provisioner.review.render.turns.turn_json import event_json, json_line, turn_json
from provisioner.review.render.turns.turn_screen import MarkdownScreen, Paragraphs, PlainScreen, last_rows
from provisioner.review.render.turns.turn_text import leftovers_text

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(redaction, "_secrets", {})
    redaction.register("sk-proj-verysecretkey12345")
    return "sk-proj-verysecretkey12345"


def shown(*pieces: str) -> list[str]:
    safe = Pieces()
    return [*(str(safe.add(piece)) for piece in pieces), str(safe.finish())]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["안", "녕"], "안녕"),
        (["key: sk-pro", "j-verysecretkey", "12345 ok"], "key: (redacted) ok"),
        (["std:", ":vector"], "std::vector"),
        ([":", ":error::x"], r"\x3a:error::x"),
        (["a\n:", ":warning"], "a\n" + r"\x3a:warning"),
        (["x #", "#[group]"], r"x \x23#[group]"),
        (["\x1b[", "31mred"], r"\x1b[31mred"),
        (["👩\u200d", "💻"], "👩\u200d💻"),
        (["sk-proj-", "short"], "sk-proj-short"),
    ],
)
def test_pieces_are_as_safe_as_the_whole(pieces: list[str], expected: str) -> None:
    assert "".join(shown(*pieces)) == expected


def test_nothing_is_kept_that_cannot_be_dangerous() -> None:
    assert shown("Hello", " world")[:2] == ["Hello", " world"]


def test_paragraphs_are_complete_at_blank_lines_outside_of_code_and_lists() -> None:
    text = "# Title\n\nOne\ntwo\n\n```python\na\n\nb\n```\n\n- x\n\n- y\n\nEnd\n\nrest"
    paragraphs = Paragraphs()
    found = [whole for character in text if (whole := paragraphs.add(character))]
    assert found == ["# Title\n\n", "One\ntwo\n\n", "```python\na\n\nb\n```\n\n", "- x\n\n- y\n\nEnd\n\n"]
    assert paragraphs.take_rest() == "rest"
    assert paragraphs.take_rest() == ""


def test_what_is_drawn_fits_the_terminal() -> None:
    assert last_rows("one\ntwo\nthree", 80, 2) == "two\nthree"
    assert last_rows("a" * 100 + "\nend", 10, 3) == "end"
    assert last_rows("가" * 100, 10, 3) == "가" * 15


EVENTS: list[TurnEvent] = [
    TextDelta("Look", "m1"),
    TextDelta("ing.", "m1"),
    TextDone("Looking.", "m1"),
    FunctionCalled("c1", "examine", '{"host": "a\x1b[2J"}'),
    FunctionAnswered("c1", "examine", "1", "local", False, 0.25),
    Code("print(1)", "k1"),
    CodeOutput("1\n", "k1", ("file-9",)),
    Searched(("ghost",), (Hit("file-1", "hamlet.pdf", 0.831, "Enter Ghost"),), "s1"),
    WebSearched("weather", "search", ("https://a.example",)),
    McpCalled("tickets", "find", "{}", "", "no access"),
    TextDone("All **well**.", "m2"),
    Citation("file-1", "hamlet.pdf", index=3, score=0.831),
    Usage(1000, 20, 400, 5),
    Ended("completed", 1.5),
]


def turn_of(events: list[TurnEvent]) -> Turn:
    turn = Turn()
    for event in events:
        turn.add(event)
    return turn


def test_a_plain_screen_divides_the_answer_from_everything_else() -> None:
    out: list[str] = []
    err: list[str] = []
    screen = PlainScreen(out.append, err.append, Style())
    for event in EVENTS:
        screen(event)
    screen.end(turn_of(EVENTS))
    assert "".join(out) == "Looking.\nAll **well**.\n"
    assert "\n".join(err) == (
        r"""→ examine({"host": "a\x1b[2J"})
← 1 (local, 0.2 s)
code (python)
    print(1)
output
    1
  file file-9
search “ghost”: 1 hit
  0.83 hamlet.pdf  Enter Ghost
web search: weather
  https://a.example
→ tickets.find({})
  error: no access
cited
  hamlet.pdf (score 0.83)
1,000 tokens in, 400 cached, 20 out, 5 reasoning · 1.5 s"""
    )


def test_a_terminal_gets_rendered_markdown_and_no_escapes_of_strangers() -> None:
    stream = io.StringIO()
    screen = MarkdownScreen(stream, lambda text: None, Style())
    for piece in ["# Head", "ing\n\nAll **we", "ll** \x1b[2J [here](javascript:x).\n\n", "```\nco", "de\n```"]:
        screen(TextDelta(piece, "m1"))
    screen(TextDone("", "m1"))
    text = stream.getvalue()
    assert "\x1b]8" not in text
    plain = ESCAPE.sub("", text)
    assert "All well" in plain
    assert r"\x1b[2J" in plain
    assert "code" in plain.splitlines()[-1] + plain.splitlines()[-2]


def test_transcripts_hold_what_came_before_a_cut_and_say_so() -> None:
    cut = turn_of([TextDelta("Half an", "m1"), Failed("the answer ended in the middle", "stream_cut"), Ended("cut", 2)])
    turns = [(Message("What?", (Attachment("file-1", "a.csv"),)), turn_of(EVENTS)), (Message("And?"), cut)]
    transcript = Transcript({"assistant": "hamlet", "target": "responses"}, turns)
    markdown = transcript.text(as_json=False)
    assert markdown.startswith("<!-- provision transcript -->\n# Transcript: assistant hamlet, target responses\n")
    assert "Half an\n\n> **cut**: The connection ended in the middle" in markdown
    assert "- file a.csv" in markdown
    assert "```python\nprint(1)\n```" in markdown
    assert "\x1b" not in markdown
    body = json.loads(transcript.text(as_json=True))
    assert [each["status"] for each in body["turns"]] == ["completed", "cut"]
    assert body["turns"][1]["text"] == "Half an"
    assert "connection ended" in body["turns"][1]["note"]


def test_fences_of_transcripts_are_longer_than_those_in_code() -> None:
    turn = turn_of([Code("x = '''\n````\n'''", "c"), Ended("completed")])
    assert "`````python\n" in Transcript({}, [(Message("Hi"), turn)]).text(as_json=False)


def test_json_lines_are_one_line_each_without_secrets(secret: str) -> None:
    line = json_line(event_json(TextDone(f"a\n{secret}\u202e", "m1")))
    assert "\n" not in line
    assert json.loads(line) == {"event": "text_done", "text": "a\n(redacted)\u202e", "item": "m1"}
    assert json.loads(json_line(turn_json(turn_of(EVENTS))))["usage"]["total_tokens"] == 1020


def test_steps_show_times_inputs_and_outputs() -> None:
    events = [{**event_json(event), "at": 0.5 * number} for number, event in enumerate(EVENTS[2:])]
    body = json.loads(json.dumps({"assistant": "hamlet", "events": events, "turn": turn_json(turn_of(EVENTS))}))
    text = steps_text(body, Style())
    assert "  2    0.50 s  +0.50  function called\n      name: examine\n" in text
    assert "hits: file_id file-1, filename hamlet.pdf" in text
    assert text.endswith("completed · 1000 tokens in, 20 out · 1.5 s")


def test_leftovers_are_named_with_the_reason() -> None:
    assert leftovers_text([Leftover("thread", "thread_1", "no right")], kept=False) == (
        "could not be deleted, and is left at OpenAI:\n  thread thread_1 (no right)"
    )
    assert leftovers_text([], kept=True) == ""
