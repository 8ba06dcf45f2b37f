"""Renders the events of a turn, such as function calls, as text. The text of the answer itself is not rendered here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provisioner.core.text.safetext import line
from provisioner.openai_api.turns.events import (
    Citation,
    Code,
    CodeOutput,
    Failed,
    FunctionAnswered,
    FunctionCalled,
    McpCalled,
    Notice,
    OtherItem,
    Reasoning,
    Searched,
    TurnEvent,
    WebSearched,
)
from provisioner.openai_api.turns.turn import TOKENS_OF, Leftover, Turn
from provisioner.review.render.style import Style

#: The most characters of a passage, an argument or a result in one line, and the most lines of code or output.
SHOWN, LINES = 160, 40


def event_text(event: TurnEvent, style: Style) -> str:
    """Returns the lines that show an event. The result is empty if an event of this type is not shown."""
    return "\n".join(_lines(event, style))


def _lines(event: TurnEvent, style: Style) -> Iterator[str]:
    if isinstance(event, FunctionCalled):
        yield style.paint(f"→ {line(event.name)}({_short(event.arguments)})", "blue")
    elif isinstance(event, FunctionAnswered):
        yield from _answered(event, style)
    elif isinstance(event, Code):
        yield style.paint(f"code ({line(event.language)})", "blue")
        yield from _indented(event.code, style)
    elif isinstance(event, CodeOutput):
        yield style.paint("output", "blue")
        yield from _indented(event.output, style)
        yield from (f"  file {line(each)}" for each in event.files)
    elif isinstance(event, Searched):
        yield from _searched(event, style)
    elif isinstance(event, WebSearched):
        yield style.paint(f"web {line(event.action)}: {_short(event.query)}", "blue")
        yield from (f"  {_short(each)}" for each in event.sources)
    elif isinstance(event, McpCalled):
        yield style.paint(f"→ {line(event.server)}.{line(event.name)}({_short(event.arguments)})", "blue")
        yield style.paint(f"  error: {_short(event.error)}", "red") if event.error else f"  {_short(event.output)}"
    elif isinstance(event, Reasoning):
        yield from _indented(event.text, style)
    elif isinstance(event, OtherItem):
        yield style.paint(f"item {line(event.type)} {line(event.id)}", "dim")
    elif isinstance(event, Notice):
        yield style.paint(line(event.text), "dim")
    elif isinstance(event, Failed):
        yield from failure_lines(event, style)


def failure_lines(event: Failed, style: Style) -> Iterator[str]:
    """Yields the lines that say why a turn failed."""
    code = f" ({line(event.code)})" if event.code else ""
    yield f"{style.paint('error:', 'red')} {line(event.message)}{code}"
    if event.hint:
        yield f"  {line(event.hint)}"


def _answered(event: FunctionAnswered, style: Style) -> Iterator[str]:
    origin = f"{event.origin}, {event.seconds:.1f} s" if event.origin == "local" else event.origin
    shown = f"← {_short(event.output)} ({origin})"
    yield style.paint(shown, "red" if event.failed else "green")


def _searched(event: Searched, style: Style) -> Iterator[str]:
    queries = ", ".join(f"“{_short(each)}”" for each in event.queries)
    count = f": {len(event.hits)} {'hit' if len(event.hits) == 1 else 'hits'}" if event.has_hits else ""
    yield style.paint(f"search {queries}".rstrip() + count, "blue")
    for hit in event.hits:
        score = "    " if hit.score is None else f"{hit.score:.2f}"
        name = line(hit.filename or hit.file_id)
        yield f"  {score} {name}" + (style.paint(f"  {_short(hit.text)}", "dim") if hit.text else "")


def _indented(text: str, style: Style) -> Iterator[str]:
    lines = text.splitlines()
    for each in lines[:LINES]:
        yield style.paint(f"    {line(each)}", "dim")
    if len(lines) > LINES:
        yield style.paint(f"    … {len(lines) - LINES} more lines", "dim")


def _short(text: str) -> str:
    words = " ".join(text.split())
    return str(line(words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"))


def citations_text(citations: Sequence[Citation], style: Style) -> str:
    """Returns one line for each cited file or web page. The line of a file contains its search score if the score is
    known. Equal lines are shown only once.
    """
    lines: dict[str, None] = {}
    for each in citations:
        if each.url:
            lines[f"  {_short(each.title)} {line(each.url)}".replace("   ", "  ")] = None
        else:
            score = "" if each.score is None else f" (score {each.score:.2f})"
            lines[f"  {line(each.filename or each.file_id)}{score}"] = None
    return "\n".join([style.paint("cited", "blue"), *lines]) if lines else ""


def summary_text(turn: Turn, style: Style) -> str:
    """Returns the last line about a turn, with tokens, cost and duration. If the turn is not complete, the line begins
    with its status.
    """
    usage = turn.usage
    parts: list[str] = [] if turn.status == "completed" else [turn.status]
    if usage.total_tokens:
        cached = f", {usage.cached_tokens:,} cached" if usage.cached_tokens else ""
        reasoning = f", {usage.reasoning_tokens:,} reasoning" if usage.reasoning_tokens else ""
        parts.append(f"{usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out{reasoning}")
    if turn.cost:
        parts.append(f"about {turn.cost:.4f} USD")
    elif turn.unpriced:
        has_tokens = usage.total_tokens or not turn.unpriced[0].startswith(TOKENS_OF)
        missing = f"no price for {line(', '.join(turn.unpriced))}"
        parts.append(f"cost not known: {missing if has_tokens else 'the API did not report the tokens'}")
    parts.append(f"{turn.seconds:.1f} s")
    return style.paint(" · ".join(parts), "dim")


def leftovers_text(leftovers: Sequence[Leftover], *, kept: bool) -> str:
    """Returns a text that lists the objects that were created for a dialogue and that still exist at OpenAI. `kept` is
    True if the user wanted to keep them. The result is empty if there are no such objects.
    """
    if not leftovers:
        return ""
    begin = "kept at OpenAI:" if kept else "could not be deleted, and is left at OpenAI:"
    items = [
        f"  {line(each.type)} {line(each.id)}" + (f" ({line(each.reason)})" if each.reason else "")
        for each in leftovers
    ]
    return "\n".join([begin, *items])
