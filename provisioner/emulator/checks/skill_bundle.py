"""Checks the upload of a skill version. The upload is a ZIP archive or the files of a folder. The rules come from
OpenAI's guide to skills.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml
from msgspec import Struct

from provisioner.core.files.archives import LargeArchive, UnfitArchive, pack, unpack
from provisioner.emulator.messages.refusal import invalid, missing_parameter, unknown_parameter
from provisioner.emulator.messages.request import ApiRequest, Upload, too_large

MAX_ARCHIVE = 50 * 1024 * 1024
MAX_FILE = 25 * 1024 * 1024
MAX_FILES = 500
#: The most files that are read of an archive. The number is above MAX_FILES, so that the refusal can name the limit.
MOST_FILES_READ = 2 * MAX_FILES
#: The most bytes of a form. A folder is uploaded without compression, so a form may be larger than an archive.
MAX_FORM = 4 * MAX_ARCHIVE
MANIFEST = "skill.md"
FENCED = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
#: The pattern of a skill's name (https://agentskills.io/specification).
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = {"name": 64, "description": 1024}
PARAM = "files"


class Bundle(Struct, frozen=True):
    """Contains a valid upload of a skill: the name and the description from SKILL.md, and all files as a ZIP
    archive.
    """

    name: str
    description: str
    archive: bytes


def read_bundle(call: ApiRequest, *others: str) -> Bundle:
    """Returns the skill that the form in the request `call` contains. `others` are the names of additional fields that
    the form may contain. Raises Refusal if the form has an unknown field, or if the upload is not a valid skill.
    """
    for name in call.body:
        if name not in (PARAM, f"{PARAM}[]", *others):
            raise unknown_parameter(name)
    given = call.body.get(f"{PARAM}[]") or call.body.get(PARAM)
    uploads = given if isinstance(given, list) else [given]
    if not uploads or not all(isinstance(each, Upload) for each in uploads):
        raise missing_parameter(PARAM)
    is_archive = len(uploads) == 1 and uploads[0].filename.lower().endswith(".zip")
    found = _unpack(uploads[0].data) if is_archive else {each.filename: each.data for each in uploads}
    about = _check_files(found)
    archive = uploads[0].data if is_archive else pack(found.items(), MAX_FORM)
    return Bundle(about["name"], about["description"], archive)


def _unpack(archive: bytes) -> dict[str, bytes]:
    """Returns the files of a ZIP archive, keyed by path. Only the content of SKILL.md is returned. All other contents
    are empty, because only their paths are checked. Raises Refusal if the archive is too large or cannot be read.
    """
    if len(archive) > MAX_ARCHIVE:
        raise too_large(MAX_ARCHIVE, PARAM)
    try:
        files = unpack(archive, files=MOST_FILES_READ, file_bytes=MAX_FILE)
        return {path: data if path.lower().endswith(MANIFEST) else b"" for path, data in files}
    except LargeArchive as error:
        raise too_large(MAX_FILE, PARAM) from error
    except UnfitArchive as error:
        raise invalid(PARAM, "is not a valid zip file.") from error


def _check_sizes(sizes: Sequence[int]) -> None:
    if len(sizes) > MAX_FILES:
        raise invalid(PARAM, f"a skill version has at most {MAX_FILES} files.")
    if any(size > MAX_FILE for size in sizes):
        raise too_large(MAX_FILE, PARAM)


def _check_files(files: dict[str, bytes]) -> dict[str, str]:
    """Returns the name and the description from SKILL.md. `files` maps the path of each file to its content. Raises
    Refusal if the files are not a valid skill.
    """
    _check_sizes([len(data) for data in files.values()])
    parts = [path.split("/") for path in files]
    if any(part in ("", ".", "..") or "\\" in part for each in parts for part in each):
        raise invalid(PARAM, "paths must be relative and must not leave the folder.")
    if len({each[0] for each in parts}) != 1 or any(len(each) < 2 for each in parts):
        raise invalid(PARAM, "all files must be inside a single top-level folder.")
    manifests = [path for path in files if path.rpartition("/")[2].lower() == MANIFEST]
    if len(manifests) != 1 or manifests[0].count("/") != 1:
        raise invalid(PARAM, f"a skill must contain exactly one SKILL.md; found {len(manifests)}.", "invalid_skill")
    return _read_front_matter(files[manifests[0]])


def _read_front_matter(text: bytes) -> dict[str, str]:
    found = FENCED.match(text)
    try:
        body: Any = yaml.safe_load(found[1].decode()) if found else None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise invalid(PARAM, "SKILL.md must begin with YAML front matter.", "invalid_skill")
    for name, most in LONGEST.items():
        value = body.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            raise invalid(PARAM, f"`{name}` in SKILL.md must be a text of 1 to {most} characters.", "invalid_skill")
    if not NAME.fullmatch(body["name"]):
        message = "`name` in SKILL.md must consist of lowercase letters, digits and single hyphens."
        raise invalid(PARAM, message, "invalid_skill")
    return {name: body[name] for name in LONGEST}
