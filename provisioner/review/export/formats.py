"""Lists the formats of `provision export`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from provisioner.review.export.exported import Exported, Notes
from provisioner.review.export.json_export import render_json
from provisioner.review.export.openai_agents import render_agents
from provisioner.review.export.promptfoo import render_promptfoo
from provisioner.review.export.python_module import render_python
from provisioner.review.export.typescript_module import render_typescript
from provisioner.review.export.variables import render_dotenv, render_shell


class Format(Struct, frozen=True):
    """A format of `provision export`. `file` is the usual name of the exported file. The function `render` returns the
    exported text. For each part of the data that the format cannot express, `render` appends a note to the list in its
    second argument.
    """

    file: str
    render: Callable[[Exported, Notes], str]


def _complete(render: Callable[[Exported], str]) -> Callable[[Exported, Notes], str]:
    """Returns a function that calls `render` and has the arguments of `Format.render`. The second argument, the list of
    notes, is ignored, because the format can express all exported data.
    """
    return lambda exported, notes: render(exported)


FORMATS: Mapping[str, Format] = {
    "json": Format("definitions.json", _complete(render_json)),
    "python": Format("definitions.py", _complete(render_python)),
    "typescript": Format("definitions.ts", _complete(render_typescript)),
    "dotenv": Format("ids.env", _complete(render_dotenv)),
    "env": Format("ids.sh", _complete(render_shell)),
    "promptfoo": Format("promptfooconfig.yaml", render_promptfoo),
    "openai-agents": Format("provisioned_agents.py", render_agents),
}
