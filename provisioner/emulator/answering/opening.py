"""Opens who answers, as the options of the emulator say."""

from __future__ import annotations

from provisioner.emulator.answering.answering import Answering, Model
from provisioner.emulator.answering.plain import PlainModel
from provisioner.emulator.faults import Faults
from provisioner.emulator.options import Options


def open_answering(options: Options, faults: Faults) -> Answering:
    """Returns who answers. Raises UsageError if the script cannot be used."""
    models: tuple[Model, ...] = (PlainModel(),)
    return Answering(models, faults)
