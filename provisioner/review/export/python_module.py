"""Exports a Python module with the definitions of assistants and the ids of objects. The exported module imports no
package at runtime. For type checkers, it uses the types of the OpenAI SDK.
"""

from __future__ import annotations

from provisioner.openai_api.definition import Definition
from provisioner.review.export.exported import MARK, Exported, runtime_values
from provisioner.review.export.literals import assign, literal_type

HEAD = '''\
"""{title}

{mark}python`; do not edit. It imports nothing outside of the standard library.

    client.responses.create(**definition("NAME"), input="…")
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypedDict, cast

if TYPE_CHECKING:
    from openai.types.responses import response_create_params as params
    from openai.types.responses.response_includable import ResponseIncludable
    from openai.types.responses.response_text_config_param import ResponseTextConfigParam
    from openai.types.responses.tool_param import ToolParam
    from openai.types.shared_params.reasoning import Reasoning

ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"]
'''
FUNCTIONS = '''

def definition(name: DefinitionName, secrets: Mapping[str, str] = os.environ) -> Definition:
    """Returns the arguments of `client.responses.create` for an assistant, which the caller may change.

    Raises KeyError for another name, and ValueError, with all names, if values are missing in `secrets`.
    """
    found = copy.deepcopy(_DEFINITIONS[name])
    needed = _RUNTIME_VALUES.get(name, [])
    if missing := sorted({value for _, value in needed if not secrets.get(value)}):
        raise ValueError(f"{name} needs values that are not set: {', '.join(missing)}")
    for path, value in needed:
        at = found
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = secrets[value]
    return cast("Definition", found)


def assistant_id(name: AssistantName) -> str:
    """Returns the id of an agent, or of an assistant of the Assistants API. Raises KeyError for another name."""
    return ASSISTANT_IDS[name]
'''


def render_python(exported: Exported) -> str:
    """Returns the text of the Python module."""
    definitions = exported.definitions()
    ids: dict[str, dict[str, str]] = {
        "assistants": {},
        "environments": {},
        "vector_stores": {},
        "skills": {},
        "files": {},
    }
    for section, name, id in exported.ids():
        ids.setdefault(section, {})[name] = id
    needed = {name: found for name, each in definitions.items() if (found := runtime_values(each))}
    fields = "".join(f"    {name}: {_spell(type_)}\n" for name, type_ in Definition.__annotations__.items())
    return "".join(
        (
            HEAD.format(title=exported.title(), mark=MARK),
            f"DefinitionName = {literal_type(list(definitions))}\n",
            f"AssistantName = {literal_type(list(ids['assistants']))}\n",
            '\n\nclass Definition(TypedDict, total=False):\n    """The arguments of `client.responses.create`."""\n\n',
            f"{fields}\n\n",
            assign("PROJECT", "str", exported.project),
            assign("ENVIRONMENT", "str", exported.environment),
            "#: The release of each definition.\n",
            assign("RELEASES", "dict[str, int]", exported.releases()),
            *(assign(f"{section[:-1].upper()}_IDS", "dict[str, str]", found) for section, found in ids.items()),
            "#: The places in the definitions at which the value of a variable is needed.\n",
            assign("_RUNTIME_VALUES", "dict[str, list[tuple[tuple[str | int, ...], str]]]", needed),
            assign("_DEFINITIONS", "dict[str, Any]", definitions),
            FUNCTIONS,
        )
    )


def _spell(annotation: object) -> str:
    """Returns the source text of a type annotation. If the annotation is a forward reference (a type that is given as a
    text), returns this text.
    """
    return str(getattr(annotation, "__forward_arg__", annotation))
