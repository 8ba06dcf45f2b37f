"""The example assistants in chat and ask: at a terminal, as JSON lines, on every target, and on bad days."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Emulators, Provision, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.test_terminal import Terminal, at_a_terminal
from tests.warm.commands import WarmProvision

GOLDEN = Path(__file__).parent / "chat"
QUESTIONS = {
    "math-tutor": "3x + 11 = 14를 풀어 주세요",
    "secretary": "학생들의 나이를 알려 주세요",
    "hamlet": "유령은 누구인가?",
    "server-bot": "데이터 서버를 검사해 주세요",
}
#: What is on the screen beside the answer, and a part of the answer.
SHOWN = {
    "math-tutor": ["code (python)", "Fraction(14 - 11, 3)", "output\n    1", "x = 1"],
    "secretary": ['open("/mnt/data/mydata.csv"', "Alice 14"],
    "hamlet": ["search", " hits\n", "hamlet.pdf", "cited\n  hamlet.pdf (score "],
    "server-bot": ["→ examine_server({})", "  | examining", "← 1 (local, ", "정상적으로 작동"],
}
FUNCTION = """\
def examine_server() -> str:
    print("examining")
    return "1"
"""
#: A dumb terminal: prompt_toolkit asks it nothing, and rich draws nothing over.
TERMINAL = {"TERM": "dumb", "PROMPT_TOOLKIT_NO_CPR": "1"}
SCREEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
ID = re.compile(r"\b(?:resp|conv|msg|call|fc|ci|fs|cntr|thread|run|step|sess|turn|file|vs)[_-][A-Za-z0-9]{8,}")


@pytest.fixture
def applied(example: Path, provision: WarmProvision) -> Path:
    """The example on its target, applied; its function has a local implementation."""
    return apply(example, provision, "responses", list(QUESTIONS))


def apply(example: Path, provision: WarmProvision, target: str, names: list[str]) -> Path:
    manifests = example / "manifests"
    settings = (manifests / "provision.yaml").read_text(encoding="utf-8")
    (manifests / "provision.yaml").write_text(re.sub(r"target: \w+", f"target: {target}", settings), encoding="utf-8")
    (manifests / "tools").mkdir()
    (manifests / "tools" / "server.py").write_text(FUNCTION, encoding="utf-8")
    path = manifests / "assistants.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("    parameters: {type", "    handler: tools/server.py:examine_server\n    parameters: {type")
    if target == "agents":  # Agents have no file_search.
        text = text.replace("  hamlet:\n    name: 롤", "  hamlet:\n    target: responses\n    name: 롤")
    path.write_text(text, encoding="utf-8")
    only = [word for name in names for word in ("--only", f"assistant.{name}")]
    ended = provision("apply", "--yes", *only)
    assert ended.code == 0, ended.stderr
    return example


def screen(terminal: Terminal) -> str:
    return SCREEN.sub("", terminal.screen)


def normal(line: str, ids: dict[str, str]) -> dict[str, object]:
    """A JSON line with numbered ids, and without what depends on the server: times, tokens, scores, passages."""

    def numbered(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"{re.split('[_-]', found[0])[0]}<{len(ids) + 1}>")

    text = ID.sub(numbered, line)
    return {key: _normal(key, value) for key, value in json.loads(text).items()}


def _normal(key: str, value: Any) -> Any:
    if key == "hits":
        return [{**hit, "score": 0, "text": ""} for hit in value]
    if key == "usage":
        return dict.fromkeys(value, 0)
    is_varying = key in ("seconds", "score", "index") or key.endswith("_tokens")
    return 0 if is_varying and value is not None else value


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("name", QUESTIONS)
def test_ask_gives_the_events_as_json_lines(applied: Path, provision: WarmProvision, name: str, rewrite: bool) -> None:
    ended = provision("ask", name, QUESTIONS[name], "--json")
    assert ended.code == 0, ended.stderr
    ids: dict[str, str] = {}
    events = [normal(line, ids) for line in ended.stdout.splitlines()]
    # The pieces of a text are as long as the server likes.
    whole = [event for event in events if event["event"] != "text_delta"]
    text = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in whole)
    golden = GOLDEN / f"{name}.jsonl"
    if rewrite:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    assert ended.count("DELETE", "/v1/conversations/*") == 1


@pytest.mark.thorough
def test_a_chat_at_a_terminal(applied: Path, cold: Provision, account: Account) -> None:
    able = {**TERMINAL, "TERM": "xterm-256color"}
    with at_a_terminal(cold, "chat", "server-bot", "--transcript", "chat.md", env=able) as terminal:
        terminal.until("you>")
        terminal.type(QUESTIONS["server-bot"])
        terminal.until(" tokens in")
        terminal.until("you>")
        terminal.type("고마워요")
        terminal.until(" tokens in")
        terminal.until("you>")
        terminal.type("/exit")
        terminal.end()
        assert terminal.process.returncode == 0
        seen = screen(terminal)
    for words in SHOWN["server-bot"][:-1]:
        assert words in seen
    transcript = (applied / "chat.md").read_text(encoding="utf-8")
    assert transcript.count("## User") == 2
    assert "The result of `examine_server` (local)" in transcript


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("target", "name"),
    [
        *(("responses", name) for name in QUESTIONS),
        *(("assistants", name) for name in QUESTIONS),
        *(("agents", name) for name in ("math-tutor", "secretary", "server-bot")),
    ],
)
def test_the_examples_at_a_terminal_on_every_target_that_has_them(
    example: Path, provision: WarmProvision, cold: Provision, target: str, name: str
) -> None:
    apply(example, provision, target, [name])
    with at_a_terminal(cold, "ask", name, QUESTIONS[name], env=TERMINAL) as terminal:
        terminal.end()
        assert terminal.process.returncode == 0, terminal.screen
        seen = screen(terminal)
    if target == "agents" and name == "math-tutor":
        assert "x = 1" in seen.replace("  ", " ")
        return
    for words in SHOWN[name]:
        assert words in seen


@pytest.mark.thorough
def test_the_person_gives_the_result_of_a_function(example: Path, provision: WarmProvision, cold: Provision) -> None:
    apply(example, provision, "responses", ["server-bot"])
    path = example / "manifests" / "assistants.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    handler: tools/server.py:examine_server\n", ""), encoding="utf-8")
    with at_a_terminal(cold, "ask", "server-bot", QUESTIONS["server-bot"], env=TERMINAL) as terminal:
        terminal.until("result>")
        terminal.type("-1 disk full")
        terminal.end()
        assert terminal.process.returncode == 0
        assert "← -1 disk full (person)" in screen(terminal)


@pytest.mark.thorough
def test_ctrl_c_cancels_the_answer_and_not_the_chat(
    example: Path, provision: WarmProvision, cold: Provision, emulator: Emulators
) -> None:
    emulator(pace_ms=400)
    apply(example, provision, "assistants", ["server-bot"])
    with at_a_terminal(cold, "chat", "server-bot", env=TERMINAL) as terminal:
        terminal.until("you>")
        terminal.type("안녕하세요")
        terminal.until("This")
        terminal.process.send_signal(2)
        terminal.until("cancelled")
        terminal.until("you>")
        terminal.type("/exit")
        terminal.end()
    assert provision.count("POST", "/v1/threads/*/runs/*/cancel") == 1
    assert provision.count("DELETE", "/v1/threads/*") == 1


@pytest.mark.thorough
def test_sigterm_ends_a_dialogue_without_leaving_anything(
    example: Path, provision: WarmProvision, cold: Provision, emulator: Emulators
) -> None:
    emulator(pace_ms=400)
    apply(example, provision, "responses", ["server-bot"])
    with at_a_terminal(cold, "ask", "server-bot", "안녕하세요", "-v", env=TERMINAL) as terminal:
        terminal.until("POST /v1/responses")
        terminal.until("This")
        terminal.process.terminate()
        terminal.end()
        assert terminal.process.returncode == 128 + 15
    assert provision.count("DELETE", "/v1/conversations/*") == provision.count("DELETE", "/v1/responses/*") == 1


def test_what_cannot_be_run_is_explained_before_anything_is_sent(
    project: WriteProject, provision: WarmProvision
) -> None:
    project(
        {
            "a.yaml": """
                vector_stores: {notes: {name: Notes, files: [a.md]}}
                assistants:
                  poet: {instructions: Rhyme}
                  reader: {instructions: Read, tools: [{type: file_search, vector_stores: [notes]}]}
                  agent: {instructions: Act, target: agents, name: Agent}
                """,
            "a.md": "Notes.",
        }
    )
    _, _, said = provision("ask", "poet", "Hi")
    assert "assistant.poet is declared, but not applied" in said
    assert "--unapplied" in said
    code, _, said = provision("ask", "pot", "Hi")
    assert (code, "there is no assistant called pot" in said) == (1, True)
    _, _, said = provision("ask", "agent", "Hi", "--unapplied")
    assert "only after it was applied" in said
    _, _, said = provision("ask", "reader", "Hi", "--unapplied")
    assert "needs what does not exist yet: vector_store.notes" in said
    code, out, said = provision("ask", "assistant.poet", "Hi", "--unapplied", "--instructions", "Be brief")
    assert code == 0, said
    assert "emulator" in out
    assert "Traceback" not in said


@pytest.mark.thorough
def test_an_expired_store_is_named(example: Path, provision: WarmProvision, emulator: Emulators) -> None:
    apply(example, provision, "responses", ["hamlet"])
    client = emulator.latest.client()
    [store] = client.vector_stores.list().data
    client.vector_stores.delete(store.id)
    code, _, said = provision("ask", "hamlet", QUESTIONS["hamlet"])
    assert code == 1
    assert f"vector_store.hamlet ({store.id}) of hamlet does not exist any longer" in said


@pytest.mark.thorough
def test_local_functions_do_not_run_in_ci_unless_they_are_allowed(applied: Path, provision: WarmProvision) -> None:
    question = ("ask", "server-bot", QUESTIONS["server-bot"])
    code, _, said = provision(*question, env={"CI": "true"})
    assert code == 1
    assert "which does not run in CI" in said
    assert "--handlers" in said
    code, _, said = provision(*question, "--handlers", env={"CI": "true"})
    assert code == 0
    assert "← 1 (local, " in said


@pytest.mark.thorough
def test_files_are_attached_and_deleted_and_what_is_kept_is_named(applied: Path, provision: WarmProvision) -> None:
    (applied / "more.csv").write_text("name,age\n", encoding="utf-8")
    ended = provision("ask", "secretary", QUESTIONS["secretary"], "--file", "more.csv", "--poll")
    assert ended.code == 0, ended.stderr
    assert ended.count("POST", "/v1/files") == ended.count("DELETE", "/v1/files/*") == 1
    ended = provision("ask", "secretary", "Hi", "--file", "more.csv", "--keep")
    assert ended.count("DELETE", "*") == 0
    assert "kept at OpenAI:\n  conversation conv_" in ended.stderr
    assert "  file file-" in ended.stderr
    code, _, said = provision("ask", "secretary", "Hi", "--file", "gone.csv")
    assert (code, "gone.csv cannot be read" in said) == (1, True)


@pytest.mark.thorough
def test_steps_show_the_last_answer(applied: Path, provision: WarmProvision) -> None:
    code, _, said = provision("steps")
    assert (code, "no turn was run in this project yet" in said) == (1, True)
    provision("ask", "server-bot", QUESTIONS["server-bot"])
    code, shown, _ = provision("steps")
    assert code == 0
    assert "function called\n      name: examine_server" in shown
    code, shown, _ = provision("steps", "--json")
    assert json.loads(shown)["assistant"] == "server-bot"


@pytest.mark.thorough
def test_a_piped_chat_reads_lines(applied: Path, provision: WarmProvision) -> None:
    code, out, _ = provision("chat", "math-tutor", "--json", stdin=f"{QUESTIONS['math-tutor']}\n\nHi\n")
    assert code == 0
    assert [json.loads(line)["event"] for line in out.splitlines()].count("turn") == 2
