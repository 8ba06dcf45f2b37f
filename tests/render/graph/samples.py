"""What is drawn in the tests: a plan with every action, names that would break out, and many assistants."""

from __future__ import annotations

from collections.abc import Collection

from provisioner.core.address import Address
from provisioner.core.resource import Ref, Resource
from provisioner.planning.plan import Action, Change, Drift, Plan
from provisioner.review.render.graph import Drawing, Edge, Node

TYPES = {"assistant": "definition", "vector_store": "vector_store", "file": "file"}
FIELDS: dict[str, dict[str, object]] = {"assistant": {"model": "gpt-6-luna"}, "file": {"bytes": 1000}}
NAMES = (
    "quotes \" and ' and `",
    "<b>bold</b> <script>alert(1)</script>",
    "]]> --> <!-- -- ]]>",
    "a\nnew line\r\n\tand\x00\x1b[31m\x7f\x85",
    "\u202egnp.exe \u2066\u200f\ufeff",
    "a lone \ud800 surrogate\udcff, \uffff and \U000e0041",
    "back\\slash \\N \\l\\",
    '%%{init: {"theme": "forest"}}%% %% no comment',
    "#quot; #35; &amp; &lt; &#60;",
    "1. no list",
    "- nor one",
    "**bold** _italic_ [link](https://example.org) www.example.org me@example.org",
    "end",
    "style:x#9; classDef:x#9; click n1 call()",
    '"]; n2 --> n3',
    "n1 -> n2; } digraph x {",
    "  blanks   around  ",
    "manifests/books/강의 자료/제 1장, 그리고 아주 긴 이름을 가진 파일.pdf",
    "x" * 300,
    "שלום עולם, مرحبا",
    "👩\u200d💻 e\u0301 ☃",
    "{{curly}} [square] (round) ((twice)) {rhombus} |pipe| $$x$$",
)


def resource(kind: str, name: str, needs: Collection[Address] = (), sources: Collection[str] = ()) -> Resource:
    inputs = {**FIELDS.get(kind, {"files": needs}), "refs": [Ref(address) for address in needs]}
    return Resource(Address(kind, name), TYPES[kind], inputs, sources=dict.fromkeys(sources, "digest"))


def plan_of_everything() -> Plan:
    """Every action, drift, a move, a store of many files, and what an earlier change has replaced."""
    chapters = [_file(f"handbook/chapter {number}.md") for number in range(9)]
    hamlet, handbook, notes = (Address("vector_store", name) for name in ("hamlet", "handbook", "old-notes"))
    tutor, actor, former = (Address("assistant", name) for name in ("tutor", "hamlet", "former"))
    korean = Address("instructions", "in-korean")
    needs: dict[Address, tuple[Address, ...]] = {
        actor: (Address("instructions", "roleplay"), hamlet),
        Address("assistant", "server-bot"): (korean, Address("tool", "examine-server")),
        tutor: (_file("data/mydata.csv"), korean, handbook),
        former: (notes,),
        hamlet: (_file("books/ghost.pdf"), _file("books/hamlet.pdf")),
        handbook: tuple(chapters),
        notes: (_file("notes/a.md"),),
        Address("vector_store", "found"): (),
    }
    needed = [address for each in needs.values() for address in each]
    needs |= {address: () for address in needed if address.kind == "file"}
    changes = (
        _change(_file("books/hamlet.pdf"), Action.REPLACE),
        _change(hamlet, Action.UPDATE),
        _change(_file("data/mydata.csv"), Action.CREATE),
        _change(tutor, Action.CREATE),
        _change(Address("vector_store", "found"), Action.ADOPT),
        _change(chapters[1], Action.CREATE),
        Change(chapters[2], Action.UPDATE, "file", moved_from=_file("handbook/two.md")),
        _change(former, Action.DELETE),
        _change(notes, Action.DELETE),
        _change(_file("notes/a.md"), Action.FORGET),
        _change(_file("books/ghost.pdf"), Action.DELETE),
        Change(hamlet, Action.DELETE, "vector_store", id="vs_1", retired=True),
    )
    return Plan(changes, (Drift(actor, ("model",)),), unchanged=10, needs=needs)


def hostile() -> Drawing:
    """A drawing in which every name tries to break out."""
    nodes = [Node(str(Address("file", name)), "file", name, name) for name in NAMES]
    user = Node("assistant.user", "assistant", "user", NAMES[0], Action.CREATE)
    kind = Node("nobody's", 'kind" onload="alert(1)', "kind", "", Action.DELETE)
    return Drawing((user, *nodes, kind), tuple(Edge(user.address, node.address) for node in nodes))


def university() -> list[Resource]:
    """40 assistants that share 10 stores of 200 files."""
    found = []
    for store in range(10):
        files = [resource("file", f"courses/course {store}/강의 {number:03}.pdf") for number in range(200)]
        found += [*files, resource("vector_store", f"course-{store}", [file.address for file in files])]
    for number in range(40):
        stores = {Address("vector_store", f"course-{each % 10}") for each in (number * 7, number * 3 + 1)}
        found.append(resource("assistant", f"helper-{number:02}", stores, [f"instructions.tone-{number % 3}"]))
    return found


def _file(path: str) -> Address:
    return Address("file", path)


def _change(address: Address, action: Action) -> Change:
    return Change(address, action, TYPES[address.kind])
