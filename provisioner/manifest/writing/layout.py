"""Divides manifest entries into the files of a folder:

1. An assistant with instructions of several lines, or of more than SHORT_PROSE characters, is written to
   `assistants/NAME.md`, with all its fields.
2. If these instructions are very long, or if several assistants have them, they are written to `prompts/NAME.md`
   instead.
3. Long parameters of a declared tool are written to `schemas/NAME.json`.
4. The files of a skill are written to `skills/NAME/`.
5. All other entries are written to YAML files, one file for each section.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provisioner.core.addresskind import ASSISTANT_KIND, SKILL_KIND, TOOL_KIND
from provisioner.core.assistant_fields import ASSISTANT_FIELDS
from provisioner.core.kinds import KINDS
from provisioner.core.kinds.sections import IMPORTS
from provisioner.manifest.expressions.parser import escape
from provisioner.manifest.resources.instructions import looks_like_path
from provisioner.manifest.writing.entries import Entries
from provisioner.manifest.writing.names import Names
from provisioner.manifest.writing.yaml_text import write_yaml

#: The most characters of instructions of one line that are written in a YAML manifest.
SHORT_PROSE = 240
#: Instructions with more characters than this are written to `prompts/NAME.md`. Shorter ones can be the body of
#: `assistants/NAME.md`.
LONG_PROSE = 4_000
#: A tool's parameters with more characters of JSON than this are written to `schemas/NAME.json`.
LONG_SCHEMA = 1_500
#: The fields of an assistant in the order of the docs; instructions are last, because they are the longest.
ORDER = {name: index for index, name in enumerate(ASSISTANT_FIELDS) if name != "instructions"}


def lay_out(entries: Entries) -> dict[str, str]:
    """Returns the texts of all files except those of skills, keyed by the path in the folder. Paths contain `/` between
    folders.
    """
    files: dict[str, str] = {}
    sections = {section: dict(each) for section, each in entries.sections.items()}
    assistants = sections.pop(ASSISTANT_KIND.section, {})
    if TOOL_KIND.section in sections:
        sections[TOOL_KIND.section] = {
            name: _lay_out_tool(name, tool, files) for name, tool in sections[TOOL_KIND.section].items()
        }
    sections = escape(sections)
    prompts = _prompts(assistants)
    kept: dict[str, Any] = {}
    for name, entry in assistants.items():
        ordered = dict(sorted(entry.items(), key=lambda pair: ORDER.get(pair[0], len(ORDER))))
        text = ordered.pop("instructions", None)
        ordered = escape(ordered)
        if not isinstance(text, str):
            kept[name] = ordered | ({} if text is None else {"instructions": text})
        elif text in prompts:
            path = f"prompts/{prompts[text]}.md"
            files[path] = f"{text}\n"
            kept[name] = {**ordered, "instructions": [{"file": path}]}
        elif _is_prose(text) and _fits_markdown(text):
            files[f"assistants/{name}.md"] = f"---\n{write_yaml(ordered) if ordered else ''}---\n\n{text}\n"
        else:
            kept[name] = {**ordered, "instructions": [{"text": text}] if looks_like_path(text) else text}
    sections[ASSISTANT_KIND.section] = kept
    for kind in KINDS:
        if sections.get(kind.section):
            files[f"{kind.section}.yaml"] = write_yaml({kind.section: sections[kind.section]}, levels=3)
    if entries.imports:
        files[f"{IMPORTS}.yaml"] = write_yaml({IMPORTS: list(entries.imports)}, levels=2)
    return dict(sorted(files.items()))


def lay_out_skills(entries: Entries) -> dict[str, bytes]:
    """Returns the contents of the files of all skills, keyed by the path in the folder, such as
    `skills/NAME/SKILL.md`.
    """
    return {
        f"{SKILL_KIND.section}/{name}/{path}": content
        for name, files in entries.folders.items()
        for path, content in files.items()
    }


def _lay_out_tool(name: str, tool: Mapping[str, Any], files: dict[str, str]) -> dict[str, Any]:
    parameters = tool.get("parameters")
    if parameters is None or len(json.dumps(parameters, ensure_ascii=False)) <= LONG_SCHEMA:
        return dict(tool)
    path = f"schemas/{name}.json"
    files[path] = json.dumps(parameters, ensure_ascii=False, indent=2) + "\n"
    return {key: {"file": path} if key == "parameters" else value for key, value in tool.items()}


def _prompts(assistants: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Returns the instructions that are written to files in `prompts/`. The result maps the text of the instructions to
    the name of the file, without extension. `assistants` maps the names of assistants to their entries.
    """
    owners: dict[str, list[str]] = {}
    for name, entry in assistants.items():
        text = entry.get("instructions")
        if isinstance(text, str) and _is_prose(text):
            owners.setdefault(text, []).append(name)
    names = Names()
    return {
        text: names.choose("prompts", found[0], "prompt", exact=True)
        for text, found in owners.items()
        if (len(found) > 1 or len(text) > LONG_PROSE or not _fits_markdown(text)) and _fits_file(text)
    }


def _is_prose(text: str) -> bool:
    return "\n" in text or len(text) > SHORT_PROSE


def _fits_file(text: str) -> bool:
    """Returns whether a text is unchanged when it is written to a text file and read back. Empty lines at the end, line
    ends other than `\\n`, and a byte-order mark would be lost.
    """
    return bool(text.strip()) and text == text.rstrip("\n") and "\r" not in text and not text.startswith("\ufeff")


def _fits_markdown(text: str) -> bool:
    """Returns whether a text is unchanged when it is written as the body of a Markdown file and read back. Whitespace
    at the beginning would be lost.
    """
    return _fits_file(text) and not text[:1].isspace()
