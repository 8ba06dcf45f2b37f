"""The command line's reference, from the commands themselves.

It is made from options and docstrings and not from `--help`'s text, whose line breaks differ between versions of click.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import click

from provisioner.cli.main import provision


def render_commands() -> str:
    """A section for the options of every command, then one for each command."""
    commands = dict(walk(provision))
    everywhere = [option for option in _options(provision) if option.name != "version"]
    sections = ["### Options of every command", "They stand before the command or after it.", _table(everywhere)]
    shared = {option.name for option in everywhere}
    for name, command in commands.items():
        sections += _section(name, command, shared)
    return "\n\n".join(sections)


def walk(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by what is typed for it, those inside of groups after their group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from walk(command, f"{prefix}{name} ")


def _section(name: str, command: click.Command, shared: Iterable[str | None]) -> Iterator[str]:
    arguments = [
        f" {each.metavar or (each.human_readable_name if each.required else f'[{each.human_readable_name}]')}"
        for each in command.params
        if isinstance(each, click.Argument)
    ]
    yield f"### `provision {name}{''.join(arguments)}`"
    yield _prose(command)
    options = [option for option in _options(command) if option.name not in shared]
    if options:
        yield _table(options)


def _prose(command: click.Command) -> str:
    """The docstring; a paragraph that click is told not to wrap is a block of code."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(_paragraph(each) for each in paragraphs)


def _paragraph(text: str) -> str:
    if not text.startswith("\b"):
        return text
    head, *rest = text.removeprefix("\b\n").split("\n")
    return f"{head}\n\n```text\n{textwrap.dedent(chr(10).join(rest))}\n```"


def _options(command: click.Command) -> list[click.Option]:
    return [each for each in command.params if isinstance(each, click.Option) and not each.hidden]


def _table(options: Iterable[click.Option]) -> str:
    rows = [f"| `{_spelling(option)}` | {_help(option)} |" for option in options]
    return "\n".join(["| option | what it does |", "|---|---|", *rows])


def _spelling(option: click.Option) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag or option.count else f"{names} {_value(option)}"


def _value(option: click.Option) -> str:
    return option.metavar or option.type.name.partition(" ")[0].upper()


def _help(option: click.Option) -> str:
    """The help, its blanks made one, with the default and the range where there are some."""
    text = " ".join((option.help or "").replace("[default: here]", "Default: here.").split())
    kind: Any = option.type
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is not None and high is not None:
        text += f" From {low:g} to {high:g}."
    if option.show_default:
        text += f" Default: {option.default:g}." if isinstance(option.default, int | float) else ""
    return text
