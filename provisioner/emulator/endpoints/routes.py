"""Defines the table that maps methods and paths to endpoints."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.emulator.endpoints import (
    agents,
    assistants,
    batches,
    containers,
    conversations,
    files,
    models,
    search,
    skill_versions,
    skills,
    store_files,
    stores,
    templates,
    uploads,
)
from provisioner.emulator.endpoints.responses import endpoints as responses
from provisioner.emulator.endpoints.sessions.routes import ROUTES as SESSION_ROUTES
from provisioner.emulator.endpoints.threads.routes import ROUTES as THREAD_ROUTES
from provisioner.emulator.messages.request import Endpoint

UPLOAD = "/uploads/{upload_id}"
STORE = "/vector_stores/{vector_store_id}"
BATCH = STORE + "/file_batches/{batch_id}"
SKILL = "/skills/{skill_id}"
VERSION = SKILL + "/versions/{version}"
RESPONSE = "/responses/{response_id}"
CONVERSATION = "/conversations/{conversation_id}"
ITEM = CONVERSATION + "/items/{item_id}"
CONTAINER = "/containers/{container_id}"
CONTAINER_FILE = CONTAINER + "/files/{file_id}"
TEMPLATES = "/agents/environments/templates"

ROUTES: Sequence[tuple[str, str, Endpoint]] = (
    ("POST", "/files", files.create),
    ("GET", "/files", files.list_all),
    ("GET", "/files/{file_id}", files.retrieve),
    ("DELETE", "/files/{file_id}", files.delete),
    ("GET", "/files/{file_id}/content", files.download),
    ("POST", "/uploads", uploads.create),
    ("POST", UPLOAD + "/parts", uploads.add_part),
    ("POST", UPLOAD + "/complete", uploads.complete),
    ("POST", UPLOAD + "/cancel", uploads.cancel),
    ("POST", "/vector_stores", stores.create),
    ("GET", "/vector_stores", stores.list_all),
    ("GET", STORE, stores.retrieve),
    ("POST", STORE, stores.update),
    ("DELETE", STORE, stores.delete),
    ("POST", STORE + "/search", search.search),
    ("POST", STORE + "/files", store_files.create),
    ("GET", STORE + "/files", store_files.list_all),
    ("GET", STORE + "/files/{file_id}", store_files.retrieve),
    ("POST", STORE + "/files/{file_id}", store_files.update),
    ("DELETE", STORE + "/files/{file_id}", store_files.delete),
    ("GET", STORE + "/files/{file_id}/content", store_files.content),
    ("POST", STORE + "/file_batches", batches.create),
    ("GET", BATCH, batches.retrieve),
    ("POST", BATCH + "/cancel", batches.cancel),
    ("GET", BATCH + "/files", batches.list_files),
    ("POST", "/skills", skills.create),
    ("GET", "/skills", skills.list_all),
    ("GET", SKILL, skills.retrieve),
    ("POST", SKILL, skills.update),
    ("DELETE", SKILL, skills.delete),
    ("GET", SKILL + "/content", skills.content),
    ("POST", SKILL + "/versions", skill_versions.create),
    ("GET", SKILL + "/versions", skill_versions.list_all),
    ("GET", VERSION, skill_versions.retrieve),
    ("DELETE", VERSION, skill_versions.delete),
    ("GET", VERSION + "/content", skill_versions.content),
    ("POST", "/assistants", assistants.create),
    ("GET", "/assistants", assistants.list_all),
    ("GET", "/assistants/{assistant_id}", assistants.retrieve),
    ("POST", "/assistants/{assistant_id}", assistants.update),
    ("DELETE", "/assistants/{assistant_id}", assistants.delete),
    *SESSION_ROUTES,
    ("POST", TEMPLATES, templates.create),
    ("GET", TEMPLATES, templates.list_all),
    ("GET", TEMPLATES + "/{template_id}", templates.retrieve),
    ("POST", TEMPLATES + "/{template_id}", templates.update),
    ("DELETE", TEMPLATES + "/{template_id}", templates.delete),
    ("POST", "/agents", agents.create),
    ("GET", "/agents", agents.list_all),
    ("GET", "/agents/{agent_id}", agents.retrieve),
    ("POST", "/agents/{agent_id}", agents.update),
    ("DELETE", "/agents/{agent_id}", agents.delete),
    ("POST", "/responses", responses.create),
    ("POST", "/responses/input_tokens", responses.count_input),
    ("GET", RESPONSE, responses.retrieve),
    ("DELETE", RESPONSE, responses.delete),
    ("POST", RESPONSE + "/cancel", responses.cancel),
    ("GET", RESPONSE + "/input_items", responses.list_input),
    ("POST", "/conversations", conversations.create),
    ("GET", CONVERSATION, conversations.retrieve),
    ("POST", CONVERSATION, conversations.update),
    ("DELETE", CONVERSATION, conversations.delete),
    ("POST", CONVERSATION + "/items", conversations.create_items),
    ("GET", CONVERSATION + "/items", conversations.list_items),
    ("GET", ITEM, conversations.retrieve_item),
    ("DELETE", ITEM, conversations.delete_item),
    ("POST", "/containers", containers.create),
    ("GET", "/containers", containers.list_all),
    ("GET", CONTAINER, containers.retrieve),
    ("DELETE", CONTAINER, containers.delete),
    ("POST", CONTAINER + "/files", containers.create_file),
    ("GET", CONTAINER + "/files", containers.list_files),
    ("GET", CONTAINER_FILE, containers.retrieve_file),
    ("DELETE", CONTAINER_FILE, containers.delete_file),
    ("GET", CONTAINER_FILE + "/content", containers.download_file),
    ("GET", "/models", models.list_all),
    ("GET", "/models/{model}", models.retrieve),
    *THREAD_ROUTES,
)

Route = tuple[tuple[str, ...], Endpoint]


def _group_routes() -> dict[tuple[str, int, str], list[Route]]:
    """Returns the routes in groups, so that a request is compared with the few routes of one group. The key of a group
    contains three values: the method, the number of parts of the path, and the first part of the path.
    """
    groups: dict[tuple[str, int, str], list[Route]] = {}
    for method, path, endpoint in ROUTES:
        template = tuple(path.strip("/").split("/"))
        groups.setdefault((method, len(template), template[0]), []).append((template, endpoint))
    return groups


_GROUPS = _group_routes()


def find_endpoint(method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """Returns the endpoint for a method and a path, and the values of the parameters in the path. `path` begins after
    `/v1`. Returns None if there is no such endpoint.
    """
    parts = path.removeprefix("/").split("/")
    for template, endpoint in _GROUPS.get((method, len(parts), parts[0]), ()):
        pairs = list(zip(template, parts, strict=True))
        if all(part and (name[0] == "{" or name == part) for name, part in pairs):
            return endpoint, {name[1:-1]: part for name, part in pairs if name[0] == "{"}
    return None
