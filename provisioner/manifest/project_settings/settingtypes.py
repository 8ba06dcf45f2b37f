"""Defines types for the values of settings: names, URLs, locations of a state, values of HTTP headers. Each type checks
its values.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from provisioner.core.endpoint import find_base_url_fault, find_header_fault
from provisioner.core.kinds.literal import sent_literally
from provisioner.core.kinds.model import Filled, refuse
from provisioner.core.runtime_values import is_own
from provisioner.manifest.validation.nearest import nearest
from provisioner.state.backends.opening import EXTRAS, is_remote
from provisioner.state.backends.urls import find_unfit_character

KNOWN = f"{', '.join(f'{name}://…' for name in EXTRAS)} or git:REMOTE#BRANCH"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
NAMED = "abcdefghijklmnopqrstuvwxyz0123456789_-"


def _check_name(value: str) -> str:
    if not value or value[0] in "_-" or any(letter not in NAMED for letter in value):
        raise refuse(f"`{value[:40]}` cannot be a name here; use lowercase letters, digits, `_` and `-`")
    return value


def _check_state(value: str) -> str:
    scheme = value.partition(":")[0]
    if is_remote(value) and scheme not in (*EXTRAS, "git"):
        close = nearest(scheme, EXTRAS)
        advice = f"did you mean `{close}://…`?" if close else f"write a folder, {KNOWN}"
        raise refuse(f"no backend keeps a state at `{scheme[:20]}://`; {advice}")
    if fault := find_unfit_character(value):
        raise refuse(f"the place of the state {fault}; write it again by hand, in one line")
    return value


def _check_base_url(value: str) -> str:
    if fault := find_base_url_fault(value):
        raise refuse(f"the URL {fault}")
    return value


def _check_header(value: str) -> str:
    if fault := find_header_fault(value):
        raise refuse(f"the value {fault}; copy it from the account's settings")
    return value


def _check_root(value: str) -> str:
    if fault := find_unfit_character(value):
        raise refuse(f"the root {fault}; write the path of a folder")
    return value


def _check_variable_name(value: str) -> str:
    if not VARIABLE.fullmatch(value):
        raise refuse(f"`{value[:40]}` is no name of a variable of the process; use letters, digits and `_`")
    if is_own(value):
        raise refuse(f"`{value[:40]}` is a setting of provision itself, which manifests may not read; remove it")
    return value


Name = Annotated[str, AfterValidator(_check_name)]
State = Annotated[Filled, AfterValidator(_check_state)]
BaseUrl = Annotated[Filled, AfterValidator(_check_base_url)]
HeaderValue = Annotated[
    Filled,
    AfterValidator(_check_header),
    AfterValidator(sent_literally("the value", "copy it from the account's settings, or set it in the environment")),
]
VariableName = Annotated[Filled, AfterValidator(_check_variable_name)]
Root = Annotated[Filled, AfterValidator(_check_root)]
