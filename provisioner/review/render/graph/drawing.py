"""Makes a drawing from the manifests or from a plan. A drawing consists of nodes and edges. It is plain data, sorted by
address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.objecttype import ADDRESS_KINDS
from provisioner.core.resource import Resource
from provisioner.planning.plan import Action, Change, Plan
from provisioner.review.render.facts import facts


class Node(Struct, frozen=True):
    """A node of a drawing. It stands for a resource, for instructions, for a tool, or for several files together.

    `address` identifies the node in the drawing, `label` is its name, and `note` is a short description. `action` is
    the planned action. It is None if the drawing does not show a plan, and for instructions and tools.

    If the node stands for several files, `members` contains their addresses, `counts` contains the number of files for
    each action, and `action` is the most severe of these actions.
    """

    address: str
    kind: str
    label: str
    note: str = ""
    action: Action | None = None
    members: tuple[str, ...] = ()
    counts: tuple[tuple[Action, int], ...] = ()


class Edge(Struct, frozen=True):
    """An edge from the node `user` to a node that the user needs (`needed`). Both are addresses. `former` is True if
    the user needs the object only until the plan is applied, because the plan deletes it.
    """

    user: str
    needed: str
    former: bool = False


class Drawing(Struct, frozen=True):
    """The nodes and edges of a drawing. Both ends of every edge are nodes of the drawing. No edge leads from a node to
    itself.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    def actions(self) -> list[Action]:
        """Returns the actions that occur in the drawing, in the order of `Action`. The list is empty for a drawing of
        manifests.
        """
        found = {node.action for node in self.nodes}
        return [action for action in Action if action in found]


def draw_manifests(resources: Iterable[Resource]) -> Drawing:
    """Returns a drawing of all resources in the manifests, with the instructions and the tools that the resources
    use.
    """
    found = {resource.address: resource for resource in resources}
    needs = {address: resource.needs | _sources(resource) for address, resource in found.items()}

    def node(address: Address) -> Node:
        resource = found.get(address)
        note = facts(resource.type, resource.inputs) if resource else ""
        known = ADDRESS_KINDS.get(address.kind)
        if known is not None and note == known.title:
            note = ""  # the drawing shows the kind's title beside every node
        return Node(str(address), address.kind, address.name, note)

    return Drawing(tuple(map(node, _all(needs))), _edges(needs, ()))


def draw_plan(plan: Plan) -> Drawing:
    """Returns a drawing of all resources in a plan, each with its planned action.

    If the plan deletes an object that was replaced earlier, this object gets a node of its own, because the new object
    has the same address.
    """
    changes = {change.address: change for change in plan.changes if not change.retired}
    drifted = {drift.address for drift in plan.drift}

    def node(address: Address) -> Node:
        change = changes.get(address)
        action = change.action if change else Action.NO_OP if address in plan.needs else None
        return Node(str(address), address.kind, address.name, _note(change, drifted=address in drifted), action)

    needs = {**dict.fromkeys(changes, ()), **plan.needs}
    leaving = {address for address, change in changes.items() if change.action in (Action.DELETE, Action.FORGET)}
    retired = [_retired(change) for change in plan.changes if change.retired]
    return Drawing((*map(node, _all(needs)), *retired), _edges(needs, leaving))


def _all(needs: Mapping[Address, Collection[Address]]) -> list[Address]:
    return sorted({*needs, *(address for needed in needs.values() for address in needed)})


def _edges(needs: Mapping[Address, Collection[Address]], leaving: Collection[Address]) -> tuple[Edge, ...]:
    return tuple(
        Edge(str(user), str(address), former=address in leaving and user not in leaving)
        for user in sorted(needs)
        for address in sorted(needs[user])
        if address != user
    )


def _sources(resource: Resource) -> set[Address]:
    return set(map(Address.parse, resource.sources))


def _note(change: Change | None, *, drifted: bool) -> str:
    words = [] if change is None else [change.action.value]
    if change is not None and change.moved_from is not None:
        words.append("moved")
    return ", ".join([*words, "drifted"] if drifted else words)


def _retired(change: Change) -> Node:
    address = change.address
    return Node(f"{address} {change.id}", address.kind, address.name, "delete, was replaced", change.action)
