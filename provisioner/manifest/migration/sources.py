"""Opens the sources that the user named, recognises their formats, and calls the reader of each format."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from provisioner.core.errors import UsageError
from provisioner.core.files.limits import MEBIBYTE
from provisioner.core.files.listing import Listings, check_level
from provisioner.core.files.named import open_named, read_named
from provisioner.core.files.patterns import LimitExceeded
from provisioner.manifest.migration.agent_files import make_agent, reads_like_agent
from provisioner.manifest.migration.decoding import Undecodable, Utf8Stream, decode
from provisioner.manifest.migration.json_source import JsonReader, place_objects
from provisioner.manifest.migration.python_source import PythonReader, parse_python
from provisioner.manifest.migration.reading import Kept, Reading, Text
from provisioner.manifest.migration.terraform_hcl import read_hcl
from provisioner.manifest.migration.transcripts import read_transcript
from provisioner.manifest.migration.typescript import read_typescript
from provisioner.manifest.parsing.document import shown
from provisioner.manifest.parsing.frontmatter import FrontMatter, find_front_matter
from provisioner.manifest.parsing.reading import read_yaml_text

#: The most bytes of a source that is read as a whole. JSON is read as a stream, so it may be larger.
TEXT_BYTES = 32 * MEBIBYTE
#: The most bytes of a JSON source that is read a second time, to find the lines of its objects and errors.
PLACED_BYTES = 4 * MEBIBYTE
#: The most files that are read from one folder.
FILES = 10_000
#: Folders of installed packages and of tools, which contain no sources.
SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "site-packages", "dist", "build"})

JSON = (".json", ".jsonl", ".ndjson", ".ipynb", ".tfstate")
PYTHON = (".py", ".pyi")
SCRIPTS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
HCL = (".tf",)
YAML = (".yaml", ".yml")
MARKDOWN = (".md", ".markdown", ".mdx")
#: A line of front matter that only the front matter of an agent has.
AGENT_FIELD = re.compile(r"^(?:model|tools)[ ]*:", re.MULTILINE)
#: The extensions of the files that are read from a folder. Files with other extensions are read if the user names them.
SEARCHED = frozenset((*JSON, *PYTHON, *SCRIPTS, *YAML, *MARKDOWN, *HCL))


def read_sources(paths: list[Path]) -> Iterator[tuple[Path, Reading]]:
    """Yields the path of each source, with the objects and problems in it. In a folder, each file with an extension in
    SEARCHED is a source.

    If the objects of all JSON files together exceed the limits of manifests, no further source is read. The last item
    then reports the limit. Raises UsageError if a source does not exist or a folder is too large.
    """
    kept = Kept()
    for path, is_named in _listed(paths):
        yield path, _read(path, kept, is_named=is_named)
        if kept.find_problem() is not None:
            return


def _listed(paths: list[Path]) -> Iterator[tuple[Path, bool]]:
    """Yields the path of each source, and whether the user named this path. For a folder, yields the files in it
    instead; the user did not name these.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"there is no {path}", hint="name a dump, a transcript, source code, or a folder of them")
        if path.is_dir():
            for each in _files_in(path):
                yield each, False
        else:
            yield path, True


def _files_in(folder: Path) -> list[Path]:
    """Returns the paths of the files that the migration reads in a folder and its subfolders, sorted. These files have
    an extension in SEARCHED. Hidden files and folders, symbolic links, backups (`*.backup`) and the names in SKIPPED
    are ignored. Raises UsageError if the folder has too many files or levels.
    """
    root = Path(os.path.realpath(folder))
    listings, found, ahead = Listings(root), [], [root]
    try:
        while ahead:
            inner = ahead.pop()
            check_level(len(inner.relative_to(root).parts), inner)
            for item in listings.items(inner):
                if item.name.startswith(".") or item.name in SKIPPED or item.name.endswith(".backup"):
                    continue
                if item.kind == "folder":
                    ahead.append(inner / item.name)
                elif item.is_file and Path(item.name).suffix.lower() in SEARCHED:
                    found.append(folder / (inner / item.name).relative_to(root))
    except LimitExceeded as error:
        raise UsageError(f"{folder} cannot be read: {error}", hint="name its parts one by one") from error
    if len(found) > FILES:
        raise UsageError(f"{folder} has more than {FILES:,} files to read", hint="name its parts one by one")
    return sorted(found)


def _read(path: Path, kept: Kept, *, is_named: bool) -> Reading:
    """Returns the objects and problems in the file `path`. If the file is JSON, the sizes of the objects are added to
    `kept`. If the user named the file (`is_named`), a file without objects is reported as a problem.
    """
    reading = Reading(shown(path), kept=kept)
    suffix = path.suffix.lower()
    try:
        if suffix in JSON:
            _read_json(path, reading, is_named=is_named)
            return reading
        text = decode(read_named(path, TEXT_BYTES))
    except Undecodable as error:
        reading.report("error", str(error), error.line)
        return reading
    except OSError as error:
        reading.report("error", f"it cannot be read: {error.strerror}; check the file and its permissions")
        return reading
    reader = _reader(suffix, text)
    reader(text, reading)
    if is_named and not reading.problems and not reading.found and not reading.made:
        reading.report("warning", NOTHING)
    return reading


NOTHING = (
    "no assistant, agent, vector store, file or tool was found here; name a dump, a state, a notebook or source code "
    "that creates them"
)


def _read_json(path: Path, reading: Reading, *, is_named: bool) -> None:
    with open_named(path) as source:
        reader = JsonReader(reading)
        stream = Utf8Stream(source)
        reader.read(stream)
    if stream.size <= PLACED_BYTES and (reader.broken is not None or not reading.problems):
        place_objects(decode(read_named(path, PLACED_BYTES)) if path.is_file() else "", reader)
    if is_named and not reading.problems and not reading.found and not reading.made:
        kinds = ", ".join(f"{count:,} × {kind}" for kind, count in reader.others.most_common(3))
        reading.report("error", f"{NOTHING}{f' (it holds {kinds})' if kinds else ''}")


def _reader(suffix: str, text: str) -> Callable[[str, Reading], None]:
    """Returns the function that reads a source with the extension `suffix` and the content `text`. The content decides
    only if the extension is not known.
    """
    readers: Mapping[tuple[str, ...], Callable[[str, Reading], None]] = {
        PYTHON: _read_python,
        SCRIPTS: read_typescript,
        YAML: _read_yaml,
        MARKDOWN: _read_markdown,
        HCL: read_hcl,
    }
    for suffixes, reader in readers.items():
        if suffix in suffixes:
            return reader
    return _read_json_text if text.lstrip()[:1] in ("{", "[") else _read_text


def _read_text(text: str, reading: Reading) -> None:
    read_transcript(Text(text, reading.file), reading)


def _read_json_text(text: str, reading: Reading) -> None:
    """Reads a text that begins with `{` or `[`. The text is read as JSON or, if it is not JSON, as output of Python."""
    trial = Reading(reading.file)
    JsonReader(trial).read(Utf8Stream(io.BytesIO(text.encode("utf-8", "replace"))))
    if trial.found or trial.made or not trial.problems:
        reading.found, reading.made, reading.problems = trial.found, trial.made, trial.problems
        return
    _read_text(text, reading)
    if not reading.found and not reading.made:
        reading.problems = trial.problems


def _read_python(text: str, reading: Reading) -> None:
    try:
        tree = parse_python(text)
    except SyntaxError as error:
        message = f"this is not Python: {error.msg}; correct it, or name the file `.txt` if it is a transcript"
        reading.report("error", message, error.lineno or 1, error.offset or 1)
        return
    PythonReader(reading).read(tree.body)


def _read_yaml(text: str, reading: Reading) -> None:
    data = _yaml(text, reading)
    if isinstance(data, dict | list):
        JsonReader(reading).take(data, 1)


def _read_markdown(text: str, reading: Reading) -> None:
    found = find_front_matter(text)
    if isinstance(found, FrontMatter):
        front = text[found.begin : found.end]
        trial = Reading(reading.file)
        data = _yaml("\n" * text.count("\n", 0, found.begin) + front, trial)
        if trial.problems and AGENT_FIELD.search(front):
            reading.problems += trial.problems
            return
        if reads_like_agent(data):
            name = str(data.get("name") or Path(reading.file).stem)
            body = text[found.body :]
            reading.found.append(make_agent(name, data, body, Text(text, reading.file).place(0)))
            return
    _read_text(text, reading)


def _yaml(text: str, reading: Reading) -> Any:
    read = read_yaml_text(text, Path(reading.file))
    reading.problems += [each for each in read.diagnostics if each.severity == "error"]
    return read.document.data
