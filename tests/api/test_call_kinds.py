"""The kind of a call follows from its method and its path."""

from __future__ import annotations

import pytest

from provisioner.openai_api.http.call_kinds import CallKind, classify


@pytest.mark.parametrize("base", ["", "/v1", "/openai/v1/"])
@pytest.mark.parametrize(
    ("method", "path", "kind", "scope", "endpoint"),
    [
        ("GET", "/files", CallKind.READ, "", "GET /files"),
        ("GET", "/vector_stores/vs_1/files/file-2", CallKind.READ, "", "GET /vector_stores/*/files/*"),
        ("POST", "/vector_stores/vs_1/search", CallKind.READ, "", "POST /vector_stores/*/search"),
        ("POST", "/files", CallKind.UPLOAD, "", "POST /files"),
        ("POST", "/uploads/upload_1/parts", CallKind.UPLOAD, "", "POST /uploads/*/parts"),
        ("POST", "/skills/skill_1/versions", CallKind.UPLOAD, "", "POST /skills/*/versions"),
        ("POST", "/skills/skill_1", CallKind.OTHER, "skills", "POST /skills/*"),
        ("POST", "/vector_stores", CallKind.STORE_WRITE, "", "POST /vector_stores"),
        ("POST", "/vector_stores/vs_1", CallKind.STORE_WRITE, "vs_1", "POST /vector_stores/*"),
        (
            "POST",
            "/vector_stores/vs_1/file_batches",
            CallKind.STORE_WRITE,
            "vs_1",
            "POST /vector_stores/*/file_batches",
        ),
        ("DELETE", "/vector_stores/vs_1/files/f", CallKind.STORE_WRITE, "vs_1", "DELETE /vector_stores/*/files/*"),
        ("DELETE", "/files/file-1", CallKind.OTHER, "files", "DELETE /files/*"),
        ("POST", "/responses", CallKind.OTHER, "responses", "POST /responses"),
        ("POST", "/agents/agent_1", CallKind.OTHER, "agents", "POST /agents/*"),
    ],
)
def test_kinds(base: str, method: str, path: str, kind: CallKind, scope: str, endpoint: str) -> None:
    found = classify(method, base.rstrip("/") + path)
    assert (found.kind, found.scope, found.endpoint) == (kind, scope, endpoint)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/nothing/known"])
def test_unknown_paths_are_other_calls(path: str) -> None:
    assert classify("POST", path).kind is CallKind.OTHER
