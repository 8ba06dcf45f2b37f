"""Every command line that the documents show can be typed, and every command is shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from provisioner.cli.main import provision
from tests.docs.commands import walk
from tests.docs.pages import CHECKOUT, DOCUMENTS, blocks, inline_code, read

SHOWN = re.compile(r"^\s*(?:\$ )?(?:- )?(?:run: )?provision(?P<arguments> [^\n]*)$", re.MULTILINE)
SHELL = ("sh", "yaml", "console")


def command_lines() -> Iterator[tuple[str, str]]:
    """The document and what is typed after `provision`, of every block and of code in the text."""
    for document in DOCUMENTS:
        for block in blocks(document):
            if block.language in SHELL:
                yield from ((document, found["arguments"]) for found in SHOWN.finditer(block.text))
        for code in inline_code(document):
            if code.startswith("provision "):
                yield document, code.removeprefix("provision")


def parse(arguments: list[str], group: click.Group = provision, parent: click.Context | None = None) -> None:
    """Parses what is typed, without calling anything. Raises UsageError where it cannot be."""
    name = next((each for each in arguments if not each.startswith("-")), None)
    if name is None:
        return  # a group by itself, or --help and --version, which are carried out as soon as they are read
    at = arguments.index(name)
    context = group.make_context("provision", arguments[: at + 1], parent=parent)
    _, command, rest = group.resolve_command(context, arguments[at:])
    if isinstance(command, click.Group):
        parse(rest, command, context)
    elif command is not None and "--help" not in rest:
        command.make_context(name, rest, parent=context)


@pytest.mark.parametrize(("document", "line"), sorted(set(command_lines())))
def test_shown_commands_parse(document: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT)
    try:
        parse(shlex.split(line.partition(" > ")[0], comments=True))
    except click.UsageError as error:
        pytest.fail(f"{document} shows `provision{line}`: {error.format_message()}")


@pytest.mark.parametrize("line", ["plan --no-such-option", "frobnicate", "show a b c", "apply --parallelism none"])
def test_a_command_that_cannot_be_typed_is_found(line: str) -> None:
    with pytest.raises(click.UsageError):
        parse(shlex.split(line))


def test_the_readme_begins_with_the_two_commands() -> None:
    assert {"`make demo`", "`make test`"} <= set(re.findall(r"`make \w+`", read("README.md")))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_exist(document: str) -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)(?:\$ )?make ([a-z]+)", read(document), re.MULTILINE))
    assert {name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)} == set()


@pytest.mark.parametrize("name", dict(walk(provision)))
def test_every_command_has_help_and_is_in_the_reference(name: str) -> None:
    command = dict(walk(provision))[name]
    assert command.help
    assert all(each.help for each in command.params if isinstance(each, click.Option)), name
    assert f"### `provision {name}" in read("docs/cli.md")
