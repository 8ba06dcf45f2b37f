"""Secrets and hostile names, in every output of the command line as a process."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.conftest import Finished, Provision, WriteProject

KEY = "sk-proj-Zx9+/Ab=3kQ7&mW2_tR5-uY8.pL1"
ENCODED = {
    "plain": KEY,
    "quoted": quote(KEY, safe=""),
    "quoted lower": quote(KEY, safe="").lower(),
    "plus": quote_plus(KEY),
    "base64": base64.b64encode(KEY.encode()).decode().rstrip("="),
    "basic": base64.b64encode(f"user:{KEY}".encode()).decode(),
    "hex": KEY.encode().hex(),
    "json": json.dumps(KEY).replace("/", "\\/"),
    "percent": "".join(f"%{byte:02X}" for byte in KEY.encode()),
    "unicode": "".join(f"\\u{ord(each):04x}" for each in KEY),
    "html": KEY.replace("&", "&amp;"),
}
#: Pieces of the key that no encoding changes, and of its other forms.
TRACES = ("Zx9", "3kQ7", "tR5", "pL1", KEY.encode().hex()[:30], base64.b64encode(KEY.encode()).decode()[6:24])
MANIFEST = "vector_stores: {notes: {name: notes, files: []}}\nassistants: {tutor: {instructions: Teach.}}\n"
#: Characters that a terminal acts upon, or that turn text round or hide it.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
HOSTILE = "a\n::error::forged\n##[error]b\u202ec\x9b2Jd\x1b[2Je\u200bf\u2028::add-mask::g"
FORMS = (
    ["plan"], ["plan", "-v"], ["plan", "--json"], ["plan", "--markdown"], ["validate"], ["validate", "--json"],
    ["lint", "--offline"], ["lint", "--offline", "--format", "sarif"], ["lint", "--offline", "--format", "gitlab"],
    ["lint", "--offline", "--json"], ["graph"], ["graph", "--format", "dot"], ["graph", "--format", "svg"],
    ["graph", "--format", "json"], ["graph", "--plan"], ["show"], ["output"], ["state", "list"],
)  # fmt: skip


class Echo(BaseHTTPRequestHandler):
    """Answers with the key that it was sent, in every form, in the message and in headers."""

    def do_GET(self) -> None:
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        told = " ".join(ENCODED.values()).replace(KEY, key)
        body = json.dumps({"error": {"message": f"Incorrect key: {told}\n::error::x\x9b\u202e", "code": key}}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-request-id", key)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    """The base URL of a server that repeats the key."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


def assert_secret(text: str) -> None:
    assert [trace for trace in TRACES if trace in text] == [], text


def assert_harmless(text: str) -> None:
    assert UNSEEN.findall(text) == [], text
    assert COMMAND.findall(text) == [], text


def said(ended: Finished) -> str:
    return ended.stdout + ended.stderr


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("around", ["\n", "\r\n", " ", "\t \n"])
def test_a_key_with_white_space_around_it_works(project: WriteProject, provision: Provision, around: str) -> None:
    root = project({"a.yaml": MANIFEST})
    ended = provision("plan", "-v", env={"OPENAI_API_KEY": f"{around}{KEY}{around}"})
    assert ended.code == 0, said(ended)
    (root / ".env").write_text(f'OPENAI_API_KEY="{KEY}\\n"\n', encoding="utf-8")
    assert provision("plan", env={"OPENAI_API_KEY": None}).code == 0


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("inside", [" ", "\n", "\x07", "é", "\u202e", "\u2028"])
@pytest.mark.parametrize("form", [["plan", "-v"], ["plan", "--json"]])
def test_a_key_that_no_header_can_carry_is_not_shown(
    project: WriteProject, provision: Provision, inside: str, form: list[str]
) -> None:
    project({"a.yaml": MANIFEST})
    ended = provision(*form, env={"OPENAI_API_KEY": f"{KEY[:18]}{inside}{KEY[18:]}"}, online=False)
    assert ended.code == 1
    assert "holds" in said(ended)
    assert "Traceback" not in said(ended)
    assert_secret(said(ended))


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "form",
    [["plan"], ["plan", "-v"], ["plan", "--json"], ["plan", "--markdown"], ["apply", "--yes"], ["graph", "--plan"],
     ["lint"], ["lint", "--format", "sarif"], ["lint", "--format", "gitlab"], ["state", "rebuild"]],
    ids=" ".join,
)  # fmt: skip
def test_a_server_that_repeats_the_key(
    project: WriteProject, provision: Provision, tmp_path: Path, echo: str, form: list[str]
) -> None:
    root = project({"a.yaml": MANIFEST})
    summary = tmp_path / "summary"
    files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(summary)}
    env = {"OPENAI_API_KEY": f"{KEY}\n", "OPENAI_BASE_URL": echo, "OPENAI_LOG": "debug", **files}
    ended = provision(*form, env=env, online=False)
    assert_secret(said(ended))
    assert_harmless(said(ended))
    if "lint" not in form:
        assert "(redacted)" in said(ended)
    written = [path for path in root.rglob("*") if path.is_file() and "manifests" not in path.parts]
    for path in written:
        assert_secret(path.read_text(encoding="utf-8"))


def test_the_key_of_a_usage_error(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": MANIFEST})
    for words in (["plan", "--only", f"{KEY}\n::error::x"], [KEY], ["plan", f"--only={KEY}"], ["show", HOSTILE]):
        ended = provision(*words, env={"OPENAI_API_KEY": KEY})
        assert ended.code == 1
        assert_secret(said(ended))
        assert_harmless(said(ended))


@pytest.mark.thorough
def test_other_secrets_of_the_environment(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": MANIFEST})
    secrets = {
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY",
        "PGPASSWORD": "hunter2-hunter2",
        "GITHUB_TOKEN": "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
        "DATABASE_URL": "postgresql://user:s3cr%40t-s3cret@db/x",
        "MY_TOKEN": "tok-1234567890-abc",
    }
    for value in (*list(secrets.values())[:3], "s3cr@t-s3cret", "s3cr%40t-s3cret", "tok-1234567890-abc"):
        ended = provision("show", f"assistant.{value}", env=secrets)
        assert ended.code == 1
        assert value not in said(ended)
        assert "(redacted)" in said(ended)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_names_that_would_forge_lines(
    project: WriteProject, provision: Provision, tmp_path: Path, form: list[str]
) -> None:
    name = json.dumps(HOSTILE)
    root = project(
        {
            "provision.yaml": f"project: {json.dumps('p')}\nstate: ../state\ndefaults: {{model: gpt-6-luna}}\n",
            "a.yaml": f"assistants:\n  tutor:\n    name: {name}\n    instructions: {name}\n"
            f"    metadata: {{{name}: {name}}}\nvector_stores:\n  s: {{name: {name}, files: ['*.txt']}}\n",
            "b\n::error::forged ##[error]\u202e\x9b.txt": "text",
            "![x](evil.png) [l](evil.example) ~~gone~~ `y`.txt": "text",
        }
    )
    files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    ended = provision(*form, env=files)
    assert "Traceback" not in said(ended)
    assert_harmless(ended.stdout)
    assert_harmless(ended.stderr)
    for path in map(Path, files.values()):
        if path.exists():
            assert_harmless(path.read_text(encoding="utf-8"))
    if "json" in form[-1] or form[-1] in ("sarif", "gitlab"):
        json.loads(ended.stdout)
    assert root.exists()


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("settings", ["project", "openai_project", "organization"])
def test_settings_that_would_forge_lines(project: WriteProject, provision: Provision, settings: str) -> None:
    lines = {"project": "p", "state": "../state", settings: HOSTILE}
    project({"provision.yaml": "".join(f"{key}: {json.dumps(value)}\n" for key, value in lines.items())})
    for form in (["plan", "-v"], ["plan", "--json"], ["validate"], ["lint", "--offline"]):
        ended = provision(*form)
        assert_harmless(said(ended))


def test_a_page_and_a_kept_plan(project: WriteProject, provision: Provision, tmp_path: Path) -> None:
    project({"a.yaml": f"assistants: {{tutor: {{instructions: {json.dumps(f'Say {KEY} {HOSTILE}')}}}}}\n"})
    page, kept = tmp_path / "page.html", tmp_path / "kept.plan"
    env = {"PROVISION_STATE_KEY": KEY}
    shown = provision("plan", "--html", page, env=env)
    assert_secret(said(shown) + page.read_text(encoding="utf-8"))
    assert_harmless(page.read_text(encoding="utf-8"))
    ended = provision("plan", "--out", kept, env=env)
    assert (ended.code, kept.exists()) == (3, False), said(ended)


def test_json_keeps_what_is_no_secret(project: WriteProject, provision: Provision) -> None:
    text = "##[group]x \u202e ::error:: postgres sk-proj-other"
    project({"a.yaml": f"assistants: {{tutor: {{instructions: {json.dumps(text)}}}}}\n"})
    ended = provision("plan", "--json", env={"PGPASSWORD": "postgres"})
    [change] = [each for each in json.loads(ended.stdout)["changes"] if each["address"] == "assistant.tutor"]
    assert change["after"]["instructions"] == text
    assert_harmless(ended.stdout)
