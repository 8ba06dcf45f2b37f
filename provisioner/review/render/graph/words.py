"""Renders the texts in a drawing. They are short, on one line, and without invisible characters."""

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

#: The largest width, in terminal columns, of a label (WIDEST), and of a kind with its note (WIDEST_NOTE).
WIDEST = 40
WIDEST_NOTE = 56
#: The largest width, in terminal columns, of the counts in a node that stands for several files. The counts of all
#: actions fit into it.
WIDEST_COUNTS = 128
#: The largest number of files that are named in the tooltip of a node that stands for several files.
NAMED = 20
#: Characters that join letters to words in Persian and Hindi, or form emoji. They do not change the direction.
JOINERS = "\u200c\u200d"
PLAIN = re.compile(r"[\x20-\x7e\uac00-\ud7a3]*")


def clean(text: str) -> str:
    r"""Returns the text with its invisible characters escaped. For example, the character that reverses the direction
    of the text becomes `\u202e`.

    Invisible characters are control characters, line breaks, marks of direction, unpaired surrogates, and unassigned
    characters.
    """
    if PLAIN.fullmatch(text):
        return text
    return make_visible("".join(spell(character) if is_unseen(character) else character for character in text))


def is_unseen(character: str) -> bool:
    """Returns whether a character is invisible, changes how other characters are displayed, or is not allowed in
    XML.
    """
    return category(character) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp") and character not in JOINERS


def spell(character: str) -> str:
    r"""Returns the escape for a character as Python and JSON write it, for example `\u202e`."""
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def shorten(text: str, widest: int = WIDEST) -> str:
    """Returns the text, shortened to at most `widest` terminal columns. Invisible characters are escaped. If the text
    is too long, its middle is left out, because paths differ mostly at their ends.
    """
    text = clean(text)
    if columns(text) <= widest:
        return text
    head = _fitting(text, widest * 2 // 5)
    tail = _fitting(text[::-1], widest - columns(head) - 1)[::-1]
    while tail and combining(tail[0]):
        tail = tail[1:]
    return f"{head}…{tail}"


def _fitting(text: str, widest: int) -> str:
    """Returns the longest beginning of a text that fits into `widest` terminal columns."""
    width = 0
    for index, character in enumerate(text):
        width += columns(character)
        if width > widest:
            return text[:index]
    return text


def sign(node: Node) -> str:
    """Returns the sign of a node's planned action. The text of a plan uses the same signs. The result is empty if no
    action is planned.
    """
    return SYMBOLS[node.action][0].strip() if node.action else ""


def heading(node: Node) -> str:
    """Returns the text in the first line of a node: its label, shortened if it is too long."""
    return shorten(node.label)


def caption(node: Node) -> str:
    """Returns the text in the second line of a node: its kind and its note. If the node stands for several files, the
    text is only the note, because the label in the first line already names the kind.
    """
    kind = "" if node.members else kind_words(node.kind)
    widest = WIDEST_COUNTS if node.counts else WIDEST_NOTE
    return shorten(" · ".join(filter(None, (kind, node.note))), widest)


def tooltip(node: Node) -> str:
    """Returns the text of a node's tooltip, with one address on each line. First comes the address of the node. If the
    node stands for several files, the addresses of the first NAMED files follow.
    """
    named = [clean(member) for member in node.members[:NAMED]]
    more = [f"and {len(node.members) - NAMED} more"] if len(node.members) > NAMED else []
    return "\n".join([clean(node.address), *named, *more])


def kind_words(kind: str) -> str:
    """Returns the name of a kind for people: the title of the kind. If the kind is unknown, returns `kind` with spaces
    instead of underscores.
    """
    known = ADDRESS_KINDS.get(kind)
    return known.title if known else clean(kind.replace("_", " "))


def action_words(action: Action) -> str:
    """Returns the name of an action for the legend of a drawing: the action itself, or `unchanged` for a no-op."""
    return "unchanged" if action is Action.NO_OP else action.value


def title(drawing: Drawing) -> str:
    """Returns the title of the picture: whether the drawing shows a plan or manifests."""
    return "The plan, and what needs what" if drawing.actions() else "What needs what"


def describe(drawing: Drawing) -> str:
    """Returns a text that describes the drawing to people who cannot see it. It contains the number of resources of
    each kind and with each action.
    """
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
    statements = [", ".join(parts), *([", ".join(planned)] if planned else [])]
    return f"{'; '.join(statements)}. An arrow leads from a resource to what it needs."


def sentences(drawing: Drawing) -> list[str]:
    """Returns one sentence for each node, for people who use a screen reader. The sentence lists the other nodes that
    this node needs.
    """
    names = {node.address: clean(node.address) for node in drawing.nodes}
    needs: dict[str, list[str]] = {}
    for edge in drawing.edges:
        needs.setdefault(edge.user, []).append(names[edge.needed] + (" until now" if edge.former else ""))
    return [_sentence(node, needs.get(node.address, [])) for node in drawing.nodes]


def _sentence(node: Node, needed: list[str]) -> str:
    note = clean(node.note) or (action_words(node.action) if node.action else "")
    subject = f"{clean(node.address)} ({note})" if note else clean(node.address)
    return f"{subject} needs {', '.join(needed)}." if needed else f"{subject}."
