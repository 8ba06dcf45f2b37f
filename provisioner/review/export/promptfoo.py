"""Exports a configuration for promptfoo, a program that tests prompts. With the exported configuration, promptfoo runs
the tests of the manifests with each definition.

Source: the documentation of promptfoo about the provider `openai:responses`, assertions and templates. promptfoo
renders templates (`{{…}}`) in the variables of tests and in `tools`. It sends the fields under `passthrough` unchanged,
with three exceptions. It renders templates about environment variables (`{{ env.X }}`) everywhere. It loads `$ref`
everywhere. If a text begins with `file://` or `package:`, it loads or runs this file or package.

These exceptions could send a secret of the process to any host, or run code of a branch under review. So a definition,
a test or an expectation is left out if it contains a template about environment variables, a `$ref` to a file, or the
name of a file or package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from provisioner.core.declaredtest import DeclaredTest, Expectation, ExpectationKind
from provisioner.core.runtime_values import copy, replace_at
from provisioner.review.export.exported import MARK, Exported, Notes, runtime_values

#: The beginnings and ends of templates, which are written so that promptfoo renders them as they are.
TEMPLATE = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
#: The beginnings of texts that promptfoo takes for files and packages.
LOADED = ("file://", "package:")
#: A name of a variable that can stand in a template.
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: The most characters of a text that a message shows.
SHOWN = 60
#: How an expectation is written as an assertion.
ASSERTIONS: Mapping[ExpectationKind, Callable[[Any], dict[str, Any]]] = {
    ExpectationKind.CONTAINS: lambda value: {"type": "contains", "value": _escape(value)},
    ExpectationKind.NOT_CONTAINS: lambda value: {"type": "not-contains", "value": _escape(value)},
    ExpectationKind.MATCHES: lambda value: {"type": "regex", "value": _escape(value)},
    ExpectationKind.EQUALS_JSON: lambda value: {"type": "equals", "value": value},
    ExpectationKind.VALID_AGAINST: lambda value: {"type": "is-json", "value": value},
    ExpectationKind.REFUSES: lambda value: {"type": "is-refusal" if value else "not-is-refusal"},
    ExpectationKind.MAX_SECONDS: lambda value: {"type": "latency", "threshold": round(value * 1000)},
    ExpectationKind.MAX_COST: lambda value: {"type": "cost", "threshold": value},
}


def render_promptfoo(exported: Exported, notes: Notes) -> str:
    """Returns the text of `promptfooconfig.yaml`. For each part of a definition or test that promptfoo cannot express,
    adds a message to `notes`.
    """
    definitions = {
        name: definition for name, definition in exported.definitions().items() if _is_plain(definition, name, notes)
    }
    for name in sorted(set(exported.assistants) - set(exported.definitions())):
        notes.append(f"`{name}` is left out: promptfoo has no provider for the target of this assistant")
    cases = [(test, case) for test in exported.tests if (case := _case(test, definitions, notes)) is not None]
    repetition, differing = _repetition([test for test, _ in cases])
    notes += differing
    body = {
        "description": exported.title(),
        "prompts": ["{{input}}"],
        "providers": [_provider(name, definition) for name, definition in sorted(definitions.items())],
        **repetition,
        "tests": [case for _, case in cases],
    }
    text = yaml.dump(body, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    comments = "".join(f"# {json.dumps(each, ensure_ascii=False)[1:-1]}\n" for each in differing)
    return f"# {MARK}promptfoo`; do not edit.\n{comments}{text}"


def _repetition(tests: Sequence[DeclaredTest]) -> tuple[dict[str, Any], list[str]]:
    """Returns two values: the setting of promptfoo that repeats all tests, and messages about tests that promptfoo
    cannot repeat as declared. The setting is an empty mapping if promptfoo runs each test once.

    promptfoo has a single number of repetitions for all tests (`evaluateOptions.repeat`), and every repetition must
    pass. So a message is added if a test has another number of samples, or if not all of its samples must pass.
    """
    counts = {test.samples for test in tests}
    repeats = max(counts, default=1) if len(counts) == 1 else 1
    differing = [
        f"`samples: {test.samples}` of the test `{test.name}` is left out: promptfoo repeats all tests equally often"
        for test in tests
        if test.samples != repeats
    ]
    differing += [
        f"`pass: {test.share:g}` of the test `{test.name}` is left out: in promptfoo, every repetition must pass"
        for test in tests
        if test.share < 1
    ]
    return ({"evaluateOptions": {"repeat": repeats}} if repeats > 1 else {}), differing


def _provider(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the promptfoo provider that sends requests to a model with the fields in `definition`. The label of the
    provider is `name`, the name of the assistant.
    """
    config = copy({**definition})
    for path, value in runtime_values(definition):
        replace_at(config, path, f"{{{{ env.{value} }}}}")
    model, instructions, extra = config.pop("model", ""), config.pop("instructions", None), config.pop("extra_body", {})
    return {
        "id": f"openai:responses:{model}",
        "label": name,
        "config": {
            # Otherwise promptfoo sends a temperature and a limit of tokens of its own.
            "omitDefaults": True,
            **({"instructions": instructions} if instructions else {}),
            "passthrough": {**config, **extra},
        },
    }


def _case(test: DeclaredTest, definitions: Mapping[str, Any], notes: Notes) -> dict[str, Any] | None:
    """Returns the promptfoo test case for `test`. Returns None if promptfoo cannot run the test; a message with the
    reason is then added to `notes`. No message is added if the assistant of the test is left out itself. `definitions`
    maps the names of assistants to their definitions.
    """
    name = test.assistant.name
    if name not in definitions:
        return None
    if len(test.messages) > 1 or test.messages[0].files or test.mocks:
        has = [
            part
            for part, is_there in (
                ("several messages", len(test.messages) > 1),
                ("files", test.messages[0].files),
                ("mocks", test.mocks),
            )
            if is_there
        ]
        notes.append(f"the test `{test.name}` is left out: it has {' and '.join(has)}")
        return None
    if reason := find_active([test.description, *(message.text for message in test.messages)]):
        notes.append(f"the test `{test.name}` is left out: it contains {reason}")
        return None
    assertions = list(_assertions(test.expectations, test.name, notes))
    if not assertions:
        # A test without assertions would always pass.
        notes.append(f"the test `{test.name}` is left out: promptfoo has an assertion for none of its expectations")
        return None
    return {
        "description": f"{test.name}: {test.description}" if test.description else test.name,
        "vars": {"input": _escape(test.messages[0].text)},
        "providers": [name],
        "assert": assertions,
    }


def _assertions(expectations: tuple[Expectation, ...], test: str, notes: Notes) -> Iterator[dict[str, Any]]:
    for each in expectations:
        if each.kind in ASSERTIONS and (reason := find_active(each.value)):
            notes.append(f"`{each.kind}` in the test `{test}` is left out: it contains {reason}")
        elif each.kind in ASSERTIONS:
            yield ASSERTIONS[each.kind](each.value)
        else:
            notes.append(f"`{each.kind}` in the test `{test}` is left out: promptfoo has no such assertion")


def _is_plain(definition: Mapping[str, Any], name: str, notes: Notes) -> bool:
    """Returns whether promptfoo sends all of `definition` unchanged. If promptfoo would change a part, adds a message
    to `notes`. `name` is the name of the assistant.
    """
    reason = find_active(definition)
    odd = next((value for _, value in runtime_values(definition) if not VARIABLE.fullmatch(value)), None)
    if reason is None and odd is not None:
        reason = f"the runtime value `{odd[:SHOWN]}`, which is no name of a variable"
    if reason is not None:
        notes.append(f"`{name}` is left out: it contains {reason}")
    return reason is None


def find_active(value: Any) -> str | None:
    """Finds a part of a JSON value that promptfoo would replace, load or run. Returns a description of this part for a
    message. Returns None if promptfoo sends the value unchanged.
    """
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            target = each.get("$ref")
            if isinstance(target, str) and not target.startswith("#"):
                return f"`$ref: {target[:SHOWN]}`, which promptfoo would load"
            waiting += [*each, *each.values()]
        elif isinstance(each, list | tuple):
            waiting += each
        elif isinstance(each, str):
            if each.lstrip().lower().startswith(LOADED):
                return f"`{each.lstrip()[:SHOWN]}`, which promptfoo would load and run"
            if "{{" in each and ("env." in each or "env[" in each):
                return "a template about `env`, in which promptfoo would write a variable of its process"
    return None


def _escape(text: str) -> str:
    """Returns `text` with its template characters escaped. If promptfoo renders the result as a template, it gets
    `text` again.
    """
    return TEMPLATE.sub(lambda found: f"{{{{ {found[0]!r} }}}}", text)


class _Dumper(yaml.SafeDumper):
    """A YAML dumper that writes texts with several lines as block texts and never writes aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Returns True, so that equal values are written several times instead of as YAML aliases."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)
