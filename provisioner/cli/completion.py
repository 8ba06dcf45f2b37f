"""Defines the command `provision completion`."""

from __future__ import annotations

import click

from provisioner.cli.options import shared
from provisioner.cli.shells import COMPLETING, SHELLS


@click.command()
@click.argument(
    "shell",
    metavar="SHELL",
    shell_complete=lambda context, parameter, typed: [each for each in SHELLS if each.startswith(typed)],
)
@shared
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL: bash, zsh or fish.

    \b
    Put it where the shell reads it:
      bash  provision completion bash > ~/.local/share/bash-completion/completions/provision
      zsh   provision completion zsh > a folder of your $fpath, as _provision
      fish  provision completion fish > ~/.config/fish/completions/provision.fish
    """
    from click.shell_completion import get_completion_class

    from provisioner.cli.terminal import screen

    made = get_completion_class(shell) if shell in SHELLS else None
    if made is None:
        raise click.BadParameter(f"`{shell}` is not one of {', '.join(SHELLS)}", context, param_hint="SHELL")
    script = made(context.find_root().command, {}, "provision", COMPLETING)
    # source() would start bash only to find its version.
    screen().result(script.source_template % script.source_vars())
