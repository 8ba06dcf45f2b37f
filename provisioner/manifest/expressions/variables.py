"""Determines the values of variables of manifests. The sources, from the strongest to the weakest: the command line,
variable files, environment variables, the chosen environment in the settings, and the defaults.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from provisioner.core.diagnostic import Place
from provisioner.core.files.root import Root
from provisioner.core.kinds.sections import VARIABLE, VARIABLES
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.expressions.conversion import find_type_problem, parse_value, type_of
from provisioner.manifest.expressions.expansion import Expansion
from provisioner.manifest.expressions.parser import NAME
from provisioner.manifest.expressions.scope import Scope
from provisioner.manifest.limits import VARIABLE_NAME, Allowance
from provisioner.manifest.parsing.document import Document, Written
from provisioner.manifest.parsing.reading import read_yaml
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.entry_check import check
from provisioner.manifest.validation.nearest import nearest

#: The prefix of the environment variables that set variables of manifests.
PREFIX = "PROVISION_VAR_"
#: A function that returns a description of the secret in a value, or None. Its arguments are the name of the variable
#: and the value.
Judge = Callable[[str, Any], str | None]


class GivenValues(Struct, frozen=True):
    """The values that a run gives to variables of manifests. `values` are texts `NAME=VALUE`, and `files` are paths of
    variable files. Both come from the command line. `process` are the environment variables.
    """

    values: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    process: Mapping[str, str] = field(default_factory=dict)


class Declared(Struct, frozen=True):
    """A variable that a manifest declares. `default` is None if the variable has no default. `allowed` are the allowed
    values, or None if every value of the type is allowed.

    `is_valid` is False if an error in the declaration was already reported. Then a missing value is not reported as
    well.
    """

    name: str
    written: Written
    type: str
    default: Any
    allowed: list[Any] | None
    is_valid: bool = True


class Variables(Struct):
    """The values of the declared variables. `failed` are the names of the variables whose value is missing or not
    valid; the reason was reported. `documents` are the variable files that were read. Errors that belong to no other
    place are reported at `place`.

    `judge` is a function that gets the name and the value of a variable. If the value is a secret, the function returns
    a phrase such as `an API key`. Otherwise it returns None.
    """

    declared: dict[str, Declared]
    report: Report
    judge: Judge
    place: Place
    values: dict[str, Any] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    documents: list[Document] = field(default_factory=list)

    def set(self, name: str, value: Any, at: Written | None, source: str) -> None:
        """Sets the variable `name` to `value`. Reports an error if the value has the wrong type, is not allowed, or is
        a secret; the variable is then not set. `at` is the place of the value in its file, or None if the value comes
        from no file. `source` is a text that says in messages where the value comes from.
        """
        declared = self.declared[name]
        secret = self.judge(name, value)
        problem = find_type_problem(value, declared.type) or _find_not_allowed(value, declared.allowed)
        if secret is not None:
            problem = f"it holds {secret}, and variables hold no secrets; write `{{runtime: NAME}}` where it is needed"
        if problem is not None:
            self.failed.add(name)
            self.report.error(at or declared.written.key_place, f"the value of `{name}` ({source}): {problem}")
            return
        self.failed.discard(name)
        self.values[name] = value

    def set_text(self, name: str, text: str, source: str) -> None:
        """Sets the variable `name` to the value in a text from the command line or from an environment variable. The
        text is converted to the type of the variable. Reports an error if this is not possible. `source` is a text that
        says in messages where the value comes from.
        """
        try:
            value = parse_value(text, self.declared[name].type)
        except ValueError as error:
            self.failed.add(name)
            self.report.error(self.declared[name].written.key_place, f"the value of `{name}` ({source}): {error}")
            return
        self.set(name, value, None, source)


def declared_in(documents: Iterable[Document], report: Report) -> dict[str, Declared]:
    """Returns the variables that the manifests declare, keyed by name. Errors in the declarations are reported."""
    found: dict[str, Declared] = {}
    by_variable: dict[str, Declared] = {}
    for written in _entries(documents, report):
        name = to_nfc(str(written.path[-1]))
        declared = _declare(name, written, report)
        if declared is None:
            continue
        first = found.setdefault(name, declared)
        twin = by_variable.setdefault(variable_name(name), declared)
        if first is not declared:
            message = f"the variable `{name}` is declared a second time, first at {first.written.key_place}"
            report.error(written.key_place, f"{message}; remove one of them")
        elif twin is not declared:
            message = f"`{name}` and `{twin.name}` are both set by {variable_name(name)}"
            report.error(written.key_place, f"{message}; rename one of them")
    return found


def variable_name(name: str) -> str:
    """Returns the name of the environment variable that sets the variable `name` of manifests."""
    return PREFIX + name.upper().replace("-", "_")


def read_variables(
    declared: dict[str, Declared],
    environment: Mapping[str, Written],
    given: GivenValues,
    root: Root,
    allowance: Allowance,
    report: Report,
    judge: Judge,
    place: Place,
) -> Variables:
    """Returns the values of the declared variables. `environment` maps variables to the values that the chosen
    environment of the project sets, and `given` are the values from outside the manifests. Variable files must be below
    `root`, and `allowance` limits their size. `judge` is a function that decides whether a value is a secret. Errors
    that belong to no other place are reported at `place`.

    Reports an error for a name that is not declared, for a value that is not valid, and for a missing value.
    """
    variables = Variables(declared, report, judge, place)
    for each in declared.values():
        if each.default is not None:
            variables.set(each.name, each.default, each.written.get("default"), "its default")
    for name, item in environment.items():
        if _is_declared(to_nfc(name), item.key_place, variables):
            variables.set(to_nfc(name), item.value, item, "of the environment")
    _read_process(given.process, variables)
    for path in given.files:
        _read_file(path, root, allowance, variables)
    for text in given.values:
        name, _, value = text.partition("=")
        name = to_nfc(name.strip())
        if _is_declared(name, None, variables, "--var"):
            variables.set_text(name, value, f"`--var {name}=…`")
    for each in declared.values():
        if each.name not in variables.values and each.name not in variables.failed:
            variables.failed.add(each.name)
            if not each.is_valid:
                continue
            message = (
                f"the variable `{each.name}` has no value; write `--var {each.name}=…`, set "
                f"{variable_name(each.name)}, or give it a `default:`"
            )
            report.error(each.written.key_place, message)
    return variables


def _entries(documents: Iterable[Document], report: Report) -> Iterator[Written]:
    for document in documents:
        if document.body is not None or not isinstance(document.data, dict):
            continue
        section = Written(document, (), document.data).get(VARIABLES)
        if section is None:
            continue
        if not isinstance(section.value, dict):
            report.error(section, f"`{VARIABLES}` is a mapping of names; write `{VARIABLES}: {{NAME: {{default: …}}}}`")
            continue
        yield from (written for _, written in section.fields())


def _declare(name: str, written: Written, report: Report) -> Declared | None:
    if not NAME.fullmatch(name) or len(name) > VARIABLE_NAME:
        message = f"`{name[:60]}` cannot be a name; use letters, digits, `_` and `-`, at most {VARIABLE_NAME}"
        report.error(written.key_place, message)
        return None
    if written.value is None:
        return Declared(name, written, "string", None, None)
    good = check(VARIABLE, written, report)
    if not isinstance(written.value, dict):
        return Declared(name, written, "string", None, None, is_valid=False)
    plain = Expansion(Scope(), report)
    default = written.get("default")
    value = None if default is None else plain.expand(default, None).value
    plain.finish()
    kind = written.get("type")
    allowed = written.get("allowed")
    if not good:
        return Declared(name, written, type_of(value), value, None, is_valid=False)
    return Declared(
        name, written, str(kind.value) if kind else type_of(value), value, allowed.value if allowed else None
    )


def _is_declared(name: str, at: Place | None, variables: Variables, option: str = "") -> bool:
    """Returns whether a variable named `name` is declared. If it is not, reports an error at `at`. If `at` is None, the
    error is at the declared variable with the most similar name, or at the place of `variables` if no name is similar.
    `option` is the option of the command line that sets the variable, such as `--var`, or empty.
    """
    if name in variables.declared:
        return True
    close = nearest(name, variables.declared)
    place = at or (variables.declared[close].written.key_place if close else variables.place)
    advice = f"did you mean `{close}`?" if close else f"declare it under `{VARIABLES}:` in a manifest"
    said = f"{option} sets `{name[:60]}`, but no" if option else f"`{name[:60]}`: no"
    variables.report.error(place, f"{said} manifest declares a variable of this name; {advice}")
    return False


def _read_process(process: Mapping[str, str], variables: Variables) -> None:
    """Sets the declared variables whose values are in environment variables (`process`).

    If an environment variable has the prefix PREFIX and sets no declared variable, its name is compared with the
    expected names. If the name is similar to one of them, an error is reported. Otherwise, the environment variable is
    ignored, because it may belong to another project.
    """
    by_name = {variable_name(name): name for name in variables.declared}
    exact = {f"{PREFIX}{name}": name for name in variables.declared}
    for each in sorted(process):
        if not each.startswith(PREFIX):
            continue
        name = exact.get(each) or by_name.get(each.upper())
        if name is None:
            ends = {known.removeprefix(PREFIX): known for known in by_name}
            close = nearest(each.upper().removeprefix(PREFIX), ends)
            if close is not None:
                place = variables.declared[by_name[ends[close]]].written.key_place
                message = f"{each[:80]} sets no variable of the manifests; did you mean `{ends[close]}`?"
                variables.report.error(place, message)
        elif each in exact or f"{PREFIX}{name}" not in process:
            variables.set_text(name, process[each], each)


def _read_file(path: Path, root: Root, allowance: Allowance, variables: Variables) -> None:
    """Sets the variables to the values in the variable file `path`, which is a YAML or JSON file below `root`.
    `allowance` limits how much may be read. Errors are reported.
    """
    absolute = Path(os.path.abspath(path))
    real = absolute.parent.resolve() / absolute.name
    reading = read_yaml(real, root, allowance)
    variables.report.take(reading.diagnostics)
    document = reading.document
    variables.documents.append(document)
    if reading.diagnostics:
        return
    if not isinstance(document.data, dict | None):
        variables.report.error(document.place(), "a variable file is a mapping of names; write `NAME: VALUE`")
        return
    for name, item in Written(document, (), document.data or {}).fields():
        if _is_declared(to_nfc(name), item.key_place, variables):
            variables.set(to_nfc(name), item.value, item, "of the variable file")


def _find_not_allowed(value: Any, allowed: list[Any] | None) -> str | None:
    if allowed is None:
        return None
    wrong = [each for each in (value if isinstance(value, list) else [value]) if not _is_in(each, allowed)]
    if not wrong:
        return None
    shown = ", ".join(f"`{each}`" for each in allowed[:10])
    close = (
        nearest(wrong[0], [each for each in allowed if isinstance(each, str)]) if isinstance(wrong[0], str) else None
    )
    return f"it is not one of the allowed values; {f'did you mean `{close}`?' if close else f'allowed are {shown}'}"


def _is_in(value: Any, allowed: list[Any]) -> bool:
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in allowed)
