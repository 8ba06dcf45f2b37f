"""Variables: where their values come from, in which order, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import Manifest, load
from provisioner.manifest.expressions.variables import GivenValues
from tests.manifest.conftest import ProjectAt

DECLARED = "variables:\n  model: {default: gpt-4.1}\n"
USED = "assistants:\n  a: {model: '${var.model}', instructions: x}\n"

NOTHING = GivenValues()


def messages(folder: Path, given: GivenValues = NOTHING, environment: str | None = None) -> list[str]:
    with pytest.raises(InvalidManifest) as refused:
        load(folder, environment, given=given)
    return [str(each) for each in refused.value.diagnostics if each.severity == "error"]


def inputs(manifest: Manifest, address: str) -> dict[str, Any]:
    return next(dict(each.inputs) for each in manifest.resources if str(each.address) == address)


def test_the_command_line_wins_over_a_file_the_process_the_environment_and_the_default(project: ProjectAt) -> None:
    settings = "project: p\nenvironments: {dev: {variables: {model: gpt-4}}, prod: {}}\ndefault_environment: dev\n"
    folder = project({"provision.yaml": settings, "a.yaml": DECLARED + USED})
    (folder.parent / "vars.json").write_text('{"model": "gpt-4o"}', encoding="utf-8")
    process = {"PROVISION_VAR_MODEL": "gpt-5"}
    file = Path("vars.json")
    for given, environment, expected in (
        (GivenValues(), "prod", "gpt-4.1"),
        (GivenValues(), None, "gpt-4"),
        (GivenValues(process=process), None, "gpt-5"),
        (GivenValues(process={"PROVISION_VAR_model": "gpt-5"}), None, "gpt-5"),
        (GivenValues(files=(file,), process=process), None, "gpt-4o"),
        (GivenValues(("model=gpt-5-mini",), (file,), process), None, "gpt-5-mini"),
        (GivenValues(("model=a", "model=gpt-5-mini")), None, "gpt-5-mini"),
    ):
        assert inputs(load(folder, environment, given=given), "assistant.a")["model"] == expected


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("string", "5", "5"),
        ("string", "${var.model}", "${var.model}"),
        ("number", "0.5", 0.5),
        ("number", "1", 1),
        ("boolean", "true", True),
        ("list", "[a, 2]", ["a", 2]),
        ("map", '{"a": {"b": true}}', {"a": {"b": True}}),
    ],
)
def test_a_text_from_outside_becomes_a_value_of_the_type(
    project: ProjectAt, type: str, text: str, value: object
) -> None:
    manifest = (
        f"variables: {{x: {{type: {type}}}, model: {{default: m}}}}\n"
        "assistants:\n  a: {model: gpt-4.1, instructions: x, extra: {x: '${var.x}'}}\n"
    )
    folder = project({"a.yaml": manifest})
    for given in (GivenValues((f"x={text}",)), GivenValues(process={"PROVISION_VAR_X": text})):
        found = inputs(load(folder, given=given), "assistant.a")
        assert found.get("extra_body", found) == {"x": value} or found["x"] == value


@pytest.mark.parametrize(("type", "text"), [("number", "1e999"), ("number", "abc"), ("boolean", "yes"), ("map", "[a]"),
                                            ("list", "[a"), ("list", "&a [*a]"), ("map", "5")])  # fmt: skip
def test_a_text_of_another_type_is_an_error_that_does_not_show_it(project: ProjectAt, type: str, text: str) -> None:
    folder = project({"a.yaml": f"variables:\n  x: {{type: {type}}}\n"})
    [said] = messages(folder, GivenValues((f"x={text}",)))
    assert said.startswith("manifests/a.yaml:2:3: the value of `x` (`--var x=…`): ")
    assert "abc" not in said


def test_types_are_kept_and_texts_are_joined(project: ProjectAt) -> None:
    manifest = """
variables:
  t: {default: 0.5}
  on: {default: true}
  tools: {default: [code_interpreter]}
  deep: {default: {a: {b: [x, {c: y}]}}}
assistants:
  a:
    model: gpt-4.1
    instructions: "${var.t} stays"
    temperature: ${var.t}
    store: ${ var.on }
    tools: ${var.tools}
    metadata: {a: "t=${var.t}, on=${var.on}", b: "${var.deep.a.b[1].c}${var.deep.a.b[0]}", c: "$5 $$ $${x} $$$${y}"}
"""
    found = inputs(load(project({"a.yaml": manifest})), "assistant.a")
    assert (found["temperature"], found["store"], found["instructions"]) == (0.5, True, "${var.t} stays")
    assert found["metadata"] == {"a": "t=0.5, on=true", "b": "yx", "c": "$5 $$ ${x} $$${y}"}
    assert [tool["type"] for tool in found["tools"]] == ["code_interpreter"]


def test_prose_is_filled_by_the_variables_of_its_fragment(project: ProjectAt) -> None:
    manifest = """
variables: {school: {default: Campus One}}
instructions:
  hi: {text: "At {{school}}, ${var.school}.", variables: {school: "${var.school}"}}
assistants:
  a: {model: gpt-4.1, instructions: [hi, {text: "${var.school}"}]}
"""
    found = inputs(load(project({"a.yaml": manifest})), "assistant.a")
    assert found["instructions"] == "At Campus One, ${var.school}.\n\n${var.school}"


def test_markdown_and_defaults_take_variables_and_a_body_does_not(project: ProjectAt) -> None:
    files = {
        "provision.yaml": "project: p\ndefaults: {model: '${var.model}', metadata: {m: '${var.model}'}}\n",
        "a.yaml": DECLARED,
        "assistants/tutor.md": "---\ntemperature: ${var.t}\nmetadata: {own: x}\n---\nSay ${var.t}.\n",
        "b.yaml": "variables: {t: {default: 1}}\n",
    }
    found = inputs(load(project(files)), "assistant.tutor")
    assert (found["model"], found["temperature"], found["instructions"]) == ("gpt-4.1", 1, "Say ${var.t}.")
    assert found["metadata"] == {"m": "gpt-4.1", "own": "x"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${var.modle}", "there is no variable `modle`; did you mean `model`?"),
        ("${vra.model}", "`${vra.model}` begins with `vra`, which is not known; did you mean `var`?"),
        ("${MODEL}", "`${MODEL}` is not filled in; write `${var.NAME}` for a variable, or `$${` for the text itself"),
        ("${var.model", "`${var.model` never ends; close it with `}`, or write `$${` for the text itself"),
        ("${var.model | upper}", "`${var.model | upper}` is not an expression"),
        ("${var}", "`${var}` names no variable; write `${var.NAME}`"),
        ("${var.model.x}", "`var.model` has no fields, since it is a text; remove `.x`"),
        ("${var.map.bb}", "`var.map` has no field `bb`; did you mean `b`?"),
        ("${var.list[3]}", "`var.list` is a list of 1, and has no item `3`"),
        ("x ${var.map}", "`${var.map}` is a map, which cannot be a part of a text; name a field of it"),
        ("x ${var.list}", "`${var.list}` is a list, which cannot be a part of a text; name an item of it"),
        ("${each.key}", "`${each.key}` has a meaning only below a `for_each:`"),
        ("${env.HOME}", "the variable `HOME` of the process may not be read here; add it to `allowed_env: [HOME]`"),
        ("${tool.x.id}", "the kind `tool` has no ids to refer to"),
        ("${vector_store.kb.size}", "references to the kind `vector_store` have no `size`; known are `id`"),
        ("${vector_store.kb}", "names no value of the vector store; write `${vector_store.NAME.id}`"),
        ("${vector_store.kb.id}", "no manifest declares `vector_store.kb`; did you mean `vector_store.kbs`?"),
        ("${assistant.a.releas}", "references to the kind `assistant` have no `releas`; did you mean `release`?"),
    ],
)
def test_a_wrong_expression_is_reported_once_at_its_string(project: ProjectAt, text: str, said: str) -> None:
    manifest = (
        "variables: {model: {default: m}, map: {default: {b: 1}}, list: {default: [a]}}\n"
        "vector_stores: {kbs: {}}\n"
        f"assistants:\n  a:\n    model: gpt-4.1\n    instructions: x\n    metadata:\n      k: '{text}'\n"
    )
    found = messages(project({"a.yaml": manifest}))
    assert len(found) == 1
    assert found[0].startswith("manifests/a.yaml:8:10: ")
    assert said in found[0]


def test_a_wrong_expression_in_a_typed_field_is_one_error(project: ProjectAt) -> None:
    manifest = (
        "variables: {t: {}}\n"
        "assistants:\n  a: {model: gpt-4.1, instructions: x, temperature: '${var.tt}', store: '${var.t}'}\n"
    )
    found = messages(project({"a.yaml": manifest}))
    assert [each.split(": ", 1)[1] for each in found] == [
        "the variable `t` has no value; write `--var t=…`, set PROVISION_VAR_T, or give it a `default:`",
        "there is no variable `tt`; did you mean `t`?",
    ]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("{x: 5}", "manifests/a.yaml:1:16: a mapping is expected here"),
        ("{x: {defualt: 5}}", "manifests/a.yaml:1:17: there is no field `defualt` here; did you mean `default`?"),
        ("{x: {type: text}}", "manifests/a.yaml:1:23: the text `text` is not possible here"),
        ("{x: {type: number, default: a}}", "the value of `x` (its default): a number is expected here, not a text"),
        ("{x: {default: a, allowed: [b, aa]}}", "it is not one of the allowed values; did you mean `aa`?"),
        ("{x: {default: [a, c], allowed: [a]}}", "it is not one of the allowed values; allowed are `a`"),
        ("{x: {default: true, allowed: [1]}}", "it is not one of the allowed values; allowed are `1`"),
        ("{x: {default: '${var.y}'}, y: {default: a}}", "there is no variable `y`"),
        ("{'a b': {default: a}}", "`a b` cannot be a name"),
        ("{ab: {default: a}, AB: {default: b}}", "are both set by PROVISION_VAR_AB"),
        ("[x]", "`variables` is a mapping of names"),
        ("{api_key: {default: Zk3f9QpX7bT1vLm8}}", "it holds a credential, as its name says, and variables hold no"),
    ],
)
def test_a_wrong_declaration_is_an_error(project: ProjectAt, declared: str, said: str) -> None:
    found = messages(project({"a.yaml": f"variables: {declared}\n"}))
    assert any(said in each for each in found), found


def test_a_name_that_nothing_declares_is_an_error_with_the_nearest(project: ProjectAt) -> None:
    settings = "project: p\nenvironments: {dev: {variables: {modle: x}}}\ndefault_environment: dev\n"
    folder = project({"provision.yaml": settings, "a.yaml": DECLARED + USED})
    file = folder.parent / "vars.yaml"
    file.write_text("a: 1\nmodels: x\n", encoding="utf-8")
    given = GivenValues(("modell=x", "q=x"), (file,), {"PROVISION_VAR_MODLE": "x", "PROVISION_VAR_ELSEWHERE": "y"})
    found = messages(folder, given)
    assert [each for each in found if "did you mean `model`?" in each] == [
        "manifests/a.yaml:2:3: --var sets `modell`, but no manifest declares a variable of this name; "
        "did you mean `model`?",
        "manifests/provision.yaml:2:34: `modle`: no manifest declares a variable of this name; did you mean `model`?",
        "vars.yaml:2:1: `models`: no manifest declares a variable of this name; did you mean `model`?",
    ]
    assert any("PROVISION_VAR_MODLE sets no variable of the manifests" in each for each in found)
    assert not any("ELSEWHERE" in each for each in found)
    assert any("--var sets `q`" in each and "declare it under `variables:`" in each for each in found)


def test_a_variable_file_outside_the_root_is_not_read(project: ProjectAt, tmp_path: Path) -> None:
    folder = project({"a.yaml": DECLARED + USED})
    outside = tmp_path / "vars.yaml"
    outside.write_text("model: gpt-4o\n", encoding="utf-8")
    link = folder.parent / "link.yaml"
    link.symlink_to(outside)
    for path in (outside, link, folder.parent / ".env.yaml"):
        path.touch()
        [said] = messages(folder, GivenValues(files=(path,)))
        assert "cannot be read" in said


SECRET = "sk-proj-" + "a1B2" * 12


def test_a_secret_from_outside_is_refused_and_not_shown(project: ProjectAt) -> None:
    folder = project({"a.yaml": "variables: {x: {default: y}, m: {default: {a: [b]}}}\n"})
    for given in (
        GivenValues((f"x={SECRET}",)),
        GivenValues(process={"PROVISION_VAR_X": SECRET}),
        GivenValues((f"m={{a: [{SECRET}]}}",)),
    ):
        found = messages(folder, given)
        assert any("and variables hold no secrets" in each for each in found)
        assert not any(SECRET in each for each in found)


def test_a_value_that_its_field_makes_a_secret_is_found_after_the_expansion(project: ProjectAt) -> None:
    manifest = (
        "variables: {x: {default: hunter2secret9}}\n"
        "assistants:\n  a: {model: gpt-4.1, instructions: x, metadata: {password: '${var.x}'}}\n"
    )
    [said] = messages(project({"a.yaml": manifest}))
    assert said.startswith("manifests/a.yaml:3:61: with its expressions, this holds a credential")


def test_a_variable_of_the_process_must_be_allowed_and_hold_no_secret(project: ProjectAt) -> None:
    used = "assistants:\n  a: {model: gpt-4.1, instructions: x, metadata: {r: '${env.REGION}'}}\n"

    def folder(allowed: str) -> Path:
        return project({"provision.yaml": f"project: p\nallowed_env: {allowed}\n", "a.yaml": used})

    assert (
        inputs(load(folder("[REGION]"), given=GivenValues(process={"REGION": "eu"})), "assistant.a")["metadata"]["r"]
        == "eu"
    )
    for allowed, process, said in (
        ("[REGION]", {}, "the variable `REGION` of the process is not set"),
        ("[REGIO]", {"REGION": "eu"}, "did you mean `REGIO`?"),
        ("[OPENAI_API_KEY, REGION]", {"REGION": "eu"}, "`OPENAI_API_KEY` is a setting of provision itself"),
        ("[openai_base_url, REGION]", {"REGION": "eu"}, "is a setting of provision itself"),
        ("[PROVISION_STATE_KEY, REGION]", {"REGION": "eu"}, "is a setting of provision itself"),
        ("[DB_PASSWORD, REGION]", {"REGION": "eu"}, "`DB_PASSWORD` has the name of a secret"),
        ("[REGION]", {"REGION": SECRET}, "`REGION` holds "),
        ("[REGION]", {"REGION": "Zk3f9QpX7bT1vLm8WqR2"}, "`REGION` looks like a secret"),
    ):
        found = messages(folder(allowed), GivenValues(process=process))
        assert any(said in each for each in found), found
        assert not any(value in each for each in found for value in process.values() if value != "eu")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("OPENAI_API_KEY", "is a setting of provision itself"),
        ("openai_base_url", "is a setting of provision itself"),
        ("PROVISION_STATE_KEY", "is a setting of provision itself"),
        ("DB_PASSWORD", "has the name of a secret"),
        ("GITHUB_TOKEN", "has the name of a secret"),
        ("stripe_secret_key", "has the name of a secret"),
    ],
)
@pytest.mark.parametrize("allowed", ["[]", "[DB_PASSWORT]"])
def test_a_variable_that_can_never_be_allowed_is_not_advised(
    project: ProjectAt, name: str, why: str, allowed: str
) -> None:
    used = f"assistants:\n  a: {{model: gpt-4.1, instructions: x, metadata: {{r: '${{env.{name}}}'}}}}\n"
    [said] = messages(project({"provision.yaml": f"project: p\nallowed_env: {allowed}\n", "a.yaml": used}))
    assert f"manifests can never read the variable `{name}` of the process, because it {why}; write" in said
    assert f"`{{runtime: {name}}}`" in said
    assert "allowed_env" not in said
    assert "did you mean" not in said


def test_values_are_not_expanded_again(project: ProjectAt) -> None:
    manifest = (
        "variables: {x: {}, y: {default: z}}\n"
        "assistants:\n  a: {model: gpt-4.1, instructions: x, metadata: {k: '${var.x}', l: '<${var.x}>'}}\n"
    )
    found = inputs(load(project({"a.yaml": manifest}), given=GivenValues(("x=${var.y}",))), "assistant.a")
    assert found["metadata"] == {"k": "${var.y}", "l": "<${var.y}>"}


def test_expressions_cannot_blow_up_the_manifests(project: ProjectAt) -> None:
    long = "variables: {x: {default: '" + "a" * 1_000_000 + "'}}\n"
    many = "\n".join(f"    k{number}: '${{var.x}}'" for number in range(40))
    wide = "variables: {x: {default: [" + ", ".join("a" for _ in range(30_000)) + "]}}\n"
    for text in (long, wide):
        manifest = f"{text}assistants:\n  a:\n    model: gpt-4.1\n    instructions: x\n    extra:\n{many}\n".replace(
            "    k", "      k"
        )
        [said] = messages(project({"a.yaml": manifest}))
        assert "expressions make more than" in said


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (
            "name: '${var.n}'",
            "a text is expected here, and `${var.n}` is a number; declare the variable `n` with `type: "
            "string`, with its values in quotes",
        ),
        ("name: '${var.b}'", "`${var.b}` is true or false; declare the variable `b` with `type: string`"),
        ("name: '${var.m.x}'", "`${var.m.x}` is a number; put it in quotes in the value of the variable"),
        ("name: '${var.l}'", "a text is expected here, and `${var.l}` is a list; name an item of it"),
        ("name: '${var.m}'", "a text is expected here, and `${var.m}` is a mapping; name a field of it"),
        ("metadata: '${var.m}'", "a text is expected here, and `${var.m}` is a number"),
        ("metadata: {a: '${var.n}'}", "declare the variable `n` with `type: string`, with its values in quotes"),
        (
            "for_each: {u: 1}, name: '${each.value}'",
            "`${each.value}` is a number; put it in quotes where the entries of `for_each` are written",
        ),
        ("for_each: '${var.l}'", "and this is a number; put it in quotes in the value of `${var.l}`"),
        (
            "temperature: '${var.s}'",
            "a number is expected here, and `${var.s}` is the text `5`; declare the variable `s` with `type: number`",
        ),
        (
            "store: '${var.s}'",
            "true or false is expected here, and `${var.s}` is the text `5`; declare the variable `s` with `type: "
            "boolean`",
        ),
        (
            "temperature: '${assistant.b.release}'",
            "a number is expected here, and `${assistant.b.release}` is a text; "
            "use a variable that is declared with `type: number`",
        ),
        (
            "temperature: '${env.REGION}'",
            "`${env.REGION}` is the text `eu`; use a variable that is declared with `type: number`",
        ),
        ("temperature: '1${var.s}'", "a number is expected here, not the text `15`"),
        ("name: 5", "a text is expected here, not `5`; put it in quotes"),
    ],
)
def test_a_value_of_an_expression_of_the_wrong_type_says_what_helps(project: ProjectAt, field: str, said: str) -> None:
    manifest = (
        "variables: {n: {default: 5}, b: {default: true}, l: {default: [1]}, m: {default: {x: 1}}, s: {default: '5'}}\n"
        "assistants:\n  b: {model: gpt-4.1, instructions: x}\n"
        f"  a: {{model: gpt-4.1, instructions: x, {field}}}\n"
    )
    settings = "project: p\nallowed_env: [REGION]\n"
    found = messages(project({"provision.yaml": settings, "a.yaml": manifest}), GivenValues(process={"REGION": "eu"}))
    assert any(said in each for each in found), found
    assert all(each.startswith("manifests/a.yaml:4:") for each in found)
