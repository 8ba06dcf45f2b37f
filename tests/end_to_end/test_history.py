"""`state history` after the runs of a day, and the account line of a server on this machine."""

from __future__ import annotations

import json
import re

from provisioner.core.endpoint import Endpoint
from provisioner.state.backends.holder import describe_owner
from tests.conftest import WriteProject
from tests.warm.commands import WarmProvision


def test_history_says_when_who_and_what(project: WriteProject, provision: WarmProvision) -> None:
    root = project({"a.yaml": "assistants: {a: {instructions: Help.}, b: {instructions: Help.}}"})
    assert provision("state", "history").stdout == "No state is kept yet.\n"
    first = provision("apply", "--yes")
    assert first.code == 0, first.stderr
    (root / "manifests/a.yaml").write_text("assistants: {a: {instructions: Count.}}", encoding="utf-8")
    assert provision("apply", "--yes").code == 0
    assert provision("destroy", "--yes").code == 0
    lines = provision("state", "history").stdout.splitlines()
    assert all(re.match(r"[123]  20\d\d-\d\d-\d\d \d\d:\d\d UTC  ", line) for line in lines)
    assert [line.partition(f"  {describe_owner()}  ")[2] for line in lines] == [
        "apply: 2 create",
        "apply: 1 update, 1 delete",
        "destroy: 1 delete",
    ]
    body = json.loads(provision("state", "history", "--json").stdout)
    assert [(each["serial"], each["objects"], each["written"]["command"]) for each in body] == [
        (1, 2, "apply"),
        (2, 1, "apply"),
        (3, 0, "destroy"),
    ]
    # The account of the state has no port: the same server has another one after its next start.
    assert re.search(r"^account http://127\.0\.0\.1:\d+/v1 ", first.stderr, re.MULTILINE)
    assert json.loads((root / "state/default.json").read_text(encoding="utf-8"))["account"] == "http://127.0.0.1/v1"


def test_the_port_is_displayed_and_no_part_of_the_account() -> None:
    for url, shown, account in (
        ("http://127.0.0.1:8321/v1/", "http://127.0.0.1:8321/v1", "http://127.0.0.1/v1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1", "http://localhost/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", "http://::1/v1"),
        ("https://gateway.example:8443/v1", "https://gateway.example:8443/v1", "https://gateway.example:8443/v1"),
        ("https://ann:secret@gateway.example/v1", "https://gateway.example/v1", "https://gateway.example/v1"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1", "https://api.openai.com/v1"),
    ):
        endpoint = Endpoint(url, "sk-test", "OPENAI_API_KEY", "org_1", "proj_1")
        assert endpoint.shown_account == f"{shown} org_1 proj_1"
        assert endpoint.account == f"{account} org_1 proj_1"
