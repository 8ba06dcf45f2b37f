"""Plans that take away too much at once."""

from __future__ import annotations

import pytest

from tests.chaos.world import World
from tests.guards.steps import SETTINGS, apply, assert_refused, assert_settled, counts

GUARD = "recorded files would be deleted or have vanished, more than 30 %; if you want that, use --allow-mass-delete"


def write_files(world: World, number: int) -> None:
    """A store with so many notes, and nothing else."""
    world.write("notes.yaml", 'vector_stores: {notes: {files: ["notes/*.txt"]}}')
    for path in (world.root / "manifests/notes").glob("*.txt"):
        path.unlink()
    for each in range(number):
        world.write(f"notes/{each:02}.txt", f"note {each}")


@pytest.fixture
def ten(world: World) -> World:
    write_files(world, 10)
    apply(world)
    return world


@pytest.mark.thorough
def test_a_third_of_ten_is_not_deleted_by_mistake(ten: World) -> None:
    write_files(ten, 6)
    assert_refused(ten, ten.run("apply", "--yes"), 3, f"4 of 10 {GUARD}")
    planned = ten.run("plan", "--detailed-exitcode")
    assert planned.code == 3, "a plan says the same as the apply"
    assert counts(ten) == {"files": 10, "stores": 1}
    apply(ten, "--allow-mass-delete")
    assert counts(ten) == {"files": 6, "stores": 1}
    assert_settled(ten)


@pytest.mark.thorough
def test_up_to_the_threshold_is_allowed(ten: World) -> None:
    write_files(ten, 7)
    apply(ten)
    assert counts(ten)["files"] == 7


@pytest.mark.thorough
def test_fewer_than_ten_are_never_guarded(world: World) -> None:
    write_files(world, 9)
    apply(world)
    write_files(world, 0)
    world.write("notes.yaml", "vector_stores: {notes: {}}")
    apply(world)
    assert counts(world) == {"stores": 1}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(("threshold", "left", "code"), [("0", 9, 3), ("100", 0, 0), ("45.5", 6, 0), ("39.9", 6, 3)])
def test_the_threshold_is_a_setting(ten: World, threshold: str, left: int, code: int) -> None:
    ten.write("provision.yaml", SETTINGS + f"delete_threshold: {threshold}\n")
    write_files(ten, left)
    if not left:
        ten.write("notes.yaml", "vector_stores: {notes: {}}")
    assert ten.run("apply", "--yes").code == code


@pytest.mark.thorough
def test_what_others_deleted_counts_too(ten: World) -> None:
    client = ten.client()
    for file in list(client.files.list())[:4]:
        client.files.delete(file.id)
    assert_refused(ten, ten.run("apply", "--yes", "--overwrite-drift"), 3, f"4 of 10 {GUARD}")
    apply(ten, "--overwrite-drift", "--allow-mass-delete")
    assert counts(ten)["files"] == 10
    assert_settled(ten)


@pytest.mark.thorough
def test_what_is_replaced_has_a_successor_and_does_not_count(ten: World) -> None:
    for each in range(10):
        ten.write(f"notes/{each:02}.txt", f"other {each}")
    apply(ten)
    assert counts(ten)["files"] == 10


@pytest.mark.thorough
def test_what_moves_does_not_count(ten: World) -> None:
    (ten.root / "manifests/notes").rename(ten.root / "manifests/remarks")
    ten.write("notes.yaml", 'vector_stores: {notes: {files: ["remarks/*.txt"]}}')
    apply(ten)
    assert not [each for each in ten.proxy.exchanges if each.path == "/v1/files" and each.method == "POST"]


@pytest.mark.thorough
def test_a_destroy_means_it(ten: World) -> None:
    assert ten.run("destroy", "--yes").code == 0
    assert counts(ten) == {}


@pytest.mark.thorough
def test_a_reviewed_plan_is_no_way_around_it(ten: World) -> None:
    write_files(ten, 6)
    path = str(ten.root / "reviewed.plan")
    assert ten.run("plan", "--out", path).code == 3
    assert_refused(ten, ten.run("apply", path, "--allow-mass-delete"), 3, "could not be applied when it was made")


@pytest.mark.thorough
def test_a_mass_delete_that_was_reviewed_is_not_asked_for_again(ten: World) -> None:
    write_files(ten, 6)
    path = str(ten.root / "reviewed.plan")
    assert ten.run("plan", "--out", path).code == 3
    assert_refused(ten, ten.run("apply", path), 3, "could not be applied when it was made")
    assert ten.run("plan", "--out", path, "--allow-mass-delete").code == 0
    assert ten.run("apply", path).code == 0
    assert counts(ten)["files"] == 6
