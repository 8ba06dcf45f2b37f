"""References to other resources: where they are possible, and what becomes of them."""

from __future__ import annotations

import pytest

from provisioner.core.address import Address
from provisioner.core.resource import Ref, Template
from provisioner.manifest import Manifest, load
from tests.manifest.conftest import ProjectAt
from tests.manifest.test_variables import inputs, messages

STORE = Ref(Address("vector_store", "hamlet"))


def loaded(project: ProjectAt, manifest: str) -> Manifest:
    folder = project({"a.yaml": manifest})
    (folder / "docs").mkdir(exist_ok=True)
    for name in ("a.md", "b.md"):
        (folder / "docs" / name).write_text("Text.\n", encoding="utf-8")
    return load(folder)


def refused(project: ProjectAt, manifest: str) -> list[str]:
    return messages(project({"a.yaml": manifest}))


def test_references_become_typed_in_every_kind_of_field(project: ProjectAt) -> None:
    manifest = """
vector_stores:
  hamlet: {files: [docs/b.md], metadata: {boss: "${assistant.boss.release}"}}
files:
  table: {path: docs/a.md, purpose: user_data}
assistants:
  boss: {model: gpt-4.1, instructions: x}
  a:
    model: gpt-4.1
    instructions: x
    metadata:
      id: ${vector_store.hamlet.id}
      text: "see ${vector_store.hamlet.id}, ${file.\\"manifests/docs/b.md\\".id} and ${file.table.id}"
      bracket: ${vector_store["hamlet"].id}
    tools:
      - {type: file_search, vector_stores: ["${vector_store.hamlet.id}"]}
      - {type: mcp, server_label: a, server_url: "https://x.example/${vector_store.hamlet.id}", require_approval: never}
      - {type: code_interpreter, container: {files: ["${file.table.id}"]}}
"""
    manifest_ = loaded(project, manifest)
    found = inputs(manifest_, "assistant.a")
    book, table = Ref(Address("file", "manifests/docs/b.md")), Ref(Address("file", "table"))
    assert found["metadata"] == {
        "id": STORE,
        "text": Template(("see ", STORE, ", ", book, " and ", table)),
        "bracket": STORE,
    }
    search, mcp, code = found["tools"]
    assert search["vector_store_ids"] == [STORE]
    assert mcp["server_url"] == Template(("https://x.example/", STORE))
    assert code["container"]["file_ids"] == [table]
    release = inputs(manifest_, "vector_store.hamlet")["metadata"]["boss"]
    assert release == Ref(Address("assistant", "boss"), "release")
    resource = next(each for each in manifest_.resources if str(each.address) == "assistant.a")
    assert resource.needs == {STORE.address, book.address, table.address}


def test_a_tool_that_refers_is_typed_where_it_is_used(project: ProjectAt) -> None:
    manifest = """
vector_stores: {hamlet: {}}
tools: {f: {type: function, name: f, description: "Reads ${vector_store.hamlet.id}."}}
assistants: {a: {model: gpt-4.1, instructions: x, tools: [f]}}
"""
    found = inputs(loaded(project, manifest), "assistant.a")
    assert found["tools"][0]["description"] == Template(("Reads ", STORE, "."))


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("model: '${vector_store.hamlet.id}'", "is known only after the apply, and a model or instructions are needed"),
        ("instructions: [{text: '{{x}}', variables: {x: '${vector_store.hamlet.id}'}}]", "are needed before"),
        ("lifecycle: {protect: '${vector_store.hamlet.id}'}", "true or false is expected here"),
        ("metadata: {k: '${assistant.agent.release}'}", "assistant.agent has no release, since only definitions"),
        ("metadata: {k: '${file.\"docs/b.md\".id}'}", 'no manifest declares `file["docs/b.md"]`'),
        ("metadata: {k: '${vector_store.kb.id}'}", "vector_store.kb has a `for_each`, so a key chooses one of its"),
        ("metadata: {k: '${vector_store.hamlet.a.b.id}'}", "has too many parts"),
        ("metadata: {k: '${vector_store.hamlet.x.id}'}", "has too many parts"),
    ],
)
def test_a_reference_that_is_not_possible_is_an_error_with_its_place(project: ProjectAt, field: str, said: str) -> None:
    own = "" if field.startswith("model") else "model: gpt-4.1, "
    manifest = (
        "vector_stores: {hamlet: {}, kb: {for_each: [a, b]}}\n"
        f"assistants:\n  agent: {{model: gpt-4.1, instructions: x, target: agents}}\n  a: {{{own}{field}}}\n"
    )
    found = refused(project, manifest)
    assert any(said in each and each.startswith("manifests/a.yaml:4:") for each in found), found


def test_a_file_that_a_manifest_reads_cannot_be_named_by_a_reference(project: ProjectAt) -> None:
    found = refused(project, "vector_stores: {hamlet: {}}\nskills: {s: {path: '${vector_store.hamlet.id}'}}\n")
    assert all(each.startswith("manifests/a.yaml:2:") for each in found)
    assert any("this field is needed before" in each for each in found)
    assert not any("vs_ref" in each for each in found)


@pytest.mark.parametrize(
    ("manifest", "chain"),
    [
        (
            "vector_stores:\n  a: {metadata: {k: '${vector_store.b.id}'}}\n"
            "  b: {metadata: {k: '${vector_store.a.id}'}}\n",
            ("vector_store.a → vector_store.b → vector_store.a", "vector_store.b → vector_store.a → vector_store.b"),
        ),
        ("vector_stores:\n  a: {metadata: {k: 'x ${vector_store.a.id}'}}\n", ("vector_store.a → vector_store.a",)),
        (
            "vector_stores:\n  a: {metadata: {k: '${assistant.b.id}'}}\n"
            "tools:\n  t: {type: file_search, vector_stores: [a]}\n"
            "assistants:\n  b: {model: gpt-4.1, instructions: x, tools: [t]}\n",
            ("vector_store.a → assistant.b → vector_store.a", "assistant.b → vector_store.a → assistant.b"),
        ),
        (
            "vector_stores:\n  a: {}\ntools:\n  t: {type: function, name: f, description: '${assistant.b.id}'}\n"
            "assistants:\n  b: {model: gpt-4.1, instructions: x, tools: [t]}\n",
            ("assistant.b → assistant.b",),
        ),
    ],
)
def test_a_cycle_is_an_error_with_its_chain(project: ProjectAt, manifest: str, chain: tuple[str, ...]) -> None:
    [said] = refused(project, manifest)
    assert any(f"so none can be made first: {each}; remove one of them" in said for each in chain), said
    assert said.startswith("manifests/a.yaml:")


def test_an_import_takes_no_reference(project: ProjectAt) -> None:
    manifest = "vector_stores: {a: {}, b: {}}\nimports: [{to: vector_store.a, id: '${vector_store.b.id}'}]\n"
    [said] = refused(project, manifest)
    assert said.startswith("manifests/a.yaml:2:")
    assert "this field is needed before" in said


def test_a_reference_in_a_list_of_files_is_the_file(project: ProjectAt) -> None:
    manifest = (
        "files: {table: {path: docs/a.md}}\n"
        "vector_stores: {s: {files: [{path: '${file.table.id}', attributes: {year: 2026}}]}}\n"
    )
    found = inputs(loaded(project, manifest), "vector_store.s")["files"]
    assert list(found) == ["file.table"]
    assert found["file.table"]["file_id"] == Ref(Address("file", "table"))
    assert set(found["file.table"]["attributes"]) == {"year", "path", "sha256"}


def test_paths_are_not_guessed_from_expressions(project: ProjectAt) -> None:
    folder = project({"a.yaml": "variables: {n: {default: a}}\nvector_stores: {s: {files: ['docs/${var.n}.md']}}\n"})
    (folder / "docs").mkdir()
    (folder / "docs" / "a.md").write_text("Text.\n", encoding="utf-8")
    found = inputs(load(folder), "vector_store.s")
    assert list(found["files"]) == ['file["manifests/docs/a.md"]']
