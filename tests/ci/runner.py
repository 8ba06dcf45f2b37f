"""A runner: carries out the steps of action.yml one by one, in processes of their own, with a runner's variables."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.ci.expressions import fill, holds
from tests.ci.hub import REPOSITORY, TOKEN, Hub
from tests.conftest import CHECKOUT, KEY

MERGED = "a" * 40
HEAD = "b" * 40
ACTION = CHECKOUT / "action.yml"


@dataclass
class Ran:
    """What became of the action. `outcomes` are steps by id or name: success, failure or skipped."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """One machine. `workspace` holds the checkouts; what the action keeps in between is in `temp`.

    `command` is the program `provision`; None: the one of this checkout, in a process that imports everything itself.
    """

    workspace: Path
    temp: Path
    hub: Hub
    base_url: str
    event: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=lambda: {"OPENAI_API_KEY": KEY})
    command: Path | None = None

    def pull_request(self, *, fork: bool = False) -> None:
        """From now on it runs for pull request 7."""
        repository = "stranger/helpers" if fork else REPOSITORY
        head = {"sha": HEAD, "ref": "topic", "repo": {"full_name": repository}}
        self.happen("pull_request", "refs/pull/7/merge", {"pull_request": {"number": 7, "head": head}})

    def push(self, branch: str = "main") -> None:
        """From now on it runs for a push."""
        self.happen("push", f"refs/heads/{branch}", {})

    def happen(self, name: str, ref: str, event: dict[str, Any]) -> None:
        """From now on it runs for this event."""
        self.event = {"repository": {"default_branch": "main"}, **event}
        self.variables |= {
            "GITHUB_EVENT_NAME": name,
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.split("/", 2)[2],
        }

    def use(self, command: str, **inputs: str) -> Ran:
        """Uses the action with these inputs (`-` is written as `_`). What it installs is there already."""
        action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
        given = {name.replace("_", "-"): text for name, text in inputs.items()}
        assert given.keys() <= action["inputs"].keys()
        defaults = {name: each.get("default", "") for name, each in action["inputs"].items()}
        contexts: dict[str, Any] = {
            "inputs": {**defaults, "github-token": TOKEN, "command": command, **given},
            "github": {"event_name": self.variables["GITHUB_EVENT_NAME"]},
            "steps": {},
        }
        ran = Ran()
        for step in action["runs"]["steps"]:
            self._step(step, contexts, ran)
        ran.outputs = {name: fill(each["value"], contexts) for name, each in action["outputs"].items()}
        return ran

    def _step(self, step: dict[str, Any], contexts: dict[str, Any], ran: Ran) -> None:
        name = step.get("id") or step.get("name") or step["uses"]
        outputs: dict[str, str] = {}
        if not holds(step.get("if", ""), contexts, succeeded=ran.code == 0):
            ran.outcomes[name] = "skipped"
        elif "uses" in step:
            self._use(step, contexts)
            ran.outcomes[name] = "success"
        elif step["name"] == "Install":
            ran.outcomes[name] = "success"
        else:
            code, outputs = self._run(step, contexts, ran)
            ran.code = ran.code or code
            ran.outcomes[name] = "failure" if code else "success"
        contexts["steps"][name] = {"outputs": outputs, "outcome": ran.outcomes[name]}

    def _run(self, step: dict[str, Any], contexts: Mapping[str, Any], ran: Ran) -> tuple[int, dict[str, str]]:
        assert step["shell"] == "bash"
        env = {name: fill(str(text), contexts) for name, text in step.get("env", {}).items()}
        code, log, summary, outputs = self.run(step["run"], env)
        ran.log += log
        ran.summary += summary
        return code, outputs

    def run(self, script: str, env: Mapping[str, str]) -> tuple[int, str, str, dict[str, str]]:
        """Runs a script: its exit code, what it said, the summary and the outputs that it wrote."""
        files = {name: self.temp / f"_{name}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        event = self.temp / "_event.json"
        event.write_text(json.dumps(self.event), encoding="utf-8")
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.workspace,
            env={**self.environment(), **{name: str(path) for name, path in files.items()}, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        said = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        outputs = {name: text for name, _, text in (line.partition("=") for line in said)}
        return ended.returncode, ended.stdout, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"), outputs

    def environment(self) -> dict[str, str]:
        """A runner's variables, and the secrets of the step that uses the action."""
        return {
            "PATH": f"{self._commands()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.temp),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(CHECKOUT),
            "GITHUB_API_URL": self.hub.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_EVENT_PATH": str(self.temp / "_event.json"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "42",
            "GITHUB_SHA": MERGED,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "OPENAI_BASE_URL": self.base_url,
            **self.variables,
            **self.secrets,
        }

    def _commands(self) -> Path:
        """A folder with `provision`, as installing it would leave it, and this Python."""
        folder = self.temp / "bin"
        folder.mkdir(exist_ok=True)
        python = shlex.quote(sys.executable)
        cold = f"PYTHONPATH={shlex.quote(str(CHECKOUT))} exec {python} -P -m provisioner.cli"
        command = f"exec {shlex.quote(str(self.command))}" if self.command else cold
        scripts = {
            "provision": f'{command} "$@"',
            "python3": f'exec {python} "$@"',
        }
        for name, script in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (folder / name).chmod(0o755)
        return folder

    def _use(self, step: dict[str, Any], contexts: Mapping[str, Any]) -> None:
        """Of the actions that it uses, the one that keeps an artifact."""
        if not step["uses"].startswith("actions/upload-artifact@"):
            return
        given = {name: fill(str(text), contexts) for name, text in step["with"].items()}
        path = Path(given["path"])
        pull = self.event.get("pull_request")
        run = made_by(HEAD if pull else MERGED, self.variables["GITHUB_EVENT_NAME"])
        self.hub.keep(given["name"], {path.name: path.read_bytes()}, run)


def made_by(sha: str, event: str, **fields: Any) -> dict[str, Any]:
    """A run of the workflow that makes plans."""
    return {
        "id": 42,
        "path": ".github/workflows/plan.yml",
        "event": event,
        "status": "completed",
        "conclusion": "success",
        "created_at": "2026-01-01T00:00:00Z",
        "run_attempt": 1,
        "head_sha": sha,
        "head_branch": "topic" if event == "pull_request" else "main",
        "repository": {"id": 1, "full_name": REPOSITORY},
        "head_repository": {"id": 1, "full_name": REPOSITORY},
        "referenced_workflows": [],
        **fields,
    }
