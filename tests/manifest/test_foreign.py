"""Spellings of other APIs: one message leads to the right one, and what it says is valid."""

# ruff: noqa: E501

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.core.kinds.tool import TYPES
from provisioner.manifest import load
from tests.manifest.conftest import ProjectAt

STORES = "vector_stores: {NAME: {files: [p.md]}}\n"
FILES = {"p.md": "A prompt.", "prompts/p.md": "A prompt.", "s.json": '{"type": "object", "properties": {}}'}


def attempt(project: ProjectAt, text: str, target: str = "responses") -> list[str]:
    settings = f"project: helpers\ntarget: {target}\ndefaults: {{model: gpt-4.1}}\n"
    try:
        load(project({"provision.yaml": settings, "a.yaml": text, **FILES}))
    except InvalidManifest as invalid:
        return [str(item) for item in invalid.diagnostics]
    return []


def assistant(fields: str) -> str:
    return f"{STORES}assistants: {{a: {{{fields}}}}}\n"


@pytest.mark.parametrize(
    ("written", "said", "followed"),
    [
        (
            "file_ids: [file-abc]",
            "{type: code_interpreter, container: {files: [file-abc]}}",
            "tools: [{type: code_interpreter, container: {files: [file-abc]}}]",
        ),
        (
            "file_ids: [file-abc]",
            "{type: file_search, vector_stores: [NAME]}",
            "tools: [{type: file_search, vector_stores: [NAME]}]",
        ),
        (
            "files: [p.md]",
            "{type: code_interpreter, container: {files: [p.md]}}",
            "tools: [{type: code_interpreter, container: {files: [p.md]}}]",
        ),
        (
            "vector_store_ids: [vs_1]",
            "tools: [{type: file_search, vector_stores: [NAME]}]",
            "tools: [{type: file_search, vector_stores: [NAME]}]",
        ),
        (
            "tools: [{type: code_interpreter, file_ids: [file-abc]}]",
            "container: {files: [file-abc]}",
            "tools: [{type: code_interpreter, container: {files: [file-abc]}}]",
        ),
        (
            "tools: [{type: code_interpreter, container: {file_ids: [file-abc]}}]",
            "files: […]",
            "tools: [{type: code_interpreter, container: {files: [file-abc]}}]",
        ),
        (
            "tools: [{type: file_search, vector_store_ids: [vs_1]}]",
            "vector_stores: [NAME]",
            "tools: [{type: file_search, vector_stores: [vs_1]}]",
        ),
        (
            "tools: [{type: retrieval}]",
            "it is called `file_search` here; write `{type: file_search, vector_stores: [NAME]}`",
            "tools: [{type: file_search, vector_stores: [NAME]}]",
        ),
        (
            "tools: [retrieval]",
            "{type: file_search, vector_stores: [NAME]}",
            "tools: [{type: file_search, vector_stores: [NAME]}]",
        ),
        ("tools: [file_serch]", "did you mean `file_search`", "tools: [{type: file_search, vector_stores: [NAME]}]"),
        ("tools: [dalle]", "{type: image_generation}", "tools: [{type: image_generation}]"),
        (
            "tools: [{type: function, function: {name: f, parameters: {type: object, properties: {}}}}]",
            "{type: function, name: …, parameters: …}",
            "tools: [{type: function, name: f, parameters: {type: object, properties: {}}}]",
        ),
        (
            "tools: [{type: file_search, vector_stores: [NAME], file_search: {max_num_results: 3}}]",
            "{type: file_search, vector_stores: …, max_num_results: …}",
            "tools: [{type: file_search, vector_stores: [NAME], max_num_results: 3}]",
        ),
        (
            "tools: [{code_interpreter: {container: {files: [p.md]}}}]",
            "{type: code_interpreter, container: …}",
            "tools: [{type: code_interpreter, container: {files: [p.md]}}]",
        ),
        (
            "text: {format: {type: json_schema, json_schema: {name: x, schema: {type: object, properties: {}}}}}",
            "{type: json_schema, name: …, schema: …}",
            "text: {format: {type: json_schema, name: x, schema: {type: object, properties: {}}}}",
        ),
        (
            "response_format: {type: json_schema, json_schema: {name: x, schema: {type: object}}}",
            "text: {format: {type: json_schema, name: NAME, schema: {…}}}",
            "text: {format: {type: json_schema, name: NAME, schema: {type: object, properties: {}}}}",
        ),
        (
            "response_format: {type: json_object}",
            "text: {format: {type: json_object}}",
            "text: {format: {type: json_object}}",
        ),
        ("response_format: auto", "remove it", ""),
        ("tool_resources: {}", "remove it", ""),
        (
            "tool_resources: {code_interpreter: {file_ids: [file-abc]}}",
            "{type: code_interpreter, container: {files: […]}}",
            "tools: [{type: code_interpreter, container: {files: [file-abc]}}]",
        ),
        ("id: asst_1", "remove it", ""),
        ("object: assistant", "remove it", ""),
        ("created_at: 1", "remove it", ""),
        ("assistant_id: asst_1", "remove it", ""),
        (
            "instructions_file: prompts/p.md",
            "instructions: [{file: prompts/p.md}]",
            "instructions: [{file: prompts/p.md}]",
        ),
        ("prompt: You teach.", "instructions: …", "instructions: You teach."),
        ("prompt: '@prompts/p.md'", "instructions: [{file: prompts/p.md}]", "instructions: [{file: prompts/p.md}]"),
        ("system_prompt: You teach.", "instructions: …", "instructions: You teach."),
        ("instructions: '@prompts/p.md'", "[{file: prompts/p.md}]", "instructions: [{file: prompts/p.md}]"),
        ("instructions: 'file://prompts/p.md'", "[{file: prompts/p.md}]", "instructions: [{file: prompts/p.md}]"),
        ("instructions: '${file(prompts/p.md)}'", "[{file: prompts/p.md}]", "instructions: [{file: prompts/p.md}]"),
        ("instructions: '{{file: prompts/p.md}}'", "[{file: prompts/p.md}]", "instructions: [{file: prompts/p.md}]"),
        ("instructions: prompts\\p.md", "[{file: prompts/p.md}]", "instructions: [{file: prompts/p.md}]"),
        ("instructions: ['@prompts/p.md']", "{file: prompts/p.md}", "instructions: [{file: prompts/p.md}]"),
        ("instructions: [{file: '@prompts/p.md'}]", "write `prompts/p.md`", "instructions: [{file: prompts/p.md}]"),
        ("instructions: !include prompts/p.md", "[{file: PATH}]", "instructions: [{file: prompts/p.md}]"),
        ("max_completion_tokens: 100", "max_output_tokens", "max_output_tokens: 100"),
        ("seed: 1", "remove it", ""),
        ("thread_id: thread_1", "remove it", ""),
        ("engine: gpt-4.1", "write `model: …`", "model: gpt-4.1"),
    ],
)
def test_one_step_leads_to_what_is_valid(written: str, said: str, followed: str | None, project: ProjectAt) -> None:
    told = attempt(project, assistant(written))
    assert [said in each for each in told] == [True], told
    if followed is not None:
        assert attempt(project, assistant(followed)) == []


def test_stores_know_the_fields_of_dumps(project: ProjectAt) -> None:
    dump = "vector_stores: {s: {id: vs_1, object: vector_store, file_counts: {total: 1}, status: completed, file_ids: [file-a]}}"
    told = attempt(project, dump)
    assert len(told) == 5
    assert ["write `files: […]`" in each or "remove it" in each for each in told] == [True] * 5
    assert attempt(project, "vector_stores: {s: {files: [file-a]}}") == []


def test_one_assistant_at_the_top_of_a_file(project: ProjectAt) -> None:
    dump = '{"id": "asst_1", "object": "assistant", "name": "Tutor", "model": "gpt-4.1", "instructions": "Teach.", "tools": []}'
    [said] = attempt(project, dump)
    assert "this reads like one assistant; write it indented, below `assistants:` and a line `NAME:`" in said
    followed = "assistants:\n  NAME:\n    name: Tutor\n    model: gpt-4.1\n    instructions: Teach.\n    tools: []\n"
    assert attempt(project, followed) == []


@pytest.mark.parametrize("tool", ["file_search", "{type: file_search}", "search"])
def test_threads_may_bring_the_stores_on_assistants(tool: str, project: ProjectAt) -> None:
    text = f"tools: {{search: {{type: file_search}}}}\nassistants: {{a: {{tools: [{tool}, code_interpreter]}}}}\n"
    assert attempt(project, text, "assistants") == []
    resources = load(Path("manifests")).resources
    assert resources[0].inputs["tools"] == [{"type": "file_search"}, {"type": "code_interpreter"}]
    assert "file_search" not in resources[0].inputs["tool_resources"]
    [said] = attempt(project, text, "responses")
    assert "`file_search` needs its stores here; write `{type: file_search, vector_stores: [NAME]}`" in said
    [said] = attempt(project, text, "agents")
    assert "agents have no file_search" in said


def test_stores_are_missed_beside_another_mistake(project: ProjectAt) -> None:
    told = attempt(project, "assistants: {a: {tools: [file_search, teleport]}}")
    assert ["`file_search` needs its stores here" in each for each in told] == [True, False]


GLOBS = [
    ("docs/*.{md,txt}", ["docs/*.md", "docs/*.txt"], "write ['docs/*.md', 'docs/*.txt']"),
    ("docs/{a,b}.md", ["docs/a.md", "docs/b.md"], "write ['docs/a.md', 'docs/b.md']"),
    ("docs/*.(md|txt)", ["docs/*.md", "docs/*.txt"], "write ['docs/*.md', 'docs/*.txt']"),
    ("docs\\*.md", ["docs/*.md"], "write `docs/*.md`"),
    ("docs\\a.md", ["docs/a.md"], "write `docs/a.md`"),
    ("@docs/a.md", ["docs/a.md"], "write `docs/a.md`"),
    ("file://docs/a.md", ["docs/a.md"], "write `docs/a.md`"),
    ("docs/[slug]-*.md", ["docs/[[]slug]-*.md"], "write `docs/[[]slug]-*.md`"),
]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(("pattern", "followed", "said"), GLOBS)
def test_globs_of_other_tools_lead_to_ours(pattern: str, followed: list[str], said: str, project: ProjectAt) -> None:
    files = dict.fromkeys(("docs/a.md", "docs/b.md", "docs/c.txt", "docs/[slug]-a.md", "docs/[slug].md"), "x")

    def store(patterns: list[str]) -> list[str]:
        text = f"vector_stores: {{s: {{files: {patterns!r}}}}}\n".replace("\\\\", "\\")
        try:
            load(project({**files, "a.yaml": text}))
        except InvalidManifest as invalid:
            return [str(item) for item in invalid.diagnostics]
        return []

    told = store([pattern])
    assert [said in each for each in told] == [True], told
    assert store(followed) == []
    assert store(["docs/[slug].md"]) == []


def test_a_bang_leads_to_exclude(project: ProjectAt) -> None:
    files = {"docs/a.md": "x", "docs/b.md": "x"}
    with pytest.raises(InvalidManifest) as raised:
        load(project({**files, "a.yaml": "vector_stores: {s: {files: ['docs/*.md', '!docs/b.md']}}"}))
    [said] = map(str, raised.value.diagnostics)
    assert "write `exclude: ['docs/b.md']` instead" in said
    manifest = load(project({"a.yaml": "vector_stores: {s: {files: ['docs/*.md'], exclude: ['docs/b.md']}}"}))
    assert manifest.diagnostics == ()
    manifest = load(
        project({"a.yaml": "vector_stores: {s: {files: ['docs/*.md'], exclude: ['!docs/b.md', '*.{a,b}']}}"})
    )
    assert [
        "`!` makes no exception here" in str(manifest.diagnostics[0]),
        "['*.a', '*.b']" in str(manifest.diagnostics[1]),
    ] == [True, True]


#: What a reader puts for what stands for it in an advice.
FILLED = {"https://…": "https://example.org/mcp", "[…]": "[{type: function, name: f}]", "TEXT": "Some.", "…": "x"}
#: Types that only agents have.
OF_AGENTS = ("automations", "computer_use", "programmatic_tool_calling")


@pytest.mark.parametrize(
    "spelled", ["[{%s: null}]", "[{%s: {}}]", "[{%s: []}]", "{%s: null}", "%s", "[{type: %s, %s: {}}]"]
)
@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_tool_without_its_fields_leads_to_the_whole_form_in_one_step(
    project: ProjectAt, kind: str, spelled: str
) -> None:
    target = "agents" if kind in OF_AGENTS else "responses"
    said = attempt(project, assistant(f"tools: {spelled.replace('%s', kind)}"), target)
    (form,) = {found for each in said for found in re.findall(r"`\[?(\{type: .*\})\]?`", each)}
    for placeholder, value in FILLED.items():
        form = form.replace(placeholder, value)
    assert attempt(project, assistant(f"tools: [{form}]"), target) == []


@pytest.mark.parametrize(
    "given", ["server_label: x", "server_url: https://example.org/mcp", "connector_id: connector_gmail"]
)
def test_what_is_given_of_a_server_is_in_the_form(project: ProjectAt, given: str) -> None:
    (said,) = attempt(project, assistant(f"tools: [{{mcp: null, {given}}}]"))
    name = given.partition(":")[0]
    assert f"{name}: …" in said
    assert ("server_url: https://…" in said) == (name == "server_label")
    assert ("server_label: NAME" in said) == (name != "server_label")


@pytest.mark.parametrize("written", ["[{type: mcp}]", "[{type: mcp, server_url: null}]", "[mcp]", "[{mcp: {}}]"])
def test_a_server_without_label_and_url_is_told_both(project: ProjectAt, written: str) -> None:
    (said,) = attempt(project, assistant(f"tools: {written}"))
    assert "server_label: NAME, server_url: " in said


@pytest.mark.parametrize("written", ["[null]", "[{type: null}]", "[{}]", "[{retrieval: null}]"])
def test_a_tool_that_names_no_type_is_told_some(project: ProjectAt, written: str) -> None:
    (said,) = attempt(project, assistant(f"tools: {written}"))
    assert "`code_interpreter`" in said or "`file_search`" in said or "`type: function`" in said
