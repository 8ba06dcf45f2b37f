"""Defines the endpoints for skills: create, list, retrieve, set the default version, delete, download."""

from __future__ import annotations

from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.skill_bundle import MAX_FORM, Bundle, read_bundle
from provisioner.emulator.endpoints.documents import DocumentTable
from provisioner.emulator.messages.refusal import Refusal, invalid
from provisioner.emulator.messages.request import ApiRequest, Content, Reply, takes_form
from provisioner.emulator.storage.database import pack, unpack

SKILLS = DocumentTable("skill", "skill_", "skill")
VERSIONS = DocumentTable("skill.version", "skillver_", "skill version")
#: The kind of the rows that contain archives, and the end of their ids. The id of such a row is the version's id and
#: SUFFIX.
ARCHIVE, SUFFIX = "skill.archive", ".zip"
MEDIA_TYPE = "application/zip"

Fields = dict[str, Any]


@takes_form(MAX_FORM)
def create(call: ApiRequest) -> Reply:
    """Handles `POST /skills`: creates a skill with its first version and returns the skill."""
    bundle = read_bundle(call)
    skill = SKILLS.add(call, {"name": bundle.name, "description": bundle.description, **_pointers("1", "1")})
    add_version(call, skill, "1", bundle)
    return skill


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /skills`: returns a page of the skills."""
    return SKILLS.list(call)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /skills/{skill_id}`: returns the skill."""
    return SKILLS.find(call, call.ids["skill_id"])


def update(call: ApiRequest) -> Reply:
    """Handles `POST /skills/{skill_id}`: changes the default version and returns the skill."""
    skill = SKILLS.find(call, call.ids["skill_id"])
    body = check_body(call.body, "SkillUpdateParams")
    try:
        version = find_version(call, skill["id"], body["default_version"])
    except Refusal as error:
        raise invalid("default_version", f"the skill has no version '{body['default_version']}'.") from error
    return make_default(call, skill, version)


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /skills/{skill_id}`: deletes the skill and all its versions."""
    reply = SKILLS.remove(call, call.ids["skill_id"])
    for version in VERSIONS.all(call, skill_id=call.ids["skill_id"]):
        remove_version(call, version)
    return reply


def content(call: ApiRequest) -> Reply:
    """Handles `GET /skills/{skill_id}/content`: returns the ZIP archive of the default version."""
    skill = SKILLS.find(call, call.ids["skill_id"])
    return read_archive(call, find_version(call, skill["id"], skill["default_version"]))


def add_version(call: ApiRequest, skill: Fields, number: str, bundle: Bundle) -> Fields:
    """Stores a version of a skill with the number `number`, and returns the version. `bundle` contains its files."""
    fields = {"skill_id": skill["id"], "version": number, "name": bundle.name, "description": bundle.description}
    version = VERSIONS.add(call, fields)
    with call.database.writing():
        call.database.run(
            "INSERT INTO documents (id, kind, body) VALUES (?, ?, ?)",
            version["id"] + SUFFIX,
            ARCHIVE,
            pack(bundle.archive.hex()),
        )
    return version


def find_version(call: ApiRequest, skill_id: str, number: str) -> Fields:
    """Returns the version of a skill with the number `number`. Raises Refusal with status 404 if the version does not
    exist.
    """
    found = VERSIONS.all(call, skill_id=skill_id, version=number)
    if not found:
        raise Refusal(404, f"No {VERSIONS.title} found with version '{number}'.")
    return found[0]


def make_default(call: ApiRequest, skill: Fields, version: Fields, latest: str | None = None) -> Fields:
    """Makes `version` the default version of its skill, and returns the skill. `latest` is the number of the skill's
    newest version. If `latest` is None, this number stays as it is.
    """
    pointers = _pointers(version["version"], latest or skill["latest_version"])
    return SKILLS.keep(call, {**skill, "name": version["name"], "description": version["description"], **pointers})


def remove_version(call: ApiRequest, version: Fields) -> Fields:
    """Deletes a version and its ZIP archive, and returns the body of the response."""
    with call.database.writing():
        call.database.run("DELETE FROM documents WHERE kind = ? AND id = ?", ARCHIVE, version["id"] + SUFFIX)
    return VERSIONS.remove(call, version["id"])


def read_archive(call: ApiRequest, version: Fields) -> Reply:
    """Returns the response that contains the ZIP archive of a version."""
    row = call.database.row("SELECT body FROM documents WHERE kind = ? AND id = ?", ARCHIVE, version["id"] + SUFFIX)
    return Content(bytes.fromhex(unpack(row["body"])) if row else b"", MEDIA_TYPE)


def _pointers(default: str, latest: str) -> dict[str, str]:
    return {"default_version": default, "latest_version": latest}
