"""`provision init`: a small project to start from."""

from __future__ import annotations

import json
from pathlib import Path

from provisioner.errors import UsageError
from provisioner.manifest.schema import json_schema
from provisioner.manifest.settings import FILE

SCHEMA_FILE = ".provision-schema.json"
HEADER = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"

SETTINGS = """\
project: {project}
target: responses # responses | agents | assistants
state: ../state # a folder, or the URL of a remote backend
defaults: {{model: gpt-6-luna}} # for every assistant that does not say otherwise

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
)


def write_starter(folder: Path) -> list[Path]:
    """Writes a small project into `folder`, and returns the files written.

    The manifests go to `manifests/`. Lines that a `.gitignore` or `.gitattributes` lacks are added to it.
    Raises UsageError, before anything is written, where one of the other files exists.
    """
    manifests = folder / "manifests"
    contents = {
        manifests / FILE: HEADER + SETTINGS.format(project=_project(folder)),
        manifests / "assistants.yaml": HEADER + ASSISTANTS,
        manifests / "prompts" / "plainly.md": PROMPT,
        manifests / SCHEMA_FILE: schema_text(),
    }
    if existing := [path.relative_to(folder).as_posix() for path in contents if path.exists()]:
        raise UsageError(
            f"{', '.join(existing)} {'is' if len(existing) == 1 else 'are'} here already; nothing was written",
            hint="start in an empty folder, or move these away",
        )
    for path, lines in ((folder / ".gitignore", IGNORED), (folder / ".gitattributes", ATTRIBUTES)):
        if added := _with_lines(path, lines):
            contents[path] = added
    for path, text in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(contents)


def schema_text() -> str:
    """The JSON Schema as it is written to a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _project(folder: Path) -> str:
    """A project's name made from its folder's."""
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in folder.resolve().name.lower())
    return name.strip("-") or "helpers"


def _with_lines(path: Path, lines: tuple[str, ...]) -> str | None:
    """The file's text with the lines that it lacks, or None where it lacks none."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in lines if line not in text.splitlines()]
    if not missing:
        return None
    return text + ("\n" if text and not text.endswith("\n") else "") + "".join(f"{line}\n" for line in missing)
