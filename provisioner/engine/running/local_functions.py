"""Runs local functions (`handler:` in manifests). Each call runs in a separate process with a time limit."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from provisioner.core.childprocess import Needs, TimeLimitExceeded, remove_secrets, run
from provisioner.core.files.root import Root
from provisioner.core.localfunction import LocalFunction
from provisioner.core.text.redaction import redact_data
from provisioner.openai_api.turns.events import FunctionAnswered, FunctionCalled

#: The time limit of one call of a local function in seconds, unless the user chooses another.
TIMEOUT = 30.0
#: The most bytes of a file with local functions, and of a result. The Assistants API accepts 512 KB of results.
SOURCE_BYTES, RESULT_BYTES = 1024 * 1024, 512 * 1024
#: The most bytes of what a function prints, and of its result, that are kept.
KEPT_BYTES = RESULT_BYTES + 1
PROGRAM = Path(__file__).with_name("function_process.py")
#: Variables that CI systems set. Local functions do not run there unless the user allows it, because the branch under
#: review could have changed them.
CI_VARIABLES = (
    *("CI", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "BUILDKITE", "JENKINS_URL", "TEAMCITY_VERSION"),
    *("BITBUCKET_BUILD_NUMBER", "CODEBUILD_BUILD_ID", "CIRCLECI", "DRONE", "bamboo_buildKey"),
)


def is_ci(process: Mapping[str, str]) -> bool:
    """Returns whether this process runs in CI. `process` are the environment variables of this process."""
    return any(process.get(name, "").strip().lower() not in ("", "0", "false", "no") for name in CI_VARIABLES)


class FunctionRunner(Struct, frozen=True):
    """Runs local functions. `process` are the environment variables of this process. Functions get these variables
    without secrets.

    `secrets` are the names of additional variables that functions do not get. `given` are the names of variables that
    functions get even if such a name suggests a secret. They never get the API key. `say` is called with the text that
    a function prints. `timeout` is in seconds.
    """

    process: Mapping[str, str]
    timeout: float = TIMEOUT
    secrets: Collection[str] = ()
    given: Collection[str] = ()
    say: Callable[[str], None] = lambda text: None

    def answer(self, call: FunctionCalled, function: LocalFunction) -> FunctionAnswered:
        """Calls the local function `function` with the arguments in `call`, and returns its result, in which known
        secrets are replaced. If the function fails, the result describes the error, and its field `failed` is true.
        """
        start = time.monotonic()
        output, failed = self._outcome(call, function)
        seconds = time.monotonic() - start
        return FunctionAnswered(call.call, call.name, redact_data(output), "local", failed, seconds)

    def _outcome(self, call: FunctionCalled, function: LocalFunction) -> tuple[str, bool]:
        try:
            arguments = json.loads(call.arguments or "{}")
        except ValueError:
            return "the arguments are not JSON", True
        if not isinstance(arguments, dict):
            return "the arguments are no JSON object", True
        try:
            source = Root(function.root).read(function.path, SOURCE_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            return f"{function.name} cannot be read: {reason}", True
        request = {
            "source": source,
            "path": str(function.path),
            "function": function.function,
            "arguments": arguments,
            "folders": list(dict.fromkeys([str(function.path.parent), str(function.root)])),
        }
        return self._run(request, function)

    def _run(self, request: Mapping[str, Any], function: LocalFunction) -> tuple[str, bool]:
        environment = remove_secrets(self.process, Needs(frozenset(self.given)), self.secrets)
        words = [find_python(self.process), "-I", "-B", str(PROGRAM)]
        try:
            ended = run(
                words,
                environment,
                timeout=self.timeout,
                stdin=json.dumps(request).encode(),
                folder=function.root,
                most=KEPT_BYTES,
                is_alone=True,
            )
        except TimeLimitExceeded:
            return f"{function.name} did not end within {self.timeout:g} s", True
        except OSError as error:
            return f"{words[0]} cannot be started: {error.strerror}", True
        if said := ended.error.decode("utf-8", "replace").strip():
            self.say(said)
        return read_result(ended.output, ended.code, function)


def find_python(process: Mapping[str, str]) -> str:
    """Returns the path of the Python that runs local functions. This is the Python of the active virtual environment,
    because the packages that the functions need are installed there. Without an active virtual environment, it is the
    Python of this process. `process` are the environment variables.
    """
    folder = process.get("VIRTUAL_ENV", "")
    python = Path(folder, "bin", "python")
    return str(python) if os.path.isabs(folder) and python.exists() else sys.executable


def read_result(output: bytes, code: int, function: LocalFunction) -> tuple[str, bool]:
    """Returns the result of a local function, and whether the result describes an error. `output` is what the child
    process wrote to standard output, and `code` is its exit code.
    """
    if len(output) > RESULT_BYTES:
        return f"{function.name} returned more than {RESULT_BYTES // 1024} KB", True
    try:
        answer = json.loads(output)
    except ValueError:
        return f"{function.name} ended its process without a result (exit code {code})", True
    if "error" in answer:
        line = f":{answer['line']}" if answer.get("line") else ""
        path = function.path.relative_to(function.root).as_posix()
        return f"{function.function} failed: {answer['error']} ({path}{line})", True
    value = answer["value"]
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)), False
