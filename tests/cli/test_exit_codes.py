"""What a plan, an outcome and an error mean for the exit code, and that every command says it by its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from provisioner import cli
from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Severity
from provisioner.core.errors import Blocked, ProvisionError, UsageError
from provisioner.core.exitcode import ExitCode
from provisioner.planning.plan import Action, Change, Outcome, Plan
from tests.sources import dotted, nodes_of

CHANGE = Change(Address("file", "a"), Action.CREATE, "file")


def plan(*severities: Severity, changes: tuple[Change, ...] = (CHANGE,)) -> Plan:
    return Plan(changes, diagnostics=tuple(Diagnostic(severity, "what") for severity in severities))


@pytest.mark.parametrize(
    ("given", "code", "detailed"),
    [
        (plan(), ExitCode.DONE, ExitCode.CHANGES),
        (plan("warning", "info"), ExitCode.DONE, ExitCode.CHANGES),
        (plan(changes=()), ExitCode.DONE, ExitCode.DONE),
        (plan("blocked"), ExitCode.BLOCKED, ExitCode.BLOCKED),
        (plan("blocked", changes=()), ExitCode.BLOCKED, ExitCode.BLOCKED),
        (plan("error"), ExitCode.ERROR, ExitCode.ERROR),
        (plan("blocked", "error"), ExitCode.ERROR, ExitCode.ERROR),
    ],
)
def test_a_plan_says_its_exit_code(given: Plan, code: ExitCode, detailed: ExitCode) -> None:
    assert given.exit_code() is code
    assert given.exit_code(detailed=True) is detailed


def test_an_outcome_says_its_exit_code() -> None:
    assert Outcome(applied=[CHANGE]).exit_code() is ExitCode.DONE
    failed = {"a": Diagnostic("error", "why")}
    unfinished = (Outcome(failed=failed), Outcome(skipped={"a": "why"}), Outcome(interrupted=True))
    assert {each.exit_code() for each in (*unfinished, Outcome(bug=ValueError()))} == {ExitCode.ERROR}


def test_the_numbers_are_those_that_scripts_know() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "ERROR": 1,
        "CHANGES": 2,
        "BLOCKED": 3,
        "UNMET": 4,
        "INTERRUPTED": 130,
    }
    assert (ProvisionError("x").exit_code, UsageError("x").exit_code) == (ExitCode.ERROR, ExitCode.ERROR)
    assert Blocked("x").exit_code is ExitCode.BLOCKED


def returned(node: ast.AST) -> list[ast.expr]:
    """What a statement returns, or a call ends the process with; of a condition, both sides."""
    values: list[ast.expr] = []
    if isinstance(node, ast.Return) and node.value is not None:
        values = [node.value]
    elif isinstance(node, ast.Call) and dotted(node.func) in ("sys.exit", "os._exit"):
        values = node.args
    return [
        side for value in values for side in ((value.body, value.orelse) if isinstance(value, ast.IfExp) else [value])
    ]


def test_no_command_spells_a_number() -> None:
    found = []
    for path in sorted(Path(cli.__file__).parent.glob("*.py")):
        for node in nodes_of(path):
            numbers = [each for each in returned(node) if isinstance(each, ast.Constant) and type(each.value) is int]
            found += [f"{path.name}:{each.lineno}" for each in numbers]
    assert found == []
