"""What becomes a node and an edge, of manifests and of plans, and which files become one."""

from __future__ import annotations

from provisioner.core.address import Address
from provisioner.manifest import load
from provisioner.planning.plan import Action, Change, Drift, Plan
from provisioner.review.render.graph import (
    Drawing,
    Node,
    describe,
    dot,
    draw_manifests,
    draw_plan,
    fold,
    mermaid,
    sentences,
    svg,
)
from provisioner.review.render.graph.folding import MOST
from provisioner.review.render.graph.words import caption, clean, heading, shorten
from provisioner.review.render.units import columns
from tests.conftest import CHECKOUT
from tests.render.graph.samples import plan_of_everything, resource, university


def by_address(drawing: Drawing) -> dict[str, Node]:
    return {node.address: node for node in drawing.nodes}


def ends(drawing: Drawing) -> set[tuple[str, str]]:
    return {(edge.user, edge.needed) for edge in drawing.edges}


def test_the_example_shows_who_uses_which_fragment_and_tool() -> None:
    drawing = draw_manifests(load(CHECKOUT / "manifests").resources)
    assert {
        ("assistant.hamlet", "vector_store.hamlet"),
        ("vector_store.hamlet", 'file["manifests/books/hamlet.pdf"]'),
        ("assistant.secretary", "instructions.in-korean"),
        ("assistant.server-bot", "instructions.in-korean"),
        ("assistant.server-bot", "tool.examine-server"),
    } <= ends(drawing)
    nodes = by_address(drawing)
    assert nodes["assistant.hamlet"].note == "responses, gpt-6-luna"
    assert nodes['file["manifests/data/mydata.csv"]'].note == "48 B"
    assert {node.action for node in drawing.nodes} == {None}


def test_a_plan_shows_every_action_and_what_stays() -> None:
    drawing = draw_plan(plan_of_everything())
    nodes = by_address(drawing)
    assert drawing.actions() == list(Action)
    assert nodes["assistant.server-bot"].action is Action.NO_OP
    assert nodes["instructions.in-korean"].action is None
    assert nodes["assistant.hamlet"].note == "drifted"
    assert nodes['file["handbook/chapter 2.md"]'].note == "update, moved"


def test_what_was_replaced_before_is_a_node_beside_its_address() -> None:
    nodes = by_address(draw_plan(plan_of_everything()))
    assert nodes["vector_store.hamlet"].action is Action.UPDATE
    assert nodes["vector_store.hamlet vs_1"].action is Action.DELETE


def test_what_leaves_is_linked_to_who_stays_as_former() -> None:
    former = {(edge.user, edge.needed) for edge in draw_plan(plan_of_everything()).edges if edge.former}
    assert former == {("vector_store.hamlet", 'file["books/ghost.pdf"]')}


def test_a_plan_of_an_older_version_shows_its_changes() -> None:
    drawing = draw_plan(Plan((Change(Address("assistant", "tutor"), Action.CREATE, "definition"),)))
    assert drawing.nodes == (Node("assistant.tutor", "assistant", "tutor", "create", Action.CREATE),)
    assert drawing.edges == ()


def test_few_files_stay_apart_and_many_become_one() -> None:
    for count in (MOST, MOST + 1):
        files = [resource("file", f"books/{number}.md") for number in range(count)]
        store = resource("vector_store", "books", [file.address for file in files])
        folded = fold(draw_manifests([*files, store]))
        assert len(folded.nodes) == (count + 1 if count <= MOST else 2)
    [one] = [node for node in folded.nodes if node.kind == "file"]
    assert (one.label, one.note, len(one.members)) == ("7 files", "in books", 7)
    assert ends(folded) == {("vector_store.books", one.address)}


def test_files_that_somebody_else_uses_too_stay_apart() -> None:
    files = [resource("file", f"{number}.md") for number in range(9)]
    store = resource("vector_store", "books", [file.address for file in files])
    reader = resource("assistant", "reader", [files[0].address])
    folded = fold(draw_manifests([*files, store, reader]))
    assert {node.label for node in folded.nodes} == {"0.md", "8 files", "books", "reader"}
    assert ("assistant.reader", 'file["0.md"]') in ends(folded)


def test_files_that_nobody_uses_become_one() -> None:
    folded = fold(draw_manifests([resource("file", f"{number}.md") for number in range(9)]))
    assert [node.label for node in folded.nodes] == ["9 files"]
    assert folded.edges == ()


def test_many_files_tell_what_happens_to_them_and_show_the_strongest() -> None:
    [node] = [node for node in fold(draw_plan(plan_of_everything())).nodes if node.members]
    assert node.note == "1 create, 1 update, 7 unchanged, 1 moved"
    assert node.counts == ((Action.CREATE, 1), (Action.UPDATE, 1), (Action.NO_OP, 7))
    assert node.action is Action.UPDATE


def test_a_folded_group_counts_each_of_its_actions_in_the_box_and_in_the_words() -> None:
    """One box of every action: no count is cut off, and the words count files and not boxes."""
    store = Address("vector_store", "notes")
    changed = [each for each in Action if each is not Action.NO_OP]
    files = [Address("file", f"{number:04}.md") for number in range(1000 * len(changed) + 5)]
    changes = [
        Change(file, action, "file") for index, action in enumerate(changed) for file in files[index * 1000 :][:1000]
    ]
    needs = {store: tuple(files), **dict.fromkeys(files, ())}
    drifted = tuple(Drift(file, ("attributes",)) for file in files[-3:])
    drawing = fold(draw_plan(Plan(tuple(changes), drifted, unchanged=6, needs=needs)))
    [group] = [node for node in drawing.nodes if node.members]
    counts = ", ".join(f"1000 {action.value}" for action in changed) + ", 5 unchanged, 3 drifted"
    assert caption(group) == counts
    assert counts.replace("1000 ", "1000 resources ").partition(", 5")[0] in describe(drawing)
    assert "6 resources unchanged" in describe(drawing)
    assert all(counts in form for form in (mermaid(drawing), dot(drawing), svg(drawing, standalone=True)))


def test_a_university_fits_on_a_page() -> None:
    drawing = draw_manifests(university())
    folded = fold(drawing)
    assert len(drawing.nodes) == 2053
    assert len(folded.nodes) == 63
    assert {node.label for node in folded.nodes if node.kind == "file"} == {"200 files"}


def test_those_who_listen_hear_what_is_drawn() -> None:
    drawing = fold(draw_plan(plan_of_everything()))
    told = sentences(drawing)
    assert len(told) == len(drawing.nodes)
    assert (
        'assistant.tutor (create) needs file["data/mydata.csv"], instructions.in-korean, vector_store.handbook.' in told
    )
    assert 'vector_store.hamlet (update) needs file["books/ghost.pdf"] until now, file["books/hamlet.pdf"].' in told
    assert describe(drawing).startswith("4 assistants, 13 files, 2 instructions, 1 tool, 5 vector stores; ")
    assert describe(Drawing()) == "Nothing is declared."


def test_labels_are_cut_in_the_middle_by_columns() -> None:
    path = "manifests/books/강의 자료/제 1장, 그리고 아주 긴 이름을 가진 파일.pdf"
    short = heading(Node("", "file", path))
    assert columns(short) in (39, 40)
    head, tail = short.split("…")
    assert path.startswith(head)
    assert path.endswith(tail)
    assert shorten("x" * 40) == "x" * 40


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert clean("a\u202eb\n\ud800\U000e0041") == "a\\u202eb\\u000a\\ud800\\U000e0041"
    assert clean("한국어 é 👩\u200d💻") == "한국어 é 👩\u200d💻"
