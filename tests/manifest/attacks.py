"""Small manifests that cost much: each gives the files of a project, by their path below its root."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

Files = dict[str, str]
SETTINGS = "project: hostile\ndefaults: {model: gpt-4.1}\n"
FUNCTION = "type: function, name: f"


def _one(text: str) -> Files:
    return {"manifests/a.yaml": text}


def _prompt(text: str) -> Files:
    return {"manifests/a.yaml": "assistants: {a: {instructions: [{file: p.md}]}}\n", "manifests/p.md": text}


def _schema(schema: object) -> Files:
    tools = "tools: {t: {type: function, name: f, parameters: {file: s.json}}}\n"
    return {"manifests/a.yaml": tools, "manifests/s.json": json.dumps(schema)}


def _nested_schema(depth: int) -> object:
    schema: object = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"x": schema}}
    return schema


def _anchors(count: int) -> str:
    return "".join(f"x-{n}: &a{n} {{k{n}: 1}}\n" for n in range(count))


def _assistants(count: int, fields: str) -> Files:
    return _one("assistants:\n" + "".join(f"  a{n}: {{{fields}}}\n" for n in range(count)))


ATTACKS: Mapping[str, Callable[[], Files]] = {
    "6,000 repeated keys": lambda: _one("assistants:\n" + "  helper: {model: m}\n" * 6000),
    "6,000 repeated keys of different values": lambda: _one(
        "assistants:\n" + "".join(f"  helper: {{model: m{n}}}\n" for n in range(6000))
    ),
    "6,000 keys that stand twice": lambda: _one(
        "x-a:\n" + "".join(f"  k{n}: 1\n" for n in range(6000)) + "".join(f"  k{n}: 2\n" for n in range(6000))
    ),
    "3,000 sections that stand twice": lambda: _one("files: {}\n" * 3000),
    "repeated keys in JSON": lambda: (
        _schema({"type": "object"}) | {"manifests/s.json": "{" + ",".join(['"type": "object"'] * 6000) + "}"}
    ),
    "300 wrong names beside 3,000 known ones": lambda: _one(
        "tools:\n"
        + "".join(f"  tool-of-the-house-number-{n:05}: {{{FUNCTION}{n}}}\n" for n in range(3000))
        + "assistants:\n  a:\n    tools:\n"
        + "".join(f"      - tool-of-the-house-nomber-{n:05}x\n" for n in range(100))
        + "  b:\n    tools:\n"
        + "".join(f"      - tool-of-the-house-nomber-{n:05}y\n" for n in range(100))
        + "  c:\n    tools:\n"
        + "".join(f"      - tool-of-the-house-nomber-{n:05}z\n" for n in range(100))
    ),
    "300 wrong fragments beside 3,000 known ones": lambda: _one(
        "instructions:\n"
        + "".join(f"  fragment-of-the-house-number-{n:05}: {{text: x}}\n" for n in range(3000))
        + "assistants:\n  a:\n    instructions:\n"
        + "".join(f"      - fragment-of-the-house-nomber-{n:05}x\n" for n in range(300))
    ),
    "a wrong name of 1 MB": lambda: _one(
        f"assistants: {{a: {{tools: [{'x' * 1_000_000}], m{'o' * 1_000_000}del: m}}}}"
    ),
    "20,000 unknown sections": lambda: _one("".join(f"section{n}: 1\n" for n in range(20_000))),
    "20,000 unknown sections beside a known one": lambda: _one(
        "files: {}\n" + "".join(f"section{n}: 1\n" for n in range(20_000))
    ),
    "20,000 unknown fields of one assistant": lambda: _one(
        "assistants:\n  a:\n" + "".join(f"    field{n}: 1\n" for n in range(20_000))
    ),
    "20,000 wrong metadata": lambda: _one(
        "assistants:\n  a:\n    metadata:\n" + "".join(f"      k{n}: {n}\n" for n in range(20_000))
    ),
    "20,000 wrong items of a list": lambda: _one("vector_stores: {a: {files: [" + "1," * 20_000 + "]}}"),
    "20,000 wrong assistants": lambda: _assistants(20_000, "temperature: x"),
    "20,000 missing files": lambda: _one(
        "vector_stores: {a: {files: [" + ",".join(f"f{n}" for n in range(20_000)) + "]}}"
    ),
    "a broken line of `${`": lambda: _one("a: b: " + "${" * 50_000),
    "a broken line of `{{`": lambda: _one("a: b: " + "{{" * 50_000),
    "a broken line of `-!`": lambda: _one("a: b: " + "-!" * 50_000),
    "a broken line of `-*`": lambda: _one("a: b: " + "-*" * 50_000),
    "a broken line of `- `": lambda: _one("a: b: " + "- " * 50_000),
    "a broken line of quotes": lambda: _one("a: b: " + ': "' * 50_000),
    "a broken line of blanks": lambda: _one("a: b: " + ":" + " " * 100_000 + "x"),
    "a broken line of `!a`": lambda: _one("a: b: -" + "!a" * 50_000),
    "a flat list of 2.5 million scalars": lambda: _one("x-a: [" + "1," * 2_500_000 + "]"),
    "a flat list of 2.5 million scalars in JSON": lambda: _schema([1] * 2_500_000),
    "a flat mapping of a million": lambda: _one("x-a: {" + ",".join(f"k{n}: 1" for n in range(1_000_000)) + "}"),
    "deep aliases": lambda: _one(
        "x-a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"x-a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
        + "assistants: {a: {metadata: *a29}}\n"
    ),
    "aliases below the bound in 1,000 places": lambda: _one(
        "x-a: &a {"
        + ",".join(f"k{n}: v" for n in range(90))
        + "}\n"
        + "assistants:\n"
        + "".join(f"  a{n}: {{extra: *a}}\n" for n in range(1000))
    ),
    "10,000 anchors": lambda: _one(_anchors(10_000)),
    "merges of merges": lambda: _one(
        _anchors(2)
        + "".join(f"x-m{n}: &m{n} {{<<: [*a0, *{'a1' if not n else f'm{n - 1}'}], n{n}: 1}}\n" for n in range(3000))
    ),
    "one mapping merged 3,000 times": lambda: _one(
        "x-b: &b {"
        + ",".join(f"k{n}: 1" for n in range(3000))
        + "}\n"
        + "".join(f"x-m{n}: {{<<: *b}}\n" for n in range(3000))
    ),
    "a merge of a list of 3,000 mappings, in error": lambda: _one(
        _anchors(3000) + "assistants: {a: {<<: [" + ",".join(f"*a{n}" for n in range(3000)) + "]}}\n"
    ),
    "a merge chain that doubles, in error": lambda: _one(
        "x-m0: &m0 {k: 1}\n"
        + "".join(f"x-m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}\n" for n in range(1, 40))
        + "assistants: {a: {<<: *m39, model: 1}}\n"
    ),
    "huge integers": lambda: _one(
        "x-a: [1e999999, " + "9" * 100_000 + ", 0x" + "f" * 100_000 + ", 0o" + "7" * 100_000 + "]"
    ),
    "numbers that almost end": lambda: _one(
        "x-a: [" + "1" * 100_000 + "x, " + "0" * 100_000 + "e, ." + "1" * 100_000 + "e+]"
    ),
    "a number of 100,000 digits in quotes": lambda: _one(
        f"assistants: {{a: {{temperature: '{'0' * 100_000}x', max_output_tokens: '{'0' * 100_000}1'}}}}"
    ),
    "a key of 1 MB": lambda: _one(f"assistants: {{{'k' * 1_000_000}: {{model: m}}}}"),
    "a long single line": lambda: _one("assistants: {a: {instructions: '" + "word " * 45_000 + "'}}"),
    "a prompt of 250,000 open braces": lambda: {
        "manifests/a.yaml": "assistants: {a: {instructions: [{file: p.md, variables: {x: y}}]}}\n",
        "manifests/p.md": "{{" * 120_000,
    },
    "a prompt of open braces and blanks": lambda: {
        "manifests/a.yaml": "assistants: {a: {instructions: [{file: p.md, variables: {x: y}}]}}\n",
        "manifests/p.md": "{{" + " " * 100_000 + "{{ x" + " " * 100_000,
    },
    "a value that grows in 10,000 places": lambda: {
        "manifests/a.yaml": "assistants: {a: {instructions: [{file: p.md, variables: {x: " + "y" * 100_000 + "}}]}}\n",
        "manifests/p.md": "{{x}}" * 50_000,
    },
    "10,000 undefined variables": lambda: {
        "manifests/a.yaml": "assistants: {a: {instructions: [{file: p.md, variables: {"
        + ",".join(f"variable{n:05}: y" for n in range(10_000))
        + "}}]}}\n",
        "manifests/p.md": "".join(f"{{{{vairable{n:05}x}}}}" for n in range(10_000)),
    },
    "a prompt of `-----BEGIN`": lambda: _prompt("-----BEGIN A" * 20_000),
    "a prompt of `://`": lambda: _prompt("://a:" * 50_000),
    "a prompt of `:` after `://`": lambda: _prompt("://" + ":" * 200_000),
    "a prompt of `earer`": lambda: _prompt("Bearer " * 35_000),
    "a prompt of blanks after Bearer": lambda: _prompt("Bearer" + " " * 200_000),
    "a prompt of `sk-`": lambda: _prompt("sk-" * 80_000),
    "a prompt of `eyJ`": lambda: _prompt("eyJ" * 80_000),
    "a prompt of `eyJ.`": lambda: _prompt("eyJaaaaaaaa." * 20_000),
    "a prompt of `hooks.slack.com`": lambda: _prompt("hooks.slack.com/services/T" + "a" * 200_000),
    "a prompt of `Authorization`": lambda: _prompt("Authorization:" + "\t" * 100_000 + "authorization" * 5_000),
    "a prompt of HTML comments": lambda: _prompt("<!--" * 60_000),
    "a prompt of closed HTML comments": lambda: _prompt("<!-- -->" * 30_000),
    "a prompt of fences": lambda: _prompt("```\n~~~\n" * 30_000),
    "a prompt of headings": lambda: _prompt("# a heading of a page\n" * 11_000),
    "a prompt of paragraphs": lambda: _prompt("This is a whole paragraph.\n\n" * 9_000),
    "a prompt that is a path, almost": lambda: _one("assistants: {a: {instructions: " + "a/" * 50_000 + "}}"),
    "a prompt that is a path of one step": lambda: _one("assistants: {a: {instructions: " + "a.md" * 50_000 + "x}}"),
    "a prompt of provision comments": lambda: _prompt("<!-- provision: ignore -->\n" * 9_000),
    "a prompt of 300 MB": lambda: _prompt("word " * 20_000_000),
    "front matter of 100 MB": lambda: {"manifests/assistants/a.md": "---\nmodel: m\n---\n" + "word " * 20_000_000},
    "front matter that never ends": lambda: {"manifests/assistants/a.md": "---\n" + "# x\n" * 500_000},
    "a schema nested 1,000 deep": lambda: (
        _schema(_nested_schema(90)) | {"manifests/s.json": json.dumps(_nested_schema(400))}
    ),
    "a schema nested 45 deep": lambda: _schema(_nested_schema(45)),
    "a schema of references to itself": lambda: _schema(
        {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#/properties/b"}}, "$ref": "#"}
    ),
    "a schema of a catastrophic pattern": lambda: _schema(
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "(a+)+$", "default": "a" * 60 + "b"}}}
    ),
    "a schema of a bad pattern": lambda: _schema(
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "(" * 50_000}}}
    ),
    "a schema of 20,000 properties": lambda: _schema(
        {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(20_000)}}
    ),
    "a strict schema of 3,000 properties": lambda: {
        "manifests/a.yaml": "tools: {t: {type: function, name: f, strict: true, parameters: {file: s.json}}}\n",
        "manifests/s.json": json.dumps(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {f"p{n}": {"type": "string"} for n in range(20_000)},
                "required": [f"p{n}" for n in range(20_000)],
            }
        ),
    },
    "a schema of 20,000 equal values": lambda: _schema(
        {"type": "object", "properties": {"a": {"enum": [{"n": n} for n in range(8_000)], "type": "object"}}}
    ),
    "a schema of 20,000 required": lambda: _schema(
        {"type": "object", "properties": {}, "required": [f"p{n}" for n in range(20_000)] + [{}]}
    ),
    "a schema of 5,000 wrong types": lambda: _schema(
        {"type": "object", "properties": {f"p{n}": {"type": "strng"} for n in range(5_000)}}
    ),
    "a schema with a foreign metaschema": lambda: _schema(
        {"type": "object", "$schema": "http://127.0.0.1:9/x", "$id": "http://127.0.0.1:9/y", "properties": {}}
    ),
    "2,000 environments": lambda: {
        "manifests/provision.yaml": SETTINGS
        + "environments:\n"
        + "".join(f"  e{n}: {{protected: x}}\n" for n in range(2000)),
    },
    "10,000 assistants of 100 shared fragments": lambda: _one(
        "instructions:\n"
        + "".join(f"  f{n}: {{text: A line of text for the assistant, number {n}.}}\n" for n in range(20))
        + "x-i: &i ["
        + ",".join(f"f{n}" for n in range(20))
        + "]\n"
        + "assistants:\n"
        + "".join(f"  a{n}: {{instructions: *i}}\n" for n in range(10_000))
    ),
    "one large fragment in 10,000 assistants": lambda: (
        _one(
            "instructions: {f: {file: p.md}}\nassistants:\n"
            + "".join(f"  a{n}: {{instructions: [f]}}\n" for n in range(10_000))
        )
        | {"manifests/p.md": "word " * 40_000}
    ),
    "one fragment 20,000 times": lambda: (
        _one("instructions: {f: {file: p.md}}\nassistants: {a: {instructions: [" + "f," * 20_000 + "]}}\n")
        | {"manifests/p.md": "word " * 40_000}
    ),
    "5,000 declared files of one path": lambda: (
        _one("files:\n" + "".join(f"  f{n}: {{path: p.md}}\n" for n in range(5_000))) | {"manifests/p.md": "word"}
    ),
    "3,000 declared files": lambda: (
        _one("files:\n" + "".join(f"  f{n}: {{path: f/{n}.md}}\n" for n in range(3_000)))
        | {f"manifests/f/{n}.md": "word" for n in range(3_000)}
    ),
    "200,000 lines of comments": lambda: _one("# a: comment\n" * 200_000 + "files: {}\n"),
    "200,000 silences": lambda: _one("files: {} # provision: ignore[secret]\n" + "# provision: ignore[x]\n" * 50_000),
    "a line of number signs": lambda: _one("files: {} " + "# provision: ignore[" * 20_000),
    "40 manifests of 1 MB": lambda: {
        f"manifests/m{n}.yaml": f"x-a: [{'1,' * 400_000}]\nfiles: {{}}\n" for n in range(40)
    },
    "unknown keys in settings": lambda: {
        "manifests/provision.yaml": SETTINGS + "".join(f"setting{n}: 1\n" for n in range(20_000)),
    },
}
