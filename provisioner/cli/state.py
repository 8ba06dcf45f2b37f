"""Defines the command `provision state` and its subcommands."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.completing import complete_address, complete_choice
from provisioner.cli.options import agreeing, locking, shared


@click.group()
def state() -> None:
    """Show the state, change it, or make a new state when it is lost."""


@state.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def list_records(context: click.Context, as_json: bool) -> None:
    """List the records of the state. No API call is made."""
    from provisioner.cli.recorded_state import show_records

    show_records(context, as_json=as_json)


@state.command("show")
@click.argument("address", shell_complete=complete_address)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def show_record(context: click.Context, address: str, as_json: bool) -> None:
    """Show the record of ADDRESS in the state, with all its fields. No API call is made."""
    from provisioner.cli import recorded_state

    recorded_state.show_record(context, address, as_json=as_json)


@state.command("mv")
@click.argument("source", metavar="FROM", shell_complete=complete_address)
@click.argument("target", metavar="TO", shell_complete=complete_choice)
@agreeing
@locking
@shared
@click.pass_context
def move(context: click.Context, source: str, target: str, yes: bool, confirm: str | None) -> None:
    """Move the record of FROM to the address TO.

    Only the state changes. The ownership mark of the object still contains FROM. The next plan shows the new mark, and
    the next apply writes it.
    """
    from provisioner.cli.record_edits import move_record

    move_record(context, source, target, yes=yes, confirm=confirm)


@state.command("rm")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True, shell_complete=complete_address)
@agreeing
@locking
@shared
@click.pass_context
def remove(context: click.Context, addresses: tuple[str, ...], yes: bool, confirm: str | None) -> None:
    """Remove the record of each ADDRESS.

    Only the state changes: the objects stay at OpenAI, with their ownership marks. To remove the marks too, write
    `removed:` in a manifest instead.
    """
    from provisioner.cli.record_edits import remove_records

    remove_records(context, addresses, yes=yes, confirm=confirm)


@state.command("rebuild")
@click.option(
    "--releases", is_flag=True, help="Make only a new index of releases, from the history of the state. Calls nothing."
)
@locking
@shared
@click.pass_context
def rebuild(context: click.Context, releases: bool) -> int:
    """Make a new state from the ownership marks of live objects.

    Use this command when the state is lost: it reads the account, writes a new state, and changes nothing else. Files
    have no mark, so they are found through the vector stores that contain them. Resources without a marked object are
    listed. The next apply makes a new release of each definition (an assistant for the Responses API).

    An index of releases that cannot be opened is kept under another name, and a new index begins. With --releases, only
    a new index is made, and the state is not changed.
    """
    if releases:
        from provisioner.cli.state_transfer import recollect

        return recollect(context)
    from provisioner.cli.running import running
    from provisioner.cli.startoptions import with_options
    from provisioner.cli.terminal import screen
    from provisioner.core.exitcode import ExitCode
    from provisioner.review.render.state_text import rebuilt_text

    with running(context) as project, project.engine.locked("state rebuild"):
        rebuilt = project.engine.rebuild(project.manifest.resources)
        screen().result(with_options(rebuilt_text(rebuilt.state, rebuilt.unplaced)))
    return ExitCode.DONE


@state.command("pull")
@shared
@click.pass_context
def pull(context: click.Context) -> None:
    """Print the state, in plain text even if it is encrypted."""
    from provisioner.cli.state_transfer import keeping, warn_of
    from provisioner.cli.terminal import screen
    from provisioner.engine.state_transfer import read_present
    from provisioner.review.render.json_text import safe_json
    from provisioner.state.records import dump

    with keeping(context) as backend:
        state = read_present(backend)
        warn_of(backend, state)
        screen().result(safe_json(dump(state).rstrip("\n")))


@state.command("push")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@locking
@shared
@click.pass_context
def push(context: click.Context, file: Path) -> None:
    """Replace the state by the state in FILE (or - for stdin).

    Refuses a state with another lineage (the id that all versions of a state share), and a state whose serial (its
    number of changes) is not higher than the present serial.
    """
    from provisioner.cli.state_transfer import keeping, read_text
    from provisioner.cli.terminal import screen
    from provisioner.engine import state_transfer

    with keeping(context, "state push") as backend:
        pushed = state_transfer.push(backend, read_text(file), str(file))
        screen().say(f"The state is at serial {pushed.serial}.")


@state.command("history")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def history(context: click.Context, as_json: bool) -> None:
    """List the last 50 states: serial, time, author, command, and the result of that run.

    If the states are encrypted and the key is missing, only the serials are listed.
    """
    from provisioner.cli.state_transfer import keeping
    from provisioner.cli.terminal import screen
    from provisioner.engine.state_transfer import list_history
    from provisioner.review.render.json_text import dumps
    from provisioner.review.render.state_text import history_json, history_text

    with keeping(context, listing=True) as backend:
        rows = [(each.serial, each.written, each.objects, each.trouble) for each in list_history(backend)]
    screen().result(dumps(history_json(rows)) if as_json else history_text(rows))


@state.command("restore")
@click.argument("serial")
@locking
@shared
@click.pass_context
def restore(context: click.Context, serial: str) -> None:
    """Write the state of SERIAL again, under a new serial.

    SERIAL is the serial of an earlier state. This changes the records and not the account: run plan next, and review
    it.
    """
    from provisioner.cli.state_transfer import keeping, read_serial
    from provisioner.cli.terminal import screen
    from provisioner.engine import state_transfer

    with keeping(context, "state restore") as backend:
        restored = state_transfer.restore(backend, read_serial(serial))
        screen().say(f"The state of serial {serial} is serial {restored.serial} now. Next: provision plan")


@state.command("migrate")
@click.argument("url")
@click.option(
    "--json", "as_json", is_flag=True, help="As JSON: the place, the serial, and the environments that are left."
)
@locking
@shared
@click.pass_context
def migrate(context: click.Context, url: str, as_json: bool) -> None:
    """Copy the state to URL: a folder, or a remote backend, that contains no state yet.

    The old state is not deleted. Write the URL as `state:` in provision.yaml afterwards. Only one environment is
    copied. The environments that must still be copied are listed, each with the command that copies it.
    """
    from provisioner.cli.startoptions import with_options
    from provisioner.cli.state_transfer import left_behind, moving
    from provisioner.cli.terminal import screen
    from provisioner.engine import state_transfer
    from provisioner.review.render.json_text import dumps
    from provisioner.state.backends.url_display import without_credentials

    with moving(context, url) as (source, target):
        moved = state_transfer.migrate(source, target)
        said, shown = without_credentials(url), screen()
        text = f"{target.describe()} holds serial {moved.serial} now. Next: write `state: {said}` in provision.yaml"
        (shown.explain if as_json else shown.say)(text)
    left = {name: f"provision state migrate {said} --env {name}" for name in left_behind(context, url)}
    for name, command in left.items():
        shown.note(f"Environment {name} is left where it was; move it before you change `state:`: {command}")
    if as_json:
        listed = [{"environment": name, "command": with_options(command)} for name, command in left.items()]
        shown.result(dumps({"state": said, "serial": moved.serial, "left": listed}))


@state.command("reseal")
@locking
@shared
@click.pass_context
def reseal(context: click.Context) -> None:
    """Write the state and its history again with the present key.

    Use this command after `state_encryption` was set, or after its key was changed: former keys are then no longer
    needed. If `state_encryption` has former keys and no present key, the state is decrypted and written as plain text.
    """
    from provisioner.cli.state_transfer import keeping
    from provisioner.cli.terminal import screen
    from provisioner.engine import state_transfer

    with keeping(context, "state reseal") as backend:
        resealed = state_transfer.reseal(backend)
        screen().say(f"The state is at serial {resealed.state.serial}, and was written again with its history.")
        for serials, what in ((resealed.closed, "open with none of these keys"), (resealed.damaged, "are damaged")):
            if serials:
                screen().note(f"These of the history {what}, and stay as they were: {', '.join(map(str, serials))}")
        if resealed.unread:
            screen().note(
                f"The contents of these releases cannot be read, and stay as they were: {', '.join(resealed.unread)}"
            )


@state.command("unlock")
@click.argument("id")
@shared
@click.pass_context
def unlock(context: click.Context, id: str) -> None:
    """Remove a lock whose owner no longer exists.

    ID is the id of the lock. The message about the lock contains the id and the owner. Use this command only if you are
    certain that the owner no longer exists.
    """
    from provisioner.cli.state_transfer import keeping
    from provisioner.cli.terminal import screen

    with keeping(context, reading=False) as backend:
        screen().say(f"Took the lock away from {backend.unlock(id)}.")
