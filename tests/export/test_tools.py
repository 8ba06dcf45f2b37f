"""Exported files in the hands of the tools that they are for, against the emulator."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, KEY, Provision
from tests.export.tools import npm_packages, python_with

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]

TESTS = """
tests:
  says-it-is-the-emulator:
    assistant: math-tutor
    input: Say {{nothing}} of {% any %} use.
    expect: {contains: emulator, not_contains: "{{nothing}} else", max_seconds: 60}
  says-something-else:
    assistant: math-tutor
    input: Hello.
    expect: {contains: This is nowhere in the answer.}
"""
TYPESCRIPT = """
import OpenAI from "openai";
import { definition, releases, vectorStoreIds } from "./definitions.js";

const client = new OpenAI();
const response = await client.responses.create({ ...definition("secretary"), input: "How many students are there?" });
const parts: (string | number)[] = [response.status ?? "", vectorStoreIds["hamlet"], releases["secretary"] ?? 0];
console.log(parts.join(" "));
"""
COMPILER = {
    "compilerOptions": {
        **{"strict": True, "noUnusedLocals": True, "noUncheckedIndexedAccess": True, "skipLibCheck": True},
        **{"target": "es2022", "module": "nodenext", "moduleResolution": "nodenext", "outDir": "js", "types": []},
    },
    "files": ["use.ts"],
}
AGENTS = """
import asyncio
from agents import Runner, set_tracing_disabled
from provisioned_agents import agent


async def main():
    set_tracing_disabled(True)
    bot, secretary = agent("server-bot", {"examine_server": lambda: "1"}), agent("secretary")
    result = await Runner.run(bot, "Is the server well?")
    print(type(result.final_output).__name__, [tool.name for tool in bot.tools])
    print((await Runner.run(secretary, "How many students are there?")).final_output != "", secretary.model)


asyncio.run(main())
try:
    agent("server-bot")
except ValueError as error:
    print(error)
"""


@pytest.fixture
def example(tmp_path: Path, provision: Provision) -> Path:
    """The project of this repository, applied."""
    shutil.copytree(CHECKOUT / "manifests", tmp_path / "manifests")
    (tmp_path / "manifests/tests.yaml").write_text(TESTS, encoding="utf-8")
    assert provision("apply", "--yes").code == 0
    return tmp_path


def run(command: list[str | Path], folder: Path, base_url: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = "/usr/local/bin:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(folder), "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": base_url, **more}
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_typescript_program_calls_the_model(example: Path, provision: Provision) -> None:
    modules = npm_packages("typescript@5", "openai")
    assert provision("export", "--format", "typescript", "--out", "app").code == 0
    folder = example / "app"
    (folder / "node_modules").symlink_to(modules)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(COMPILER), encoding="utf-8")
    (folder / "use.ts").write_text(TYPESCRIPT, encoding="utf-8")
    base_url = provision.emulators.latest.base_url
    compiled = run(["node", modules / "typescript/bin/tsc"], folder, base_url)
    assert compiled.returncode == 0, compiled.stdout
    ended = run(["node", "js/use.js"], folder, base_url)
    store = json.loads(provision("output", "--json").stdout)["vector_stores"]["hamlet"]["id"]
    assert ended.stdout == f"completed {store} 1\n", ended.stderr
    wrong = TYPESCRIPT.replace('definition("secretary")', 'definition("nobody")')
    (folder / "use.ts").write_text(wrong, encoding="utf-8")
    assert '"nobody"' in run(["node", modules / "typescript/bin/tsc"], folder, base_url).stdout


def test_promptfoo_evaluates_the_tests(example: Path, provision: Provision) -> None:
    modules = npm_packages("promptfoo")
    assert provision("export", "--format", "promptfoo", "--out", "evaluation").code == 0
    folder = example / "evaluation"
    settings = {
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_CONFIG_DIR": str(folder / "promptfoo"),
    }
    command: list[str | Path] = [
        "node",
        modules / "promptfoo/dist/src/main.js",
        "eval",
        "--no-cache",
        "--no-progress-bar",
    ]
    base_url = provision.emulators.latest.base_url
    before = provision.count("POST", "/v1/responses")
    ended = run([*command, "--output", "results.json"], folder, base_url, **settings)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))["results"]["results"]
    found = {each["testCase"]["description"]: each for each in results}
    names = {name.partition(":")[0]: each["success"] for name, each in found.items()}
    assert names == {"says-it-is-the-emulator": True, "says-something-else": False}, ended.stdout + ended.stderr
    asked = found["says-it-is-the-emulator"]
    assert asked["prompt"]["raw"] == "Say {{nothing}} of {% any %} use."
    assert asked["provider"]["label"] == "math-tutor"
    assert provision.count("POST", "/v1/responses") == before + 2


def test_the_agents_of_the_sdk_run(example: Path, provision: Provision) -> None:
    python = python_with("openai-agents", "agents")
    assert provision("export", "--format", "openai-agents", "--out", "app").code == 0
    (example / "app/use.py").write_text(AGENTS, encoding="utf-8")
    ended = run([python, "use.py"], example / "app", provision.emulators.latest.base_url)
    assert ended.stdout == (
        "str ['examine_server']\nTrue gpt-6-luna\nserver-bot needs the function examine_server\n"
    ), ended.stderr
