"""Determines the values that expressions in manifests have in one run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.files.root import Root
from provisioner.core.kinds import SECTIONS
from provisioner.core.runtime_values import is_own
from provisioner.manifest.expressions.expansion import Expansion
from provisioner.manifest.expressions.scope import Process, Scope
from provisioner.manifest.expressions.variables import GivenValues, Variables, declared_in, read_variables
from provisioner.manifest.limits import Allowance
from provisioner.manifest.parsing.document import Document, Steps, Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.inheritance import merge_fields
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.secret_scan.values import find_process_secret, find_secret
from provisioner.manifest.validation.entry_check import check


def open_expansion(
    settings: Settings, documents: Iterable[Document], given: GivenValues, allowance: Allowance, report: Report
) -> tuple[Expansion, Variables]:
    """Returns the `Expansion` that replaces expressions in this run, and the variables whose values it uses.
    `documents` are the manifests that declare variables, `given` are the values from outside the manifests, and
    `allowance` limits the size of variable files. Errors in declarations and values of variables are reported. From
    then on, messages of `report` show references as they are written in the manifests.
    """
    documents = list(documents)
    root = Root(settings.root, (settings.state_folder,) if settings.state_folder else ())
    place = settings.documents[0].place()
    environment = settings.written_variables if settings.is_known else {}
    variables = read_variables(
        declared_in(documents, report), environment, given, root, allowance, report, find_secret, place
    )
    scope = Scope(
        variables.values,
        frozenset(variables.failed),
        _read_process(settings, given, report),
        environment=settings.environment,
    )
    report.spell = scope.references.spell
    return Expansion(scope, report), variables


def with_defaults(settings: Settings, expansion: Expansion, report: Report) -> Settings:
    """Returns the settings with the expressions in the defaults of assistants replaced by their values. Each default
    that contained an expression is then checked against the pydantic model for assistants, and errors are reported.
    """
    [document] = settings.documents
    paths: list[Steps] = [("defaults",), ("environments", settings.environment, "defaults")]
    merged: dict[str, Written] = {}
    is_changed = False
    for path in paths if settings.is_known else ():
        block = _block_at(document, path)
        if not isinstance(block.value, dict):
            continue
        expanded = expansion.expand(block, Address(ASSISTANT_KIND.name, "defaults"))
        if expanded is not block:
            kind = SECTIONS[ASSISTANT_KIND.section]
            fields = {name: item for name, item in expanded.value.items() if item is not block.value.get(name)}
            check(kind.entry, replace(expanded, value=fields), report)
            is_changed = True
        merged = merge_fields(merged, dict(expanded.fields()))
    if not is_changed:
        return settings
    defaults = {name: item for name, item in merged.items() if item.value is not None}
    values = {name: item.value for name, item in defaults.items()}
    return dataclasses.replace(settings, defaults=values, written_defaults=defaults)


def _block_at(document: Document, path: Steps) -> Written:
    value = document.data
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return Written(document, path, value)


def _read_process(settings: Settings, given: GivenValues, report: Report) -> Process:
    """Returns the environment variables that manifests may read: the variables that the setting `allowed_env` names. If
    such a variable has the name of a secret or contains a secret, this is reported, and its value is not returned.
    """
    [document] = settings.documents
    values: dict[str, str] = {}
    refused: set[str] = set()
    for index, name in enumerate(settings.allowed_env):
        at = Written(document, ("allowed_env", index), name)
        value = given.process.get(name)
        if (secret := find_process_secret(name, value)) is not None:
            report.error(
                at, f"`{name}` {secret}, and manifests read no secrets; remove it, or write `{{runtime: {name}}}`"
            )
            refused.add(name)
        elif value is not None:
            values[name] = value
    return Process(values, settings.allowed_env, frozenset(refused), _find_refusal)


def _find_refusal(name: str) -> str | None:
    """Returns why the setting `allowed_env` can never contain the name `name`, as the end of a sentence. Returns None
    if it can.
    """
    return "is a setting of provision itself" if is_own(name) else find_process_secret(name, None)
