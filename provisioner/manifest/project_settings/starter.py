"""Writes the small example project that `provision init` creates."""

from __future__ import annotations

import json
import os
from pathlib import Path

from provisioner.core.errors import UsageError
from provisioner.core.files.limits import SMALL_BYTES
from provisioner.core.files.own import create_own, make_folder, read_own, replace_own
from provisioner.manifest.project_settings.schema import json_schema
from provisioner.manifest.project_settings.settings import FILE

SCHEMA_FILE = ".provision-schema.json"
HEADER = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"

SETTINGS = """\
project: {project}
target: responses # responses | agents | assistants
state: ../state # a folder, or the URL of a remote backend
defaults: {{model: gpt-6-luna}} # for every assistant that does not override them

# environments: # each overrides the settings above, has its own state, and is chosen with --env
#   dev: {{}}
#   prod: {{protected: true}}
"""

ASSISTANTS = """\
instructions:
  plainly: {file: prompts/plainly.md}

assistants:
  helper:
    name: Helper
    instructions: [plainly, {text: You help people with their calculations.}]
    tools: [code_interpreter]
"""

PROMPT = """\
Answer in plain words, in the language of the question.
Say so when you are not sure.
"""

IGNORED = (".provision/", ".env", ".env.*", "state/*.lock", "state/*.journal", "state/*.history/")
ATTRIBUTES = (
    "*.md text eol=lf",
    "*.txt text eol=lf",
    "*.yaml text eol=lf",
    "*.yml text eol=lf",
    "manifests/prompts/** text eol=lf",
    # If git merged two states line by line, the result would be a third state, which no run has written.
    "state/*.json -merge",
    "state/*.releases/*.json -merge",
)


def write_starter(folder: Path) -> list[Path]:
    """Writes a small example project into `folder`, and returns the paths of the written files.

    The manifests are written to `manifests/`. Missing lines are added to `.gitignore` and `.gitattributes`. If any
    other file of the example exists already, raises UsageError before anything is written.
    """
    manifests = folder / "manifests"
    contents = {
        manifests / FILE: HEADER + SETTINGS.format(project=_project(folder)),
        manifests / "assistants.yaml": HEADER + ASSISTANTS,
        manifests / "prompts" / "plainly.md": PROMPT,
        manifests / SCHEMA_FILE: schema_text(),
    }
    if existing := [path.relative_to(folder).as_posix() for path in contents if os.path.lexists(path)]:
        raise UsageError(
            f"{', '.join(existing)} {'is' if len(existing) == 1 else 'are'} here already; nothing was written",
            hint="start in an empty folder, or move these away",
        )
    for path, lines in ((folder / ".gitignore", IGNORED), (folder / ".gitattributes", ATTRIBUTES)):
        if added := _with_lines(path, lines):
            contents[path] = added
    try:
        for path, text in contents.items():
            _write(folder, path, text)
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder} cannot be written: {error.strerror}",
            hint="start in an empty folder, or move away what is in the way",
        ) from error
    return list(contents)


def _write(folder: Path, path: Path, text: str) -> None:
    """Writes a text to the file `path`. An existing file is replaced. No symbolic link below `folder` is followed."""
    inner = [above for above in reversed(path.parents) if above.is_relative_to(folder)]
    for each in inner[1:]:
        make_folder(each)
    if os.path.lexists(path):
        replace_own(path, text.encode(), prefix=f".{path.name}.", mode=0o666, durable=False)
    else:
        create_own(path, text.encode())


def schema_text() -> str:
    """Returns the text of the file with the JSON Schema for manifests and settings."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _project(folder: Path) -> str:
    """Returns a name for the project. It is made from the name of the project's folder."""
    name = "".join(
        character if character.isascii() and character.isalnum() else "-" for character in folder.resolve().name.lower()
    )
    return name.strip("-") or "helpers"


def _with_lines(path: Path, lines: tuple[str, ...]) -> str | None:
    """Returns the text of the file `path`, at the end of which each missing line of `lines` is added. Returns None if
    no line is missing. Raises UsageError if the file cannot be read.
    """
    try:
        text = read_own(path, SMALL_BYTES).decode("utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path} cannot be read: {reason}", hint="make it an ordinary text file first") from error
    missing = [line for line in lines if line not in text.splitlines()]
    if not missing:
        return None
    return text + ("\n" if text and not text.endswith("\n") else "") + "".join(f"{line}\n" for line in missing)
