"""Evaluates expressions. Each expression refers to a variable, an entry of `for_each`, an environment variable, another
resource, or the name of the chosen environment of the project. The value of a reference to another resource is not
known yet; a token stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address, instance_name
from provisioner.core.objecttype import ADDRESS_KINDS
from provisioner.core.resource import Ref
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.expressions.parser import Expression, NoExpression, WrongExpression
from provisioner.manifest.expressions.references import ATTRIBUTES, References
from provisioner.manifest.validation.nearest import advise, enumerate_names

VAR, EACH, ENV = "var", "each", "env"
#: The name of the chosen environment, if nothing follows: `${environment}`.
ENVIRONMENT = "environment"
ROOTS = (VAR, EACH, ENV, *ATTRIBUTES)
#: The most fields that one message lists.
LISTED = 10


class AlreadyReported(WrongExpression):
    """Raised if the value of an expression is not known, because of an error that was already reported at another
    place.
    """


class Each(Struct, frozen=True):
    """One entry of a `for_each`: its key, and its value. If the `for_each` is a list, the value is the item of the
    list.
    """

    key: str
    value: Any


class Process(Struct, frozen=True):
    """The environment variables that manifests may read.

    `allowed` are the names in the setting `allowed_env`. `values` maps the names of the allowed variables that are set
    to their values. `refused` are the allowed names that were reported as errors. `find_refusal` is a function that
    gets a name. If the name can never be in `allowed_env`, the function returns the reason as the end of a sentence.
    Otherwise the function returns None.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()
    find_refusal: Callable[[str], str | None] = lambda _name: None


def _unchanged(kind: str, name: str) -> str:
    return name


class Scope(Struct, frozen=True):
    """The values to which expressions can refer. `failed` are the names of declared variables that have no value
    because of a reported error. `environment` is the name of the chosen environment of the project.

    `qualify` is a function that gets a kind and the name of a resource in a manifest, and returns the name of this
    resource in the project. In the manifests of an included folder, the two names differ.
    """

    variables: Mapping[str, Any] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    process: Process = field(default_factory=Process)
    references: References = field(default_factory=References)
    environment: str | None = None
    qualify: Callable[[str, str], str] = _unchanged

    def evaluate(self, expression: Expression, each: Each | None) -> tuple[Any, Ref | None]:
        """Returns (value, None) for an expression whose value is known. For a reference to another resource, returns
        (token, reference). The token is a string that stands for the unknown value.

        `each` is the entry of the surrounding `for_each`, or None. Raises WrongExpression if the expression has no
        value, for example because the variable or the field does not exist. Whether a referenced resource exists is not
        checked here.
        """
        if expression.root == VAR:
            return self._variable(expression, each), None
        if expression.root == EACH:
            return self._each(expression, each), None
        if expression.root == ENV:
            return self._process(expression), None
        if expression.root == ENVIRONMENT and not expression.steps and self.environment is not None:
            return self.environment, None
        if expression.root in ATTRIBUTES:
            ref = self._reference(expression, each)
            return self.references.token(ref, expression.source), ref
        raise _unknown_root(expression)

    def _variable(self, expression: Expression, each: Each | None) -> Any:
        name, *steps = expression.steps or ("",)
        if not isinstance(name, str) or not name:
            raise WrongExpression(f"`{expression.source}` names no variable; write `${{var.NAME}}`")
        name = to_nfc(name)
        if name in self.failed:
            raise AlreadyReported
        if name not in self.variables:
            advice = advise(name, (*self.variables, *sorted(self.failed)), "declare it under `variables:`")
            raise WrongExpression(f"there is no variable `{name[:60]}`; {advice}")
        return self._follow(self.variables[name], f"var.{name}", steps, each)

    def _each(self, expression: Expression, each: Each | None) -> Any:
        if each is None:
            raise WrongExpression(
                f"`{expression.source}` has a meaning only below a `for_each:`; add one, or remove it"
            )
        name, *steps = expression.steps or ("",)
        if name == "key" and not steps:
            return each.key
        if name == "value":
            return self._follow(each.value, f'each.value (of "{each.key}")', steps, each)
        shown = expression.source[:60]
        raise WrongExpression(f"`{shown}` is not known; `${{each.key}}` and `${{each.value}}` are")

    def _process(self, expression: Expression) -> str:
        name = expression.steps[0] if len(expression.steps) == 1 else None
        if not isinstance(name, str):
            raise WrongExpression(f"`{expression.source[:60]}` names no variable; write `${{env.NAME}}`")
        if name in self.process.refused:
            raise AlreadyReported
        if (refusal := self.process.find_refusal(name)) is not None:
            raise WrongExpression(
                f"manifests can never read the variable `{name[:60]}` of the process, because it {refusal}; write "
                f"`{{runtime: {name[:60]}}}` if the field takes a secret, and otherwise remove it"
            )
        if name not in self.process.allowed:
            advice = advise(name, self.process.allowed, f"add it to `allowed_env: [{name[:60]}]` in provision.yaml")
            raise WrongExpression(f"the variable `{name[:60]}` of the process may not be read here; {advice}")
        if name not in self.process.values:
            raise WrongExpression(f"the variable `{name}` of the process is not set; set it before the command")
        return self.process.values[name]

    def _follow(self, value: Any, called: str, steps: list[Any], each: Each | None) -> Any:
        """Returns the value at the path `steps` (fields and indexes) inside `value`. `called` is the name of `value` in
        messages. `each` is the entry of the surrounding `for_each`, or None. Raises WrongExpression if a field or an
        index does not exist.
        """
        for step in steps:
            key = self._key(step, each)
            if isinstance(value, Mapping):
                if str(key) not in value:
                    raise WrongExpression(f"`{called}` has no field `{str(key)[:60]}`; {_advise_field(key, value)}")
                value = value[str(key)]
            elif isinstance(value, list):
                if not isinstance(key, int) or key >= len(value):
                    raise WrongExpression(
                        f"`{called}` is a list of {len(value)}, and has no item `{str(key)[:60]}`; "
                        "write a number from 0 in brackets"
                    )
                value = value[key]
            else:
                raise WrongExpression(
                    f"`{called}` has no fields, since it is {name_type(value)}; remove `.{str(key)[:60]}`"
                )
            called = f"{called}.{key}"
        return value

    def _key(self, step: Any, each: Each | None) -> str | int:
        """Returns the field name or the index that `step` stands for. If the step is itself an expression, the value of
        this expression is returned. `each` is the entry of the surrounding `for_each`, or None. Raises WrongExpression
        if the value cannot be a key.
        """
        if not isinstance(step, Expression):
            return step if isinstance(step, int) else str(step)
        value, ref = self.evaluate(step, each)
        if ref is not None:
            raise WrongExpression(f"`{step.inner[:60]}` is known only after the apply, so it cannot be a key")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise WrongExpression(f"`{step.inner[:60]}` is {name_type(value)}, and a key is a text")
        return value

    def _reference(self, expression: Expression, each: Each | None) -> Ref:
        kind, steps = expression.root, list(expression.steps)
        known = ATTRIBUTES[kind]
        form = f"${{{kind}.NAME.id}}"
        attribute = steps.pop() if len(steps) > 1 and len(steps) - 1 not in expression.bracketed else None
        if not isinstance(attribute, str) or not steps:
            raise WrongExpression(f"`{expression.source[:80]}` names no value of the {_title(kind)}; write `{form}`")
        if attribute not in known:
            advice = advise(attribute, known, f"known are {enumerate_names(known)}")
            raise WrongExpression(f"references to the kind `{kind}` have no `{attribute[:60]}`; {advice}")
        keys = [to_nfc(str(self._key(step, each))) for step in steps]
        if len(keys) > 2 or (len(keys) == 2 and 1 not in expression.bracketed):
            raise WrongExpression(f"`{expression.source[:80]}` has too many parts; write `{form}`")
        name = keys[0] if len(keys) == 1 else instance_name(keys[0], keys[1])
        return Ref(Address(kind, self.qualify(kind, name)), attribute)


def name_type(value: Any) -> str:
    """Returns the name of a value's type for a message, such as `a text` or `a map`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names: tuple[tuple[Any, str], ...] = (
        (str, "a text"), (int | float, "a number"), (list, "a list"), (Mapping, "a map")
    )  # fmt: skip
    return next((name for kind, name in names if isinstance(value, kind)), "something else")


def _title(kind: str) -> str:
    return ADDRESS_KINDS[kind].title


def _advise_field(key: Any, value: Mapping[str, Any]) -> str:
    names = list(value)
    listed = f"known are {enumerate_names(names[:LISTED])}{' and others' if len(names) > LISTED else ''}"
    return advise(str(key), names, listed if names else "it is empty")


def _unknown_root(expression: Expression) -> WrongExpression:
    """Returns the error for an expression whose first name is not known. The error is a NoExpression if the text may
    belong to another program.
    """
    shown, root = expression.source[:60], expression.root
    if root in ADDRESS_KINDS:
        return WrongExpression(f"the kind `{root}` has no ids to refer to; write the name itself, not `{shown}`")
    if expression.steps:
        advice = advise(root, ROOTS, f"known are {enumerate_names(ROOTS)}")
        return NoExpression(
            f"`{shown}` begins with `{root[:40]}`, which is not known; {advice}; or write `$${{` for the text itself"
        )
    return NoExpression(
        f"`{shown}` is not filled in; write `${{var.NAME}}` for a variable, or `$${{` for the text itself"
    )
