"""Joins the files of one vector store or tool into one node if there are many, so that people can still read the
drawing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from posixpath import commonpath, dirname

from msgspec.structs import replace

from provisioner.core.addresskind import FILE_KIND
from provisioner.planning.plan import Action
from provisioner.review.render.graph.drawing import Drawing, Edge, Node
from provisioner.review.render.style import GRAVEST
from provisioner.review.render.units import plural

#: The largest number of files of one user that are drawn separately.
MOST = 6
#: The words in the notes of nodes that are counted together with the actions.
NOTED = ("moved", "drifted")


def fold(drawing: Drawing) -> Drawing:
    """Returns the drawing with fewer nodes. If a resource needs more than MOST files, its files are joined: one node
    takes the place of all files that exactly the same resources need.
    """
    users: dict[str, list[str]] = {node.address: [] for node in drawing.nodes if node.kind == FILE_KIND.name}
    for edge in drawing.edges:
        if edge.needed in users:
            users[edge.needed].append(edge.user)
    held = Counter(user for found in users.values() for user in found or [""])
    groups: dict[tuple[str, ...], list[Node]] = {}
    for node in drawing.nodes:
        if node.address in users and any(held[user] > MOST for user in users[node.address] or [""]):
            groups.setdefault(tuple(sorted(users[node.address])), []).append(node)
    folded = {names: _fold(names, nodes) for names, nodes in groups.items() if len(nodes) > 1}
    new = {member: node for node in folded.values() for member in node.members}
    nodes = dict.fromkeys(new.get(node.address, node) for node in drawing.nodes)
    return Drawing(tuple(nodes), _edges(drawing, new))


def _fold(users: Sequence[str], nodes: Sequence[Node]) -> Node:
    """Returns one node that stands for all files in `nodes`. `users` are the addresses of the resources that need the
    files. The address of the new node is made from `users`, so it is unique in the drawing.
    """
    label = plural(len(nodes), FILE_KIND.title)
    actions = Counter(node.action for node in nodes if node.action is not None)
    action = next((each for each in GRAVEST if each in actions), None)
    note = _count(actions, nodes) if actions else _folder(nodes)
    members = tuple(node.address for node in nodes)
    counts = tuple((each, actions[each]) for each in Action if each in actions)
    return Node(f"{label} of {', '.join(users) or 'nobody'}", FILE_KIND.name, label, note, action, members, counts)


def _count(actions: Counter[Action], nodes: Sequence[Node]) -> str:
    """Returns a text with the number of files for each action: `2 create, 1 update, 9 unchanged, 1 drifted`. A drifted
    file was changed outside of provision.
    """
    words = {action: action.value for action in Action} | {Action.NO_OP: "unchanged"}
    parts = [f"{actions[action]} {words[action]}" for action in Action if action in actions]
    notes = Counter(word for node in nodes for word in node.note.split(", ") if word in NOTED)
    return ", ".join([*parts, *(f"{notes[word]} {word}" for word in NOTED if word in notes)])


def _folder(nodes: Sequence[Node]) -> str:
    """Returns a note that names the folder that contains all the files: `in docs`. The note is empty if no folder
    contains all of them, or if the label of a file contains no folder.
    """
    folders = {dirname(node.label) for node in nodes}
    shared = "" if "" in folders or len({folder[0] == "/" for folder in folders}) > 1 else commonpath(folders)
    return f"in {shared}" if shared else ""


def _edges(drawing: Drawing, new: dict[str, Node]) -> tuple[Edge, ...]:
    """Returns the edges of the drawing after files were joined. `new` maps the address of each joined file to the node
    that contains it. If several edges become one, the new edge is `former` (it ends when the plan is applied) only if
    all of them are.
    """
    found: dict[tuple[str, str], Edge] = {}
    for edge in drawing.edges:
        node = new.get(edge.needed)
        needed = node.address if node else edge.needed
        known = found.get((edge.user, needed))
        found[edge.user, needed] = replace(edge, needed=needed, former=edge.former and (known is None or known.former))
    return tuple(found.values())
