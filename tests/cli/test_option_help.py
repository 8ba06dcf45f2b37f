"""The help of an option speaks of what its own command makes, reads or changes."""

from __future__ import annotations

from collections.abc import Iterator

import click

from provisioner.cli.main import provision

#: The options whose help may name a plan, an apply, the manifests or a comparison: those of commands that have one.
NAMING = {
    "plan": {
        "plan --out", "plan --html", "rollback --out", "graph --plan", "show --markdown", "show --html",
    },
    "apply": {"migrate --imports", "rollback --release-pin"},
    "manifest": {"pull --drift", "rollback --release-pin"},
    "manifests": {"ask --unapplied", "chat --unapplied", "test --unapplied"},
    "comparison": {"diff --html", "diff --except", "plan --except"},
    "review": {"plan --out", "rollback --out"},
    "pull request": {"plan --markdown", "diff --markdown", "test --markdown", "show --markdown"},
}  # fmt: skip
#: The options of every command; their help is about the project.
SHARED = {"--dir", "--env", "--var", "--var-file", "--emulator", "--no-color", "--verbose", "-v", "-C"}


def options(command: click.Command, name: str = "") -> Iterator[tuple[str, str]]:
    """Each option of each command, as `plan --out`, with its help."""
    with click.Context(command) as context:
        if isinstance(command, click.Group):
            for each in command.list_commands(context):
                found = command.get_command(context, each)
                assert found is not None
                yield from options(found, f"{name} {each}".strip())
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not SHARED & {*parameter.opts}:
                option = next(each for each in parameter.opts if each.startswith("--"))
                yield f"{name} {option}", parameter.help or ""


def test_no_help_is_copied_from_a_command_about_something_else() -> None:
    texts = dict(options(provision))
    assert len(texts) > 100
    for word, named in NAMING.items():
        assert {
            option for option, text in texts.items() if f" {word} " in f" {text.lower().translate(PLAIN)} "
        } == named


PLAIN = str.maketrans(dict.fromkeys(",.;:()", " "))
