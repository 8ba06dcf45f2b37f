"""Masks surrogate pairs in JSON, such as `\\ud83d\\ude00` in double quotes, because YAML parsers refuse them.

Each half of a pair is replaced by the escape of a private-use character. The escape has the same length, so the places
of all values stay the same.
"""

from __future__ import annotations

import re

import yaml
from yaml.nodes import Node, ScalarNode

from provisioner.manifest.parsing.node_walk import walk_nodes

HALF = re.compile(r"\\u[dD][89abcdefABCDEF]")
PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
#: The private-use characters that stand for halves of pairs, and their escapes. A text that already contains one of
#: them is not masked.
PRIVATE = re.compile(r"[\ue000-\ue7ff]|\\u[eE][0-7]")
MASKED = re.compile("([\ue000-\ue3ff])([\ue400-\ue7ff])")
SPELLED = re.compile(r"\\u(?:E[0-3][0-9A-F]{2})\\u(?:E[4-7][0-9A-F]{2})")
HIGH, LOW, SHIFT = 0xD800, 0xDC00, 0xE000 - 0xD800


def mask_pairs(text: str) -> tuple[str, dict[str, str]]:
    """Returns the text with every surrogate pair replaced by a mask, and a mapping from each mask to the original
    escapes. A text without surrogate pairs is returned unchanged, and so is a text that already contains one of the
    private-use characters of masks.
    """
    if not HALF.search(text) or PRIVATE.search(text):
        return text, {}
    spelled: dict[str, str] = {}

    def mask(match: re.Match[str]) -> str:
        masked = "".join(f"\\u{int(half, 16) + SHIFT:04X}" for half in (match[2], match[3]))
        spelled[masked] = f"\\u{match[2]}\\u{match[3]}"
        return f"{match[1]}{masked}"

    return PAIR.sub(mask, text), spelled


def unmask_pairs(node: Node | None, spelled: dict[str, str]) -> None:
    """Replaces the masks of surrogate pairs in a YAML node and in all nodes below it. In double quotes, the mask is
    replaced by the character that the pair encodes. In other texts, the mask is replaced by the original escapes.

    `spelled` maps each mask to the original escapes. Raises yaml.MarkedYAMLError if double quotes contain only half of
    a pair.
    """
    for each in walk_nodes(node):
        if isinstance(each, ScalarNode):
            each.value = _unmask(each, spelled)


def _unmask(node: ScalarNode, spelled: dict[str, str]) -> str:
    text: str = node.value
    if node.style != '"':
        return SPELLED.sub(lambda match: spelled.get(match[0], match[0]), text)
    if spelled:
        text = MASKED.sub(_join, text)
    if any("\ud800" <= each <= "\udfff" for each in text):  # PyYAML without libyaml accepts it.
        raise yaml.MarkedYAMLError(problem="found invalid Unicode character escape code", problem_mark=node.start_mark)
    return text


def _join(match: re.Match[str]) -> str:
    high, low = (ord(half) - SHIFT for half in match.groups())
    return chr(0x10000 + ((high - HIGH) << 10) + low - LOW)
