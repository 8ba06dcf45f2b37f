"""Checks definitions (the arguments of a call of the Responses API that an assistant becomes) against the types of the
installed SDK, before a call with a wrong definition fails.

Manifests are checked without the SDK. Only commands that call the API make this second check. The installed SDK may be
older or newer than the SDK with which this version of provision was tested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.objecttype import DEFINITION
from provisioner.core.resource import Ref, Resource, Template
from provisioner.openai_api.http.installed_sdk import TESTED, installed_version

SHAPE = "responses.response_create_params.ResponseCreateParamsNonStreaming"
#: The argument that the application adds to every call, and the argument that the SDK's type does not describe.
ADDED, OUTSIDE = "input", "extra_body"
STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


def check_definitions(resources: Iterable[Resource], addresses: Iterable[Address]) -> tuple[Diagnostic, ...]:
    """Returns an error for each definition (the arguments of an API call) at `addresses` that does not match the types
    of the installed SDK. Definitions with equal content are checked only once.

    A field that the installed SDK does not know causes no error: such a field is newer than the SDK, and the SDK sends
    it unchanged.
    """
    wanted = set(addresses)
    found: dict[str, str | None] = {}
    errors = []
    for resource in resources:
        if resource.type != DEFINITION.name or resource.address not in wanted:
            continue
        body = _loaded({key: value for key, value in resource.inputs.items() if key != OUTSIDE})
        text = json.dumps({**body, "instructions": ""}, sort_keys=True, ensure_ascii=False)
        if text not in found:
            found[text] = find_fault({**body, ADDED: ""})
        if (fault := found[text]) is not None:
            message = f"every call with this definition would be refused: {fault} Correct the field, or remove it"
            errors.append(Diagnostic("error", message, resource.place, str(resource.address)))
    return tuple(errors)


def find_fault(body: dict[str, Any]) -> str | None:
    """Returns an error message if the types of the installed SDK do not allow `body`, the arguments of an API call.
    Otherwise returns None. The message has the wording of the API's errors.

    Removes from `body` the fields that the installed SDK does not know. Returns None also if the types of the installed
    SDK cannot be used for this check. If the installed SDK is not the version with which provision was tested, an
    unknown value of a field is no error, because the tested version may allow it.
    """
    from provisioner.emulator.checks.body_check import check_body
    from provisioner.emulator.messages.refusal import UNUSABLE_SDK, Refusal

    while True:
        try:
            check_body(body, SHAPE)
        except Refusal as refusal:
            if refusal.code == "unknown_parameter" and _remove(body, refusal.param or ""):
                continue
            is_other_value = refusal.code == "invalid_value" and installed_version() != TESTED
            return None if refusal.code == UNUSABLE_SDK or is_other_value else refusal.message
        return None


def _remove(body: Any, param: str) -> bool:
    """Removes a field from `body`. `param` is the path of the field, such as `tools[0].newer`. Returns False if there
    is no such field.
    """
    steps: list[str | int] = [name or int(index) for name, index in STEP.findall(param)]
    for step in steps[:-1]:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return False
    if not steps or not isinstance(body, dict) or steps[-1] not in body:
        return False
    del body[steps[-1]]
    return True


def _loaded(value: Any) -> Any:
    """Returns a copy of `value`, a part of a definition, in a form that can be checked. An example id replaces each
    reference, and an example text replaces each value that the application sets at runtime.
    """
    if isinstance(value, Ref | Template):
        return "id"
    if isinstance(value, Mapping):
        return "value" if set(value) == {"runtime"} else {key: _loaded(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_loaded(item) for item in value]
    return value
