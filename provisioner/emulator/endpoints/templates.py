"""Defines the endpoints for environment templates (beta). Hosted environments of agents are created from these
templates. Confidential fields, such as setup commands, are not stored.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.endpoints import files
from provisioner.emulator.endpoints.documents import DocumentTable
from provisioner.emulator.messages.refusal import Refusal, invalid
from provisioner.emulator.messages.request import ApiRequest, Reply

TEMPLATES = DocumentTable("agent.environment.template", "envtmpl_", "environment template")
WORKSPACE = PurePosixPath("/workspace")

Fields = dict[str, Any]


def create(call: ApiRequest) -> Reply:
    """Handles `POST /agents/environments/templates`: creates a template and returns it."""
    body = check_body(call.body, "beta.agents.environments.TemplateCreateParams")
    _check_confidential(body)
    fields = {name: resolve(call, body.get(name)) for name, resolve in RESOLVE.items()}
    return TEMPLATES.add(call, {**fields, "updated_at": call.second})


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /agents/environments/templates`: returns a page of the templates."""
    return TEMPLATES.list(call)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /agents/environments/templates/{template_id}`: returns the template."""
    return TEMPLATES.find(call, call.ids["template_id"])


def update(call: ApiRequest) -> Reply:
    """Handles `POST /agents/environments/templates/{template_id}`: changes the template and returns it. An omitted
    field keeps its value, and null resets a field to its default.
    """
    old = TEMPLATES.find(call, call.ids["template_id"])
    body = check_body(call.body, "beta.agents.environments.TemplateUpdateParams")
    _check_confidential(body)
    fields = {name: resolve(call, body[name]) for name, resolve in RESOLVE.items() if name in body}
    return TEMPLATES.keep(call, {**old, **fields, "updated_at": call.second})


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /agents/environments/templates/{template_id}`: deletes the template."""
    return TEMPLATES.remove(call, call.ids["template_id"])


def _check_confidential(body: Fields) -> None:
    """Raises Refusal if the setup commands in `body` are not valid. The setup commands are checked but not stored,
    because the API never returns them.
    """
    for index, command in enumerate(body.get("setup_commands") or []):
        cwd = command.get("cwd")
        if cwd is not None and not cwd.startswith("/"):
            raise invalid(f"setup_commands[{index}].cwd", "must be an absolute path.")


def _files(call: ApiRequest, given: list[Fields] | None) -> list[Fields]:
    found = [_file(call, file, f"files[{index}]") for index, file in enumerate(given or [])]
    paths = [file["path"] for file in found]
    for index, path in enumerate(paths):
        if path in paths[:index]:
            raise invalid(f"files[{index}].path", f"'{path}' is given twice.")
    return found


def _file(call: ApiRequest, file: Fields, at: str) -> Fields:
    path = PurePosixPath(file["path"])
    if WORKSPACE not in path.parents or ".." in path.parts:
        raise invalid(f"{at}.path", f"must be an absolute path inside {WORKSPACE}.")
    if file["type"] == "inline":
        return {"type": "inline", "path": file["path"], "size_bytes": len(_decode(file["data"], f"{at}.data"))}
    try:
        files.find(call, file["file_id"])
    except Refusal as error:
        message = f"No file found with id '{file['file_id']}'."
        raise Refusal(400, message, code="invalid_value", param=f"{at}.file_id") from error
    return {"type": "file_id", "path": file["path"], "file_id": file["file_id"]}


def _decode(data: str, at: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(at, "must be standard base64.") from error


def _network(call: ApiRequest, given: Fields | None) -> Fields:
    """Returns the network policy `given` without its blocked domains, because the API does not return blocked domains.
    Raises Refusal if the policy is not valid.

    If `given` is None, returns the default. The SDK's types say that the default depends on the API's version. In the
    emulator, the default is no network access.
    """
    given = given or {"access": "disabled"}
    allowed, blocked = given.get("allowed_domains") or [], given.get("blocked_domains") or []
    if blocked and given["access"] != "restricted":
        raise invalid("network.blocked_domains", "requires access 'restricted'.")
    if blocked and allowed:
        raise invalid("network.blocked_domains", "cannot be combined with 'allowed_domains'.")
    if any("*" in domain for domain in blocked):
        raise invalid("network.blocked_domains", "wildcard domains are not supported.")
    return {"access": given["access"], "allowed_domains": allowed}


def _packages(call: ApiRequest, given: Fields | None) -> Fields:
    return {name: (given or {}).get(name) or [] for name in ("npm", "python", "system")}


def _capabilities(call: ApiRequest, given: list[Fields] | None) -> list[Fields]:
    """Returns the skills or plugins in `given` without their archives, because the API does not return archives. If
    `given` is None, the list is empty.
    """
    found = []
    for item in given or []:
        if item["type"] == "skill_reference":
            found.append({"type": item["type"], "skill_id": item["skill_id"], "version": item.get("version")})
        else:
            found.append({name: item[name] for name in ("type", "name", "description")})
    return found


def _desktop(call: ApiRequest, given: Fields | None) -> Fields:
    return {"enabled": given["enabled"] if given else False}


RESOLVE: dict[str, Callable[[ApiRequest, Any], Any]] = {
    "name": lambda call, given: given,
    "files": _files,
    "network": _network,
    "packages": _packages,
    "capability_directories": lambda call, given: given or [],
    "skills": _capabilities,
    "plugins": _capabilities,
    "desktop": _desktop,
}
"""For each field, the function that returns the stored value for the value in a request. None gives the default."""
