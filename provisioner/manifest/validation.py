"""Holds what is written against a model, and tells every difference where it stands."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from provisioner.diagnostic import Place
from provisioner.manifest.document import Steps, Written
from provisioner.manifest.fieldnames import is_tag, names_at
from provisioner.manifest.report import Report
from provisioner.manifest.wording import unknown, word


def check(adapter: TypeAdapter[Any], model: Any, written: Written, report: Report, address: object = None) -> bool:
    """Whether `written` fits the model. What does not is told, and marked so that nobody looks at it twice."""
    try:
        adapter.validate_python(written.value)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            _tell(error, model, written, report, address)
        return False
    return True


def _tell(error: ErrorDetails, model: Any, written: Written, report: Report, address: object) -> None:
    steps = tuple(step for step in error["loc"] if not is_tag(step) and step != "[key]")
    place, message = _explain(error, model, written, steps)
    report.error(place, message, address)
    # A list goes on without its bad item; a mapping without its bad field.
    kept = 2 if len(steps) > 1 and isinstance(steps[1], int) else 1
    written.document.bad.add((*written.path, *steps[:kept]))


def _explain(error: ErrorDetails, model: Any, written: Written, steps: Steps) -> tuple[Place, str]:
    place = written.document.place
    if error["type"] == "extra_forbidden":
        names = names_at(model, error["loc"][:-1])
        return place((*written.path, *steps), key=True), unknown(str(steps[-1]), names)
    if error["type"] == "missing":
        owner = (*written.path, *steps[:-1])
        return place(owner, key=True), f"`{steps[-1]}` is missing; write `{steps[-1]}: …`"
    context = error.get("ctx") or {}
    if (key := context.get("key")) is not None:
        return place((*written.path, *steps, key), key=True), word(error)
    if not steps and error["type"] == "ours":
        return written.key_place, word(error)
    return place((*written.path, *steps)), word(error)
