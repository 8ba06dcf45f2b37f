"""The words in a drawing: short, in one line, and with nothing that could be taken for a part of a format."""

from __future__ import annotations

import re
from collections import Counter
from unicodedata import category, combining

from provisioner.core.objecttype import ADDRESS_KINDS
from provisioner.core.text.visible import make_visible
from provisioner.planning.plan import Action
from provisioner.review.render.graph.drawing import Drawing, Node
from provisioner.review.render.style import SYMBOLS
from provisioner.review.render.units import columns, plural

#: The widest label, and the widest kind and note, in columns.
WIDEST = 40
WIDEST_NOTE = 56
#: The widest counts of a node of several files: no action that happens to one of them is left out.
WIDEST_COUNTS = 128
#: How many members a node of several names.
NAMED = 20
#: Letters that are joined by these are words in Persian and Hindi, and pictures; they turn nothing round.
JOINERS = "\u200c\u200d"
PLAIN = re.compile(r"[\x20-\x7e\uac00-\ud7a3]*")


def clean(text: str) -> str:
    r"""The text with what cannot be seen spelled out: `\u202e` for a mark that turns the writing round.

    Those are control characters, line breaks, marks of direction, lone surrogates, and what is no letter at all.
    """
    if PLAIN.fullmatch(text):
        return text
    return make_visible("".join(spell(letter) if is_unseen(letter) else letter for letter in text))


def is_unseen(letter: str) -> bool:
    """Whether a letter shows as nothing, changes how others show, or may not stand in XML."""
    return category(letter) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp") and letter not in JOINERS


def spell(letter: str) -> str:
    """A letter by its number, as Python and JSON write it."""
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def shorten(text: str, widest: int = WIDEST) -> str:
    """The text cleaned, in at most so many columns: its middle is left out, for paths differ at their ends."""
    text = clean(text)
    if columns(text) <= widest:
        return text
    head = _fitting(text, widest * 2 // 5)
    tail = _fitting(text[::-1], widest - columns(head) - 1)[::-1]
    while tail and combining(tail[0]):
        tail = tail[1:]
    return f"{head}…{tail}"


def _fitting(text: str, widest: int) -> str:
    """The longest beginning of a text in so many columns."""
    width = 0
    for index, letter in enumerate(text):
        width += columns(letter)
        if width > widest:
            return text[:index]
    return text


def sign(node: Node) -> str:
    """The sign of what is planned, as in a plan's text; empty where nothing is."""
    return SYMBOLS[node.action][0].strip() if node.action else ""


def heading(node: Node) -> str:
    """The first line of a node."""
    return shorten(node.label)


def caption(node: Node) -> str:
    """The second line of a node: its kind, and the note. That it stands for files, its first line says already."""
    kind = "" if node.members else kind_words(node.kind)
    widest = WIDEST_COUNTS if node.counts else WIDEST_NOTE
    return shorten(" · ".join(filter(None, (kind, node.note))), widest)


def tooltip(node: Node) -> str:
    """All that a node stands for, a line each."""
    named = [clean(member) for member in node.members[:NAMED]]
    more = [f"and {len(node.members) - NAMED} more"] if len(node.members) > NAMED else []
    return "\n".join([clean(node.address), *named, *more])


def kind_words(kind: str) -> str:
    """What people call a kind: its title, or its name with spaces where it is not known here."""
    known = ADDRESS_KINDS.get(kind)
    return known.title if known else clean(kind.replace("_", " "))


def action_words(action: Action) -> str:
    """An action as a legend names it."""
    return "unchanged" if action is Action.NO_OP else action.value


def title(drawing: Drawing) -> str:
    """What the picture is called."""
    return "The plan, and what needs what" if drawing.actions() else "What needs what"


def describe(drawing: Drawing) -> str:
    """What is in the drawing, in a sentence or two, for those who do not see it."""
    if not drawing.nodes:
        return "Nothing is declared."
    kinds = Counter[str]()
    for node in drawing.nodes:
        kinds[kind_words(node.kind)] += len(node.members) or 1
    parts = [f"{count} {kind.removesuffix('s')}{'' if count == 1 else 's'}" for kind, count in sorted(kinds.items())]
    actions = Counter[Action]()
    for node in drawing.nodes:
        actions.update(dict(node.counts) or ({node.action: 1} if node.action else {}))
    planned = [f"{plural(actions[each], 'resource')} {action_words(each)}" for each in Action if each in actions]
    told = [", ".join(parts), *([", ".join(planned)] if planned else [])]
    return f"{'; '.join(told)}. An arrow leads from what needs to what is needed."


def sentences(drawing: Drawing) -> list[str]:
    """What needs what, a sentence for each node: the picture for those who listen."""
    names = {node.address: clean(node.address) for node in drawing.nodes}
    needs: dict[str, list[str]] = {}
    for edge in drawing.edges:
        needs.setdefault(edge.user, []).append(names[edge.needed] + (" until now" if edge.former else ""))
    return [_sentence(node, needs.get(node.address, [])) for node in drawing.nodes]


def _sentence(node: Node, needed: list[str]) -> str:
    note = clean(node.note) or (action_words(node.action) if node.action else "")
    told = f"{clean(node.address)} ({note})" if note else clean(node.address)
    return f"{told} needs {', '.join(needed)}." if needed else f"{told}."
