"""Defines the endpoints for versions of skills: create, list, retrieve, delete, download. Each new version gets the
next number. A number is used only once, even if its version is deleted.
"""

from __future__ import annotations

from provisioner.emulator.checks.skill_bundle import MAX_FORM, read_bundle
from provisioner.emulator.endpoints.skills import (
    SKILLS,
    VERSIONS,
    add_version,
    find_version,
    make_default,
    read_archive,
    remove_version,
)
from provisioner.emulator.messages.refusal import Refusal, unsupported_value
from provisioner.emulator.messages.request import ApiRequest, Reply, takes_form


@takes_form(MAX_FORM)
def create(call: ApiRequest) -> Reply:
    """Handles `POST /skills/{skill_id}/versions`: stores a new version and returns it."""
    skill = SKILLS.find(call, call.ids["skill_id"])
    bundle = read_bundle(call, "default")
    default = call.body.get("default", "false")
    if default not in ("true", "false"):
        raise unsupported_value("default", default, ("true", "false"))
    number = str(int(skill["latest_version"]) + 1)
    version = add_version(call, skill, number, bundle)
    if default == "true":
        make_default(call, skill, version, number)
    else:
        SKILLS.keep(call, {**skill, "latest_version": number})
    return version


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /skills/{skill_id}/versions`: returns a page of the versions."""
    return VERSIONS.list(call, skill_id=SKILLS.find(call, call.ids["skill_id"])["id"])


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /skills/{skill_id}/versions/{version}`: returns the version."""
    return find_version(call, call.ids["skill_id"], call.ids["version"])


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /skills/{skill_id}/versions/{version}`: deletes the version. If the skill has no other version,
    the skill is deleted too.
    """
    skill = SKILLS.find(call, call.ids["skill_id"])
    version = find_version(call, skill["id"], call.ids["version"])
    is_last = len(VERSIONS.all(call, skill_id=skill["id"])) == 1
    if not is_last and skill["default_version"] == version["version"]:
        message = "The default version of a skill cannot be deleted. Set another default version first."
        raise Refusal(400, message, code="invalid_request")
    reply = remove_version(call, version)
    if is_last:
        SKILLS.remove(call, skill["id"])
    return {**reply, "version": version["version"]}


def content(call: ApiRequest) -> Reply:
    """Handles `GET /skills/{skill_id}/versions/{version}/content`: returns the ZIP archive of the version."""
    return read_archive(call, find_version(call, call.ids["skill_id"], call.ids["version"]))
