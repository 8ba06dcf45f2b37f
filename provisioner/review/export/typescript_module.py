"""Exports a TypeScript module with the definitions of assistants and the ids of objects. The exported module imports
only types, from the package `openai`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from provisioner.review.export.exported import MARK, Exported, runtime_values

HEAD = """\
// {title}
// {mark}typescript`; do not edit.
//
//     await client.responses.create({{ ...definition("NAME"), input: "…" }});

import type OpenAI from "openai";

/** The arguments of `client.responses.create` that an assistant sets. */
export type Definition = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, "input">;
"""
FUNCTIONS = """
const environment: Secrets =
  (globalThis as unknown as { process?: { env: Secrets } }).process?.env ?? {};

/**
 * Returns the arguments of `client.responses.create` for an assistant; the caller may change them. Throws an Error,
 * with all names, if values are missing in `secrets`.
 */
export function definition(name: DefinitionName, secrets: Secrets = environment): Definition {
  const needed = runtimeValues[name] ?? [];
  const missing = [...new Set(needed.map((each) => each.value).filter((value) => !secrets[value]))].sort();
  if (missing.length > 0) {
    throw new Error(`${name} needs values that are not set: ${missing.join(", ")}`);
  }
  const found = JSON.parse(JSON.stringify(definitions[name]));
  for (const { path, value } of needed) {
    let at = found;
    for (const step of path.slice(0, -1)) {
      at = at[step];
    }
    at[path[path.length - 1] as string | number] = secrets[value];
  }
  return found as Definition;
}
"""
#: The key `__proto__` at the beginning of a line of JSON. The end of another key, such as `a"__proto__`, is none.
PROTOTYPE = re.compile(r'^( *)"__proto__":', re.MULTILINE)
CAMEL = {"vector_stores": "vectorStores"}


def render_typescript(exported: Exported) -> str:
    """Returns the text of the TypeScript module."""
    definitions = {name: _flat(each) for name, each in exported.definitions().items()}
    ids: dict[str, dict[str, str]] = {
        "assistants": {},
        "environments": {},
        "vector_stores": {},
        "skills": {},
        "files": {},
    }
    for section, name, id in exported.ids():
        ids.setdefault(section, {})[name] = id
    needed = {
        name: [{"path": list(path), "value": value} for path, value in found]
        for name, each in definitions.items()
        if (found := runtime_values(each))
    }
    return "".join(
        (
            HEAD.format(title=exported.title().replace("\n", " "), mark=MARK),
            f"export type DefinitionName = {_union(list(definitions))};\n",
            "export type Secrets = Record<string, string | undefined>;\n\n",
            f"export const project = {_literal(exported.project)};\n",
            f"export const environmentName = {_literal(exported.environment)};\n",
            f"export const releases: Record<string, number> = {_literal(exported.releases())};\n",
            *(
                f"export const {CAMEL.get(section, section)[:-1]}Ids = {_literal(found)} as const;\n"
                for section, found in ids.items()
            ),
            "\n/** The places in the definitions at which the value of a variable is needed. */\n",
            "const runtimeValues: Partial<Record<string, { path: (string | number)[]; value: string }[]>> = ",
            f"{_literal(needed)};\n\n",
            f"const definitions: Record<DefinitionName, unknown> = {_literal(definitions)};\n",
            FUNCTIONS,
        )
    )


def _flat(definition: dict[str, Any]) -> dict[str, Any]:
    """Returns a definition, the fields of a request, in the form for OpenAI's JavaScript SDK. The fields of
    `extra_body` are moved to the top level, because this SDK has no `extra_body` and sends every field unchanged.
    """
    own = {key: value for key, value in definition.items() if key != "extra_body"}
    return {**own, **definition.get("extra_body", {})}


def _union(names: list[str]) -> str:
    return " | ".join(map(_literal, sorted(names))) or "never"


def _literal(value: Any) -> str:
    """Returns the TypeScript literal for a JSON value. A key `__proto__` is written as `["__proto__"]`, because
    otherwise it would set the prototype of the object.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2)
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return PROTOTYPE.sub(r'\1["__proto__"]:', text)
