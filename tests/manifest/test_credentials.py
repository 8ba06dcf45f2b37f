"""Where a credential may stand in manifests: nowhere, except where a comment with a reason allows it."""

# ruff: noqa: E501

from __future__ import annotations

import base64
import json

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from provisioner.manifest.secret_scan.credentials import find_credentials
from tests.manifest.conftest import ProjectAt

MIX = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6"
KEY = f"sk-proj-{MIX[:24]}"
MODEL = "model: m"
PEM = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n"
JPEG = base64.b64encode(bytes(range(256)) * 8).decode()

#: A manifest that holds one credential, by what is special about it.
SECRETS = {
    "a password in metadata": f"assistants: {{a: {{{MODEL}, metadata: {{password: hunter2}}}}}}",
    "a password in the metadata of a store": "vector_stores: {a: {metadata: {db_password: hunter2}}}",
    "a password in camel case": f"assistants: {{a: {{{MODEL}, metadata: {{dbPassword: hunter2}}}}}}",
    "a password in capitals, numbered": f"assistants: {{a: {{{MODEL}, metadata: {{DB_PASSWORD_2: hunter2}}}}}}",
    "a key in extra": f"assistants: {{a: {{{MODEL}, extra: {{api_key: s3cr3tvalue}}}}}}",
    "a key deep in extra": f"assistants: {{a: {{{MODEL}, extra: {{x: [{{y: {{apiKey: {MIX[:20]}}}}}]}}}}}}",
    "a key by name and value": f"assistants: {{a: {{{MODEL}, extra: {{env: [{{name: API_KEY, value: {MIX[:20]}}}]}}}}}}",
    "a password in extra's auth": f"assistants: {{a: {{{MODEL}, extra: {{auth: {{password: hunter2}}}}}}}}",
    "a key in agents": f"assistants: {{a: {{target: agents, {MODEL}, agents: {{client_secret: {MIX[:20]}}}}}}}",
    "a key as a key": f"assistants: {{a: {{{MODEL}, metadata: {{{KEY}: x}}}}}}",
    "a key as a name": f"assistants: {{{KEY}: {{{MODEL}}}}}",
    "an attribute": f"vector_stores: {{a: {{files: [{{path: p.md, attributes: {{token: {MIX[:20]}}}}}]}}}}",
    "an attribute of a known form": f"vector_stores: {{a: {{files: [{{path: p.md, attributes: {{x: ghp_{MIX[:36]}}}}}]}}}}",
    "a default of a parameter": "tools: {t: {type: function, name: f, parameters: {type: object, properties: "
    "{password: {type: string, default: hunter2}}}}}",
    "an example of a parameter": "tools: {t: {type: function, name: f, parameters: {type: object, properties: "
    f"{{api_key: {{type: string, examples: [{MIX[:20]}]}}}}}}}}}}",
    "a description of a parameter": "tools: {t: {type: function, name: f, parameters: {type: object, properties: "
    f"{{q: {{type: string, description: 'Send {KEY}'}}}}}}}}}}",
    "an enum of a parameter": "tools: {t: {type: function, name: f, parameters: {type: object, properties: "
    f"{{q: {{type: string, enum: [{KEY}]}}}}}}}}}}",
    "a description of a function": f"tools: {{t: {{type: function, name: f, description: 'Use {KEY}'}}}}",
    "a command of an environment": "assistants: {a: {target: agents, model: m, environment: {setup_commands: "
    f"['export API_KEY={MIX[:24]}']}}}}}}",
    "a command with a password": "assistants: {a: {target: agents, model: m, environment: {setup_commands: "
    "['mysql --password=hunter2 x']}}}",
    "a header of no known name": "assistants: {a: {model: m, tools: [{type: mcp, server_label: l, server_url: "
    f"'https://a.example', headers: {{X-Team-Pass: {MIX[:20]}}}}}]}}}}",
    "a harmless header that carries a key": "assistants: {a: {model: m, tools: [{type: mcp, server_label: l, server_url: "
    f"'https://a.example', headers: {{User-Agent: {KEY}}}}}]}}}}",
    "a user in a server's address": "assistants: {a: {model: m, tools: [{type: mcp, server_label: l, server_url: "
    "'https://anna:hunter2@a.example/x'}]}}",
    "a token as the user of an address": "assistants: {a: {model: m, tools: [{type: mcp, server_label: l, server_url: "
    f"'https://{MIX[:24]}@a.example/x'}}]}}}}",
    "a token in a query": "assistants: {a: {model: m, tools: [{type: mcp, server_label: l, server_url: "
    f"'https://a.example/x?v=1&access_token={MIX[:24]}'}}]}}}}",
    "a signature in an image's address": f"assistants: {{a: {{{MODEL}, instructions: "
    f"'![x](https://a.blob.core.windows.net/x.png?sv=2024&sig={MIX[:40]}%3D)'}}}}",
    "a token in a server's path": "assistants: {a: {model: m, tools: [{type: mcp, server_label: l, server_url: "
    f"'https://a.example/api/s/{MIX[:40]}/mcp'}}]}}}}",
    "a domain's secret": "assistants: {a: {model: m, tools: [{type: code_interpreter, container: {network_policy: "
    "{type: allowlist, allowed_domains: [a.example], domain_secrets: [{domain: a.example, name: n, value: v}]}}}]}}",
    "a default of the project's": f"assistants: {{a: {{{MODEL}, prompt_cache_options: {{auth_token: {MIX[:20]}}}}}}}",
    "a value behind an anchor": f"x-a: &a {{password: hunter2}}\nassistants: {{a: {{{MODEL}, metadata: *a}}}}",
    "a connection string": f"assistants: {{a: {{{MODEL}, instructions: "
    "'Server=db;Database=x;User Id=sa;Password=hunter2;'}}",
    "a Discord webhook": f"assistants: {{a: {{{MODEL}, instructions: "
    f"'https://discord.com/api/webhooks/123456789012345678/{MIX}'}}}}",
    "a password by its name in a text": f"assistants: {{a: {{{MODEL}, instructions: 'OPENAI_API_KEY={MIX[:24]}'}}}}",
    "a default of a server that others reach": f"assistants: {{a: {{{MODEL}, instructions: "
    "'postgres://admin:admin@db.example.com/x'}}",
    "a variable that completes a key": f"assistants: {{a: {{{MODEL}, instructions: [{{text: 'sk-proj-{{{{x}}}}', "
    f"variables: {{x: {MIX[:24]}}}}}]}}}}",
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_a_credential_is_an_error_wherever_it_stands(text: str, project: ProjectAt) -> None:
    folder = project({"a.yaml": text, "p.md": "Well."})
    with pytest.raises(InvalidManifest) as raised:
        load(folder)
    told = [each for each in raised.value.diagnostics if each.rule == "secret"]
    assert told, [str(each) for each in raised.value.diagnostics]
    assert not any(value in str(each) for each in told for value in ("hunter2", MIX[:16]) if "PASSWORD" not in text)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (
            {"a.yaml": "assistants: {a: {model: m, instructions: [{file: p.md}]}}", "p.md": f"One.\nUse {KEY}."},
            "p.md:2:5",
        ),
        ({"a.yaml": "instructions: {i: {file: p.md}}", "p.md": f"One.\nUse {KEY}."}, "p.md:2:5"),
        ({"assistants/a.md": f"---\nmodel: m\n---\nOne.\nUse {KEY}."}, "assistants/a.md:5:5"),
        (
            {
                "a.yaml": "tools: {t: {type: function, name: f, parameters: {file: s.json}}}",
                "s.json": json.dumps({"type": "object", "properties": {}, "description": KEY}),
            },
            "s.json:1:54",
        ),
        (
            {"a.yaml": f"assistants:\n  a:\n    model: m\n    instructions: |\n      One.\n      Use {KEY}.\n"},
            "a.yaml:6:11",
        ),
    ],
)
def test_a_credential_is_told_where_it_stands(files: dict[str, str], place: str, project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest) as raised:
        load(project(files))
    assert [str(each.place) for each in raised.value.diagnostics] == [f"manifests/{place}"]


ALLOWED = {
    "the line above": f"assistants:\n  a:\n    model: m\n    # provision: ignore[secret] a default\n    instructions: Use {KEY}.",
    "its own line": f"assistants:\n  a:\n    model: m\n    instructions: Use {KEY}. # provision: ignore[secret] a default",
    "the key of a block": "assistants:\n  a:\n    model: m\n    instructions: | # provision: ignore[secret] a default\n"
    f"      One.\n      Use {KEY}.",
    "metadata": "assistants:\n  a:\n    model: m\n    metadata:\n"
    "      password: hunter2 # provision: ignore[secret] of the sandbox",
}


@pytest.mark.parametrize("text", ALLOWED.values(), ids=ALLOWED)
def test_a_comment_with_a_reason_allows_a_credential(text: str, project: ProjectAt) -> None:
    load(project({"a.yaml": text}))
    for bare in (text.replace(" a default", "").replace(" of the sandbox", ""), text.replace("[secret]", "[manifest]")):
        with pytest.raises(InvalidManifest):
            load(project({"a.yaml": bare}))


def test_a_comment_allows_a_credential_in_a_prompt_and_a_schema(project: ProjectAt) -> None:
    files = {
        "a.yaml": "tools:\n  t:\n    type: function\n    name: f\n    # provision: ignore[secret] a documented example\n"
        "    parameters: {file: s.json}\nassistants:\n  a:\n    model: m\n    instructions: [{file: p.md}, {file: q.md}]\n",
        "s.json": json.dumps({"type": "object", "properties": {}, "description": KEY}),
        "p.md": f"<!-- provision: ignore[secret] a documented example -->\nUse {KEY}.",
        "q.md": f"{PEM} <!-- provision: ignore[secret] only its head -->".replace("\\n", " "),
    }
    load(project(files))
    with pytest.raises(InvalidManifest):
        load(project({**files, "p.md": f"Use {KEY}."}))


HARMLESS = [
    "postgres://postgres:postgres@localhost:5432/app",
    "amqp://guest:guest@127.0.0.1:5672/",
    "mongodb://root:root@mongo:27017",
    "123e4567-e89b-12d3-a456-426614174000",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    f"data:image/jpeg;base64,{JPEG}",
    "vs_67d3bdd0c8888190adfa890a9e829480",
    "file-9cPqVVBSEWnAjH5VwBBhKv",
    "asst_abc123DEF456ghi789JKL012",
    "proj_AbCdEfGhIjKlMnOpQrStUvWx",
    "arn:aws:iam::123456789012:role/service-role/MyRole",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "api_key=YOUR_API_KEY",
    "API_KEY=${API_KEY}",
    "token: {{token}}",
    "TOKEN=$TOKEN",
    "token=<token>",
    "password=$(cat /run/secrets/db)",
    "the token: it is given by the application",
    "password: at least twelve characters, one of them a digit",
    "max_tokens: 4096",
    "tokenizer: cl100k_base",
    "https://example.com/?page=2&key=name&sort=updated_at",
    "https://example.com/?code=de&token=YOUR_TOKEN",
    "https://example.com/watch?v=dQw4w9WgXcQ",
    "git@github.com:openai/openai-python.git",
    "ssh://git@github.com/openai/openai-python.git",
    "Reset the password with the link /reset-password?lang=en",
    "see https://docs.example.com/api/webhooks/create",
    "secret santa: everyone gives a present",
    "foreign_key: customer_id, primary_key: order_number_in_the_shop",
    "sort_key=created_at_of_the_newest_order",
    "os.environ['OPENAI_API_KEY']",
    "client = OpenAI(api_key=os.environ.get('OPENAI_API_KEY'))",
    "password=config.password",
    "connect(password=user_input, timeout=3)",
    "mysql --password=$MYSQL_PASSWORD",
    "access_token_url: https://auth.example.com/oauth/token",
    "commit 7ac4849d0b0a9c9f2f6b1f8fb0f1f4c8d2d9e0aa",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_is_no_credential(text: str, project: ProjectAt) -> None:
    assert list(find_credentials(text)) == []
    folder = project({"a.yaml": f"assistants: {{a: {{model: m, instructions: {json.dumps(text)}}}}}", "p.md": text})
    load(folder)


@pytest.mark.parametrize(
    "metadata",
    [
        {"password": "required"},
        {"password_policy": "twelve"},
        {"token_limit": "4096"},
        {"api_key": "{{api_key}}"},
        {"api_key": "$API_KEY"},
        {"api_key": "YOUR_API_KEY"},
        {"api_key": "env:OPENAI_API_KEY"},
        {"secret": "<secret>"},
        {"auth_token": "OPENAI_AUTH_TOKEN"},
        {"cache_key": "e3b0c44298fc1c149afb"},
        {"owner_id": "123e4567-e89b-12d3-a456-426614174000"},
        {"tokenizer": "cl100k_base"},
        {"secretary": "anna"},
        {"sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    ],
)
def test_harmless_metadata_is_accepted(metadata: dict[str, str], project: ProjectAt) -> None:
    load(project({"a.yaml": json.dumps({"assistants": {"a": {"model": "m", "metadata": metadata}}})}))


@pytest.mark.parametrize(
    "path", ["mcp", "v1/servers/123e4567-e89b-12d3-a456-426614174000/mcp", "the-weather-of-tomorrow/sse"]
)
def test_a_harmless_address_is_accepted(path: str, project: ProjectAt) -> None:
    tool = {"type": "mcp", "server_label": "l", "server_url": f"https://a.example/{path}"}
    load(project({"a.yaml": json.dumps({"assistants": {"a": {"model": "m", "tools": [tool]}}})}))


def test_a_credential_in_the_name_of_a_file_is_an_error(project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest, match="problem"):
        load(project({"a.yaml": "vector_stores: {a: {files: ['books/*.md']}}", f"books/ghp_{MIX[:36]}.md": "x"}))


@pytest.mark.parametrize("name", ["Accept", "content-type", "User-Agent", "MCP-Protocol-Version", "Cache-Control"])
def test_a_harmless_header_is_accepted(name: str, project: ProjectAt) -> None:
    tool = {"type": "mcp", "server_label": "l", "server_url": "https://a.example", "headers": {name: "x"}}
    load(project({"a.yaml": json.dumps({"assistants": {"a": {"model": "m", "tools": [tool]}}})}))


def test_a_property_called_headers_is_no_header(project: ProjectAt) -> None:
    schema = {"type": "object", "properties": {"headers": {"type": "object", "description": "HTTP headers"}}}
    tool = {"type": "function", "name": "f", "parameters": schema}
    load(project({"a.yaml": json.dumps({"tools": {"t": tool}})}))
