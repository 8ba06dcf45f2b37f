"""Makes the suggestions for shell completion.

The shell asks for suggestions each time the user presses the key for completion. They must be made fast, so the API is
not called. Errors are not reported, because a message would appear in the line that the user types.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.shells import COMPLETING
from provisioner.core.errors import ProvisionError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from provisioner.manifest import Settings
    from provisioner.project.command_options import Choice

#: Matches the names of environments that are suggested. The shell inserts suggestions into the command line, and the
#: manifests may come from somebody who is not trusted, so only simple names are suggested.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
ADDRESS = re.compile(r"[a-z_]+\.\w[\w-]*")
#: The address of a file by its path, or of an instance of `for_each`, if no character in it has a special meaning in a
#: shell.
FILE = re.compile(r'(?:file|[a-z_]{1,32}\.\w[\w-]{0,127})\["[\w ./+%-]{1,4096}"\]')
#: The beginning of the addresses of tests, which are no resources.
TEST = "test."
#: The most bytes of a state's file that is read. The file is read again for each completion, so larger files are
#: ignored.
STATE_BYTES = 8 * 2**20
#: The most suggestions that the shell gets.
MOST_OFFERED = 1000


def environments_of(folder: Path, typed: str) -> list[str]:
    """Returns the names of the project's environments that begin with `typed`. The project is found from `folder`, and
    its settings file declares the environments. The list is empty if the project has no settings file or if the file
    cannot be read.
    """
    from provisioner.manifest.parsing.reading import read_yaml
    from provisioner.manifest.project_settings.settings import FILE, find

    try:
        settings = read_yaml(find(folder) / FILE).document.data
    except ProvisionError:
        return []
    declared = settings.get("environments") if isinstance(settings, dict) else None
    names = declared if isinstance(declared, dict) else {}
    return [name for name in map(str, names) if name.startswith(typed) and NAME.fullmatch(name)]


def complete_choice(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Returns the suggestions for the option `--only` that begin with `typed`. They are addresses of resources, such as
    `assistant.tutor`: those that the manifests declare, except tests, and those that the state records. The list is
    empty if the settings cannot be read.
    """
    settings = _settings(ctx)
    if settings is None:
        return []
    declared = [each for each in _declared(settings, chosen_by(ctx)) if not each.startswith(TEST)]
    return _offer([*declared, *_recorded(ctx, settings)], typed)


def complete_address(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Returns the addresses of resources (such as `assistant.tutor`) that begin with `typed`. The addresses come from
    the state or, if the state is missing, remote or encrypted, from the manifests.
    """
    settings = _settings(ctx)
    return _offer(_recorded(ctx, settings) or _declared(settings, chosen_by(ctx)), typed) if settings else []


def complete_address_or_file(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Returns the addresses of resources, in the state or the manifests, that begin with `typed`. If there are no such
    addresses, returns a single item that makes the shell suggest file names.
    """
    from click.shell_completion import CompletionItem

    found = complete_address(ctx, param, typed)
    return [*map(CompletionItem, found)] or [CompletionItem(typed, type="file")]


def complete_test(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Returns the names of tests that begin with `typed`. If the manifests cannot be read, the list is empty."""
    settings = _settings(ctx)
    found = _offer(_declared(settings, chosen_by(ctx)), f"{TEST}{typed}") if settings else []
    return [each.removeprefix(TEST) for each in found if not each.startswith("'")]


def complete_store(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Returns the names of vector stores that begin with `typed`. The names come from the state or, if the state is
    missing, remote or encrypted, from the manifests.
    """
    found = complete_address(ctx, param, f"vector_store.{typed}")
    return [each.removeprefix("vector_store.") for each in found if not each.startswith("'")]


def complete_assistant(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Returns the names of assistants that begin with `typed`. The names come from the state or, if the state is
    missing, remote or encrypted, from the manifests.
    """
    found = complete_address(ctx, param, f"assistant.{typed}")
    return [each.removeprefix("assistant.") for each in found]


def _offer(addresses: Iterable[str], typed: str) -> list[str]:
    """Returns those of the addresses `addresses` that begin with `typed`, sorted. Addresses with brackets (of files and
    of instances of `for_each`) come last, and are quoted so that the shell reads each as one word. Addresses with other
    unusual characters are left out. The list has at most `MOST_OFFERED` addresses.
    """
    fitting = {each for each in addresses if each.startswith(typed)}
    words = sorted(each for each in fitting if _fits(ADDRESS, each))
    files = sorted(each for each in fitting if _fits(FILE, each))
    return [*words, *map(_quoted, files)][:MOST_OFFERED]


def _fits(form: re.Pattern[str], address: str) -> bool:
    # Combining marks are parts of words in many scripts, and `\w` does not match them.
    return bool(form.fullmatch("".join("_" if category(each) in ("Mn", "Mc") else each for each in address)))


def _quoted(address: str) -> str:
    """Returns `address`, an address with brackets, in the form that the shell needs. For bash, two backslashes are
    added before each space, quotation mark and bracket; inside of double quotes only before each quotation mark, and
    inside of single quotes nowhere. Two are needed because bash's completion script reads the suggestion with `read`,
    which removes one of them.

    For zsh and fish, `address` is returned unchanged, because these shells add quotes themselves.
    """
    if not os.environ.get(COMPLETING, "").startswith("bash"):
        return address
    quote = _open_quote(os.environ.get("COMP_WORDS", ""))
    if quote == "'":
        return address
    return re.sub(r'"' if quote else r'[\[\]" ]', lambda found: rf"\\{found[0]}", address)


def _open_quote(line: str) -> str:
    """Returns the quotation mark that is still open at the end of `line`, or an empty text if all are closed."""
    quote, escaped = "", False
    for each in line:
        if escaped or (each == "\\" and quote != "'"):
            escaped = not escaped
        elif each == quote:
            quote = ""
        elif not quote and each in "'\"":
            quote = each
    return quote


def _settings(ctx: click.Context) -> Settings | None:
    """Returns the settings of the project, for the environment that the user chose. Returns None if the settings cannot
    be read.
    """
    from provisioner.manifest.parsing.report import Report
    from provisioner.manifest.project_settings.settings import find, read_settings

    chosen = chosen_by(ctx)
    try:
        return read_settings(find(chosen.folder), chosen.environment, {}, Report())
    except (ProvisionError, OSError, ValueError):
        return None


def _declared(settings: Settings, chosen: Choice) -> list[str]:
    """Returns the addresses of the resources that the manifests declare. The list is empty if the manifests cannot be
    read. `chosen` contains the values of the global options. The function does not read prompts or hash files, because
    completion must be fast.
    """
    from provisioner.core.kinds import KINDS
    from provisioner.manifest.declarations import collect
    from provisioner.manifest.files.folder_contents import Scan
    from provisioner.manifest.files.manifest_files import read_folder
    from provisioner.manifest.limits import Allowance
    from provisioner.manifest.parsing.report import Report
    from provisioner.manifest.values import open_expansion
    from provisioner.project.manifests import given_values_of

    try:
        allowance = Allowance()
        documents = [reading.document for reading in read_folder(settings, Report(), allowance, Scan())[0]]
        expansion, _ = open_expansion(settings, documents, given_values_of(chosen), allowance, Report())
        declared = collect(documents, Report(), expansion)
    except (ProvisionError, OSError, ValueError):
        return []
    return [str(each.address) for kind in KINDS for each in declared.of(kind.name).values()]


def _recorded(ctx: click.Context, settings: Settings) -> list[str]:
    """Returns the addresses of the resources that the state records. The list is empty if the state is remote,
    encrypted or missing.
    """
    return list(_read_addresses(chosen_by(ctx), settings))


def _read_addresses(chosen: Choice, settings: Settings) -> Iterator[str]:
    from provisioner.core.files.own import read_own
    from provisioner.project.private_folder import private_folder
    from provisioner.state.backends.opening import is_remote

    try:
        folder = str(private_folder(settings.root) / "state") if chosen.emulator else settings.state
        if is_remote(folder):
            return
        body = json.loads(read_own(Path(folder, f"{settings.environment}.json"), STATE_BYTES))
    except (ProvisionError, OSError, ValueError, RecursionError):
        return
    records = body.get("records") if isinstance(body, dict) else None
    yield from records if isinstance(records, dict) else ()
