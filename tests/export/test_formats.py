"""Each format holds what the state has, is read by its own language, and never holds a secret."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml
from dotenv import dotenv_values

from provisioner import load, load_id
from provisioner.core.address import Address
from provisioner.core.declaredtest import DeclaredTest, Expectation, ExpectationKind, InputMessage
from provisioner.core.diagnostic import Place
from provisioner.core.runtime_values import fill
from provisioner.review.export import FORMATS, Exported, read_exported
from provisioner.review.export.exported import MARK
from tests.conftest import CHECKOUT
from tests.export.conftest import ALL, RECORDS, state_of

SECRETS = {"WIKI_TOKEN": "w-1", "TEAM": "t-1"}
SCHEMA = json.loads((CHECKOUT / "docs/export.schema.json").read_text(encoding="utf-8"))
PLACE = Place("tests.yaml")


def render(exported: Exported, name: str) -> str:
    return FORMATS[name].render(exported, [])


def write(folder: Path, exported: Exported, name: str) -> Path:
    path = folder / FORMATS[name].file
    path.write_text(render(exported, name), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_equal_states_give_equal_texts(exported: Exported, name: str) -> None:
    text = render(exported, name)
    assert text == render(read_exported(state_of(*reversed(RECORDS)), "library", "prod"), name)
    assert f"{MARK}{name}`" in text
    assert text.endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_values_of_secrets_are_not_read(exported: Exported, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = render(exported, name)
    for variable, value in SECRETS.items():
        monkeypatch.setenv(variable, value)
    assert render(exported, name) == text


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_recorded_is_an_output_too(name: str, tmp_path: Path) -> None:
    empty = read_exported(None, "library", "prod")
    path = write(tmp_path, empty, name)
    if path.suffix == ".py":
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
    if name == "json":
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)


class TestJson:
    def test_it_follows_the_published_schema(self, exported: Exported) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        jsonschema.validate(json.loads(render(exported, "json")), SCHEMA)

    @pytest.mark.parametrize(
        "broken",
        [{"format": 2}, {"assistants": {"a": {"target": "responses"}}}, {"files": {"a": {}}}, {"more": 1}],
    )
    def test_the_schema_refuses_something_else(self, exported: Exported, broken: dict[str, Any]) -> None:
        body = json.loads(render(exported, "json")) | broken
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(body, SCHEMA)

    def test_it_is_loaded(self, exported: Exported, tmp_path: Path) -> None:
        path = write(tmp_path, exported, "json")
        assert load("bot", path=path, secrets=SECRETS) == fill(ALL, SECRETS)
        assert load("튜터", path=path)["instructions"] == "안녕"
        assert [load_id(name, path=path) for name in ("writer", "environment.writer", "old")] == [
            *("agent_1", "envtmpl_1", "asst_1"),
        ]
        assert load_id('file["books/a b.pdf"]', path=path) == "file-1"


class TestPython:
    def module(self, folder: Path, exported: Exported) -> ModuleType:
        path = write(folder, exported, "python")
        spec = importlib.util.spec_from_file_location("exported_definitions", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def test_it_has_the_definitions_and_the_ids(self, exported: Exported, tmp_path: Path) -> None:
        module = self.module(tmp_path, exported)
        assert module.definition("bot", SECRETS) == fill(ALL, SECRETS)
        assert module.RELEASES["bot"] == 3
        assert (module.assistant_id("writer"), module.ENVIRONMENT_IDS) == ("agent_1", {"writer": "envtmpl_1"})
        assert module.FILE_IDS == {'file["books/a b.pdf"]': "file-1"}
        module.definition("plain")["tools"].append(1)
        assert module.definition("plain")["tools"] == []
        with pytest.raises(ValueError, match="bot needs values that are not set: TEAM, WIKI_TOKEN"):
            module.definition("bot", {})

    def test_it_needs_no_package(self, exported: Exported, tmp_path: Path) -> None:
        write(tmp_path, exported, "python")
        code = "import definitions; print(definitions.definition('plain')['model'])"
        command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "gpt-6-luna\n"

    @pytest.mark.thorough
    @pytest.mark.timeout(600)
    def test_its_types_fit_the_sdk(self, exported: Exported, tmp_path: Path) -> None:
        write(tmp_path, exported, "python")
        (tmp_path / "use.py").write_text(
            "from openai import OpenAI\nfrom openai.types.responses import Response\n\n"
            "from definitions import assistant_id, definition\n\n\n"
            "def answer(client: OpenAI) -> Response:\n    assistant_id('writer')\n"
            "    return client.responses.create(**definition('bot'), input='x')\n",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "use.py"]
        checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout


class TestVariables:
    EXPECTED = {  # noqa: RUF012
        "ASSISTANT_BOT_RELEASE": "3",
        "ASSISTANT_OLD_ID": "asst_1",
        "ASSISTANT_PLAIN_RELEASE": "1",
        "ASSISTANT_WRITER_ID": "agent_1",
        "ENVIRONMENT_WRITER_ID": "envtmpl_1",
        "FILE_BOOKS_A_B_PDF_ID": "file-1",
        "VECTOR_STORE_HAMLET_ID": "vs_1",
    }

    def check(self, found: dict[str, Any]) -> None:
        assert found.items() >= self.EXPECTED.items()
        rest = {name: value for name, value in found.items() if name not in self.EXPECTED}
        assert sorted(rest.values()) == ["1", "vs_2", "vs_3"]
        assert all(name.startswith(("ASSISTANT_", "VECTOR_STORE_HAM_LET_")) for name in rest)

    def test_a_dotenv_file(self, exported: Exported, tmp_path: Path) -> None:
        self.check(dict(dotenv_values(write(tmp_path, exported, "dotenv"))))

    def test_a_shell_takes_the_commands(self, exported: Exported, tmp_path: Path) -> None:
        path = write(tmp_path, exported, "env")
        command = ["sh", "-c", f". {path}; env"]
        lines = subprocess.run(
            command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
        ).stdout
        found = dict(line.split("=", 1) for line in lines.splitlines())
        self.check({name: value for name, value in found.items() if name.endswith(("_ID", "_RELEASE"))})

    def test_no_value_is_a_command(self) -> None:
        state = state_of(*RECORDS[:3])
        odd = Exported("p", "e", {"assistants": {}, "vector_stores": {"a": {"id": "vs_$(touch;x)'&"}}})
        assert FORMATS["env"].render(odd, []).splitlines()[-1] == "export VECTOR_STORE_A_ID='vs_$(touch;x)'\"'\"'&'"
        assert state.records


class TestPromptfoo:
    def test_each_definition_is_a_provider(self, exported: Exported) -> None:
        notes: list[str] = []
        body = yaml.safe_load(FORMATS["promptfoo"].render(exported, notes))
        assert [each["label"] for each in body["providers"]] == ["bot", "plain", "튜터"]
        bot = body["providers"][0]
        assert bot["id"] == "openai:responses:gpt-6-luna"
        sent = bot["config"]["passthrough"]
        assert sent["tools"][0]["authorization"] == "{{ env.WIKI_TOKEN }}"
        assert sent["tools"][1:] == ALL["tools"][1:]
        assert (sent["newer"], sent["temperature"]) == (ALL["extra_body"]["newer"], 0.5)
        assert bot["config"]["instructions"] == ALL["instructions"]
        assert [note.split("`")[1] for note in notes] == ["old", "writer"]

    def test_tests_are_translated(self, exported: Exported) -> None:
        kinds = {
            ExpectationKind.CONTAINS: "x {{y}}",
            ExpectationKind.NOT_CONTAINS: "no",
            ExpectationKind.MATCHES: "[0-9]{2}",
            ExpectationKind.EQUALS_JSON: {"a": 1},
            ExpectationKind.VALID_AGAINST: {"type": "object"},
            ExpectationKind.REFUSES: False,
            ExpectationKind.MAX_SECONDS: 1.5,
            ExpectationKind.MAX_COST: 0.01,
            ExpectationKind.CITES: "a.pdf",
        }
        expectations = tuple(Expectation(kind, value, PLACE) for kind, value in kinds.items())
        tests = tuple(
            DeclaredTest(Address("test", name), Address("assistant", who), messages, expectations, PLACE)
            for name, who, messages in (
                ("one", "bot", (InputMessage("Hi {{you}}"),)),
                ("two", "bot", (InputMessage("a"), InputMessage("b"))),
                ("three", "writer", (InputMessage("a"),)),
            )
        )
        notes: list[str] = []
        body = yaml.safe_load(FORMATS["promptfoo"].render(Exported("p", "e", exported.sections, tests), notes))
        [case] = body["tests"]
        assert (case["description"], case["providers"]) == ("one", ["bot"])
        assert case["assert"][2:] == [
            {"type": "regex", "value": "[0-9]{2}"},
            {"type": "equals", "value": {"a": 1}},
            {"type": "is-json", "value": {"type": "object"}},
            {"type": "not-is-refusal"},
            {"type": "latency", "threshold": 1500},
            {"type": "cost", "threshold": 0.01},
        ]
        assert sorted(note for note in notes if "test" in note) == [
            "`cites` in the test `one` is left out: promptfoo has no such assertion",
            "the test `two` is left out: it has several messages",
        ]

    def test_equal_samples_are_repetitions_and_others_are_reported(self, exported: Exported) -> None:
        equal, notes = self.export(exported, (3, 1.0), (3, 0.5))
        assert yaml.safe_load(equal)["evaluateOptions"] == {"repeat": 3}
        every = "`pass: 0.5` of the test `t1` is left out: in promptfoo, every repetition must pass"
        assert notes == [every]
        assert equal.splitlines()[1] == f"# {every}"
        different, notes = self.export(exported, (1, 1.0), (3, 1.0))
        assert "evaluateOptions" not in yaml.safe_load(different)
        assert notes == ["`samples: 3` of the test `t1` is left out: promptfoo repeats all tests equally often"]
        assert different.splitlines()[1] == f"# {notes[0]}"
        once, notes = self.export(exported, (1, 1.0))
        assert ("evaluateOptions" in yaml.safe_load(once), notes) == (False, [])

    def test_a_test_without_any_assertion_is_left_out(self, exported: Exported) -> None:
        text, notes = self.export(exported, (1, 1.0), kind=ExpectationKind.CITES)
        assert yaml.safe_load(text)["tests"] == []
        assert notes[-1] == "the test `t0` is left out: promptfoo has an assertion for none of its expectations"

    @staticmethod
    def export(
        exported: Exported, *samples: tuple[int, float], kind: ExpectationKind = ExpectationKind.CONTAINS
    ) -> tuple[str, list[str]]:
        """The configuration of a test for each number of samples and share, and the notes about tests."""
        expectations = (Expectation(kind, "x", PLACE),)
        tests = tuple(
            DeclaredTest(
                Address("test", f"t{number}"),
                Address("assistant", "bot"),
                (InputMessage("Hi"),),
                expectations,
                PLACE,
                samples=count,
                share=share,
            )
            for number, (count, share) in enumerate(samples)
        )
        notes: list[str] = []
        text = FORMATS["promptfoo"].render(Exported("p", "e", exported.sections, tests), notes)
        return text, [note for note in notes if "test `" in note]


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_the_types_of_agents_of_the_sdk_are_strict(exported: Exported, tmp_path: Path) -> None:
    """The types of the SDK may be missing, and are then Any."""
    write(tmp_path, exported, "openai-agents")
    (tmp_path / "use.py").write_text(
        "from provisioned_agents import NEEDED_FUNCTIONS, agent\n\n\n"
        "def look(host: str) -> str:\n    return host\n\n\n"
        "functions = dict.fromkeys(NEEDED_FUNCTIONS.get('bot', []), look)\n"
        "agent('bot', functions, {'WIKI_TOKEN': 'x'})\nagent('nobody')\n",
        encoding="utf-8",
    )
    options = ("--strict", "--ignore-missing-imports", "--cache-dir", str(tmp_path / "cache"))
    command = [sys.executable, "-m", "mypy", *options, "use.py", "provisioned_agents.py"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    errors = [line for line in checked.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1, checked.stdout
    assert errors[0].startswith('use.py:10: error: Argument 1 to "agent"'), checked.stdout


def test_agents_of_the_sdk_name_what_they_lack(exported: Exported) -> None:
    notes: list[str] = []
    text = FORMATS["openai-agents"].render(exported, notes)
    compile(text, "provisioned_agents.py", "exec")
    assert notes == [
        "`old` is left out: it is kept at OpenAI, and only definitions become agents of this SDK",
        "`writer` is left out: it is kept at OpenAI, and only definitions become agents of this SDK",
        "`bot`, tools[5] is left out: the SDK has no tool for the type `custom`",
    ]
