"""Checks the rules `model-shut-down` and `model-shutting-down`. They find models that OpenAI has shut down or will shut
down soon.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place
from provisioner.core.finding import Finding, finding
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.sources import Composed, Sources
from provisioner.review.lint.dates import Dates

#: The number of days before a model's shutdown from which a warning is given.
SOON = 60


def find_ending(sources: Sources, dates: Dates, today: date) -> Iterator[Finding]:
    """Yields a finding for each place in the manifests that names a model which is shut down, or will be shut down
    within SOON days. If several assistants inherit the model from the same place, the finding is yielded once.
    """
    seen: set[Place] = set()
    for assistant in sources.assistants:
        for written in _models(assistant):
            found = dates.find(written.value)
            if found is None or (found[1] - today).days > SOON or written.place in seen:
                continue
            seen.add(written.place)
            yield _finding(written, found, today, assistant.declaration.address)


def _finding(written: Written, found: tuple[str, date], today: date, address: Address) -> Finding:
    model, (listed, day) = written.value, found
    left, with_it = (day - today).days, f" with {listed}" if listed != model else ""
    if left <= 0:
        message = f"{model} was shut down{with_it} on {day}; choose another model"
        return finding("model-shut-down", message, written.place, address, subject=model)
    when = f"in {left} days" if left > 1 else "tomorrow"
    message = f"{model} shuts down{with_it} on {day}, {when}; choose another model"
    return finding("model-shutting-down", message, written.place, address, subject=model)


def _models(assistant: Composed) -> Iterator[Written]:
    """Yields the values in the manifests that name a model for an assistant: the field `model` of the assistant, and
    the field `model` of each of its tools that has one, such as an image tool.
    """
    if (model := assistant.fields.get("model")) is not None:
        yield model
    for item, _ in assistant.tools:
        named = item.get("model") if isinstance(item.value, dict) else None
        if named is not None and isinstance(named.value, str):
            yield named
