"""`for_each`: one definition for many resources."""

from __future__ import annotations

import pytest

from provisioner.core.address import Address, instance_name, split_instance
from provisioner.core.resource import Ref
from provisioner.manifest import load
from provisioner.manifest.expressions.variables import GivenValues
from provisioner.manifest.limits import FOR_EACH_ENTRIES
from tests.manifest.conftest import ProjectAt
from tests.manifest.test_variables import inputs, messages

TENANTS = "variables: {tenants: {default: {math: {topic: Maths, deep: {n: 1}}, art: {topic: Art, deep: {n: 2}}}}}\n"


def test_every_kind_of_resource_can_be_made_for_each_entry(project: ProjectAt) -> None:
    manifest = (
        TENANTS
        + """
files: {sheet: {for_each: [a, b], path: "docs/${each.key}.md", purpose: user_data}}
skills: {s: {for_each: [a, b], path: "skills/${each.key}"}}
vector_stores:
  kb: {for_each: "${var.tenants}", name: "Store ${each.value.topic}", files: ["docs/*.md"]}
instructions:
  hi: {for_each: {x: Hello, y: Bye}, text: "{{word}}", variables: {word: "${each.value}"}}
tools:
  f: {for_each: [a, b], type: function, name: "f_${each.key}", description: x}
assistants:
  tutor:
    for_each: ${var.tenants}
    model: gpt-4.1
    temperature: ${each.value.deep.n}
    instructions: [hi, 'hi["${each.value.deep.n}"]']
    tools: [f, {type: file_search, vector_stores: ['kb["${each.key}"]']}]
    metadata: {store: "${vector_store.kb[each.key].id}", art: '${vector_store.kb["art"].id}'}
"""
    )
    manifest = manifest.replace("""'hi["${each.value.deep.n}"]'""", """'hi["x"]'""")
    folder = project({"a.yaml": manifest})
    for name in ("a", "b"):
        for path in (folder / "docs" / f"{name}.md", folder / "skills" / name / "SKILL.md"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"---\nname: {name}\ndescription: x\n---\n", encoding="utf-8")
    loaded = load(folder)
    addresses = {str(each.address) for each in loaded.resources}
    assert addresses >= {
        'assistant.tutor["art"]', 'assistant.tutor["math"]', 'vector_store.kb["art"]', 'vector_store.kb["math"]',
        'file.sheet["a"]', 'file.sheet["b"]', 'skill.s["a"]', 'skill.s["b"]',
    }  # fmt: skip
    math = inputs(loaded, 'assistant.tutor["math"]')
    store = Ref(Address("vector_store", 'kb["math"]'))
    assert math["temperature"] == 1
    assert math["instructions"] == "Hello\n\nBye\n\nHello"
    assert [tool.get("name") for tool in math["tools"]] == ["f_a", "f_b", None]
    assert math["tools"][2]["vector_store_ids"] == [store]
    assert math["metadata"] == {"store": store, "art": Ref(Address("vector_store", 'kb["art"]'))}
    assert inputs(loaded, 'vector_store.kb["art"]')["name"] == "Store Art"


def test_a_whole_group_is_used_where_a_list_is_allowed(project: ProjectAt) -> None:
    manifest = """
files: {sheet: {for_each: [a, b], path: "docs/${each.key}.csv"}}
skills: {s: {for_each: [a, b], path: "skills/${each.key}"}}
vector_stores: {kb: {for_each: [x, y]}}
assistants:
  a:
    model: gpt-4.1
    instructions: x
    tools:
      - {type: file_search, vector_stores: [kb]}
      - {type: code_interpreter, container: {files: [{file: sheet}]}}
      - {type: shell, environment: {type: container_auto, skills: [s]}}
"""
    folder = project({"a.yaml": manifest})
    for name in ("a", "b"):
        for path in (folder / "docs" / f"{name}.csv", folder / "skills" / name / "SKILL.md"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"---\nname: {name}\ndescription: x\n---\n", encoding="utf-8")
    search, code, shell = inputs(load(folder), "assistant.a")["tools"]
    assert [str(ref.address) for ref in search["vector_store_ids"]] == ['vector_store.kb["x"]', 'vector_store.kb["y"]']
    assert [str(ref.address) for ref in code["container"]["file_ids"]] == ['file.sheet["a"]', 'file.sheet["b"]']
    assert [str(each["skill_id"].address) for each in shell["environment"]["skills"]] == [
        'skill.s["a"]',
        'skill.s["b"]',
    ]


def test_a_markdown_assistant_and_an_agent_with_an_environment_are_made_for_each_entry(project: ProjectAt) -> None:
    files = {
        "assistants/tutor.md": "---\nfor_each: [math, art]\nmodel: gpt-4.1\nname: T ${each.key}\ntarget: agents\n"
        "environment: {packages: {python: ['${each.key}']}}\n---\nTeach ${each.key}.\n"
    }
    loaded = load(project(files))
    assert [str(each.address) for each in loaded.resources] == [
        'assistant.tutor["art"]', 'assistant.tutor["math"]', 'environment.tutor["art"]', 'environment.tutor["math"]',
    ]  # fmt: skip
    found = inputs(loaded, 'assistant.tutor["math"]')
    assert (found["name"], found["instructions"]) == ("T math", "Teach ${each.key}.")
    assert "math" in str(inputs(loaded, 'environment.tutor["math"]'))


def test_imports_take_a_for_each(project: ProjectAt) -> None:
    manifest = (
        "vector_stores: {kb: {for_each: [a, b]}}\n"
        "imports: [{for_each: {a: vs_1, b: vs_2}, to: 'vector_store.kb[\"${each.key}\"]', id: '${each.value}'}]\n"
    )
    loaded = load(project({"a.yaml": manifest}))
    assert [each.imported.id for each in loaded.resources if each.imported] == ["vs_1", "vs_2"]


def test_a_changed_entry_touches_no_other(project: ProjectAt) -> None:
    manifest = (
        "variables: {t: {type: map}}\nassistants:\n  a: {for_each: '${var.t}', model: gpt-4.1, instructions: x, "
        "temperature: '${each.value}'}\n"
    )
    folder = project({"a.yaml": manifest})
    before = {each.address: each for each in load(folder, given=GivenValues(("t={a: 1, b: 1, c: 1}",))).resources}
    after = {
        each.address: each for each in load(folder, given=GivenValues(("t={c: 1, b: 0.5, a: 1, d: 1}",))).resources
    }
    assert [str(address) for address in after if before.get(address) != after[address]] == [
        'assistant.a["b"]', 'assistant.a["d"]'
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("[a, a]", "5:19: the key `a` is in `for_each` twice"),
        ("[1]", "5:16: a list for `for_each` holds texts, which become keys, and this is a number; put it in quotes"),
        ("[{key: a}]", "and this is a map; write a map `{KEY: …}` for other values"),
        ("[null]", "and this is null"),
        ("{'a\"b': 1}", "this has the character U+0022; choose another key"),
        ("{'a[b]': 1}", "this has the character U+005B; choose another key"),
        ("['a\\b']", "this has the character U+005C"),
        ("[' a']", "this has a space or mark at an end"),
        ("['']", "a key has 1 to 64 characters, and this has 0"),
        (f"[{'k' * 65}]", "a key has 1 to 64 characters, and this has 65; shorten it"),
        ("5", "`for_each` takes a list of texts or a map, not a number"),
        ("a text", "`for_each` takes a list, a map, or one expression"),
        ("'${var.x}'", "`for_each` takes a list of texts or a map, not a text"),
        ("'${var.nope}'", "there is no variable `nope`"),
        ("'${each.key}'", "has a meaning only below a `for_each:`"),
        ("'${vector_store.s.id}'", "is known only after the apply, and `for_each` must be known before"),
        ("['${vector_store.s.id}']", "is known only after the apply, and `for_each` must be known before"),
        ("{a: 1, 'b ': 2}", "this has a space or mark at an end"),
    ],
)
def test_wrong_entries_are_errors_with_their_places(project: ProjectAt, entries: str, said: str) -> None:
    manifest = (
        "variables: {x: {default: y}}\nvector_stores:\n  s: {}\n  kb:\n"
        f"    for_each: {entries}\n"
        "assistants: {a: {model: gpt-4.1, instructions: x}}\n"
    )
    found = messages(project({"a.yaml": manifest}))
    assert any(said in each and each.startswith("manifests/a.yaml:5:") for each in found), found


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("name: '${each.value.topc}'", '`each.value (of "a")` has no field `topc`; did you mean `topic`?'),
        ("name: '${each.name}'", "`${each.name}` is not known; `${each.key}` and `${each.value}` are"),
        ("name: '${each.value}'", "a text is expected here, and `${each.value}` is a mapping"),
        (
            "exclusive: '${each.value.topic}'",
            "true or false is expected here, and `${each.value.topic}` is the text `Maths`",
        ),
    ],
)
def test_a_wrong_field_of_an_entry_is_an_error_with_its_place(project: ProjectAt, block: str, said: str) -> None:
    manifest = f"vector_stores:\n  kb:\n    for_each: {{a: {{topic: Maths}}}}\n    {block}\n"
    [found] = messages(project({"a.yaml": manifest}))
    assert found.startswith("manifests/a.yaml:4:")
    assert said in found


def test_too_many_entries_and_names_that_meet_are_errors(project: ProjectAt) -> None:
    keys = ", ".join(f"k{number}" for number in range(FOR_EACH_ENTRIES + 1))
    [said] = messages(project({"a.yaml": f"vector_stores: {{kb: {{for_each: [{keys}]}}}}\n"}))
    assert "`for_each` has 5,001 entries; at most 5,000 are possible" in said
    long = "n" * 100
    [said] = messages(project({"a.yaml": f"vector_stores: {{{long}: {{for_each: [{'k' * 30}]}}}}\n"}))
    assert "more than 128 characters together" in said
    [said] = messages(
        project({"a.yaml": "vector_stores: {kb: {for_each: [a]}}\n", "b.yaml": "vector_stores: {kb: {}}\n"})
    )
    assert said.startswith("manifests/b.yaml:1:17: `vector_store.kb` is declared a second time")
    (project({"b.yaml": ""}) / "b.yaml").write_text(
        "tools: {shell: {for_each: [a], type: code_interpreter}}\n", "utf-8"
    )
    assert any("is the type of a built-in tool" in each for each in messages(project({})))


def test_no_entries_make_no_resources(project: ProjectAt) -> None:
    manifest = "vector_stores: {kb: {for_each: []}, s: {}}\nassistants: {a: {for_each: {}, model: m}}\n"
    assert [str(each.address) for each in load(project({"a.yaml": manifest})).resources] == ["vector_store.s"]


@pytest.mark.parametrize("key", ["math", "a b", "é", "e\u0301", "김", "1", "x@y.org", "eu/1:2+3", "नमस्ते"])
def test_an_address_with_a_key_is_read_as_it_is_written(key: str) -> None:
    address = Address("assistant", instance_name("tutor", key))
    assert Address.parse(str(address)) == address
    assert str(address).startswith('assistant.tutor["')
    assert split_instance(address.name) is not None


def test_a_path_in_quotes_stays_the_address_of_a_file() -> None:
    for name in ("books/hamlet.pdf", 'a.b["c"]', 'x/y["z"]', "a[b]"):
        assert Address.parse(str(Address("file", name))) == Address("file", name)
        assert str(Address("file", name)).startswith('file["')
