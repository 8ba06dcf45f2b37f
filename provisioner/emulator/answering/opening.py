"""Creates the `Answering` object that the options of the emulator describe."""

from __future__ import annotations

from provisioner.emulator.answering.answering import Answering, Model
from provisioner.emulator.answering.interpreter import CodeInterpreter
from provisioner.emulator.answering.plain import PlainModel
from provisioner.emulator.answering.scripts.model import ScriptedModel
from provisioner.emulator.answering.scripts.reading import read_script, read_shipped
from provisioner.emulator.answering.upstream.client import UpstreamClient
from provisioner.emulator.answering.upstream.model import UpstreamModel
from provisioner.emulator.faults import Faults
from provisioner.emulator.options import Options


def open_answering(options: Options, faults: Faults) -> Answering:
    """Returns the object that answers turns. The object asks the script first, then the server at `options.upstream` if
    one is given. If neither the script nor the server has an answer, the object gives the plain answer. The included
    script is not used together with a server.

    Raises UsageError if the script or the server's URL cannot be used.
    """
    models: list[Model] = []
    if options.script or not options.upstream:
        models.append(ScriptedModel(read_script(options.script) if options.script else read_shipped()))
    if options.upstream:
        models.append(UpstreamModel(UpstreamClient(options.upstream), options.upstream_model))
    models.append(PlainModel())
    return Answering(tuple(models), faults, CodeInterpreter() if options.run_code else None)
