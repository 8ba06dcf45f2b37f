"""A fleet of tenants by `for_each`: the work grows with the number of tenants, and a changed tenant is one change."""

from __future__ import annotations

import cProfile
import pstats
from pathlib import Path

import pytest

from benchmarks.fleet import by_for_each, by_hand
from provisioner.engine.engine import Engine
from provisioner.engine.snapshot import Identity
from provisioner.manifest import Manifest, load
from provisioner.planning.plan import Action, Plan
from provisioner.state.backends import LocalBackend
from tests.manifest.conftest import ProjectAt
from tests.plan.account import Account


def fleet(project: ProjectAt, text: str) -> Path:
    folder = project({"provision.yaml": "project: fleet\n", "fleet.yaml": text})
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "a.md").write_text("Text.\n", encoding="utf-8")
    return folder


def count_calls(folder: Path) -> dict[str, int]:
    """The calls of each function of this project that loading takes, by module and name; `all` has the sum."""
    load(folder)  # What is computed once in a process is not counted.
    profile = cProfile.Profile()
    profile.runcall(load, folder)
    counts: dict[str, int] = {}
    for (file, _, name), (_, calls, *_) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if "/provisioner/" in file:
            key = f"{Path(file).stem}.{name}"
            counts[key] = counts.get(key, 0) + calls
    return {**counts, "all": sum(counts.values())}


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_the_work_for_a_fleet_grows_with_its_tenants(project: ProjectAt) -> None:
    small, middle, large = (count_calls(fleet(project, by_for_each(count))) for count in (75, 150, 300))
    grown, doubled = middle["all"] - small["all"], large["all"] - middle["all"]
    assert grown > 75
    assert doubled == pytest.approx(2 * grown, rel=0.02)
    for name in large:  # Each function is called at most in proportion to the tenants.
        assert large[name] - middle.get(name, 0) <= 2.1 * (middle.get(name, 0) - small.get(name, 0)) + 20, name
    hand = count_calls(fleet(project, by_hand(300)))
    for name in ("reading.read_yaml", "entry_check.check"):
        assert 0 < large[name] <= hand[name] + 2, name
    assert large["all"] <= 1.5 * hand["all"]


def test_a_fleet_is_what_the_same_fleet_by_hand_is(project: ProjectAt) -> None:
    hand, each = (load(fleet(project, text(300))) for text in (by_hand, by_for_each))
    assert len(each.resources) == len(hand.resources) == 601
    assert sorted(map(contents, each.resources)) == sorted(map(contents, hand.resources))


def contents(resource: object) -> str:
    """The fields of a resource that name no other resource."""
    inputs = dict(resource.inputs)  # type: ignore[attr-defined]
    return repr(sorted((name, value) for name, value in inputs.items() if name not in ("tools", "files")))


TENANT = "      {}: {{plan: basic, temperature: {}}}\n"


@pytest.mark.thorough
def test_one_changed_tenant_is_one_change(project: ProjectAt, tmp_path: Path) -> None:
    text = by_for_each(300)
    engine = Engine(
        Account().collections(), LocalBackend(tmp_path / "state", "prod"),
        Identity("fleet", "prod", "https://api.openai.com/v1"), parallelism=4, grace=0,
    )  # fmt: skip
    apply(engine, load(fleet(project, text)))
    assert not plan(engine, load(fleet(project, text))).changes
    for key, before, after, action, kinds in (
        ("t7", TENANT.format("t7", 0.5), TENANT.format("t7", 0.7), Action.UPDATE, ["assistant.tutor"]),
        ("t299", TENANT.format("t299", 0.5), "", Action.DELETE, ["assistant.tutor", "vector_store.kb"]),
        ("new", TENANT.format("t0", 0.5), TENANT.format("new", 0.5) + TENANT.format("t0", 0.5), Action.CREATE,
         ["assistant.tutor", "vector_store.kb"]),
    ):  # fmt: skip
        changed = text.replace(before, after)
        assert changed != text
        found = plan(engine, load(fleet(project, changed))).changes
        assert sorted(str(each.address) for each in found) == [f'{kind}["{key}"]' for kind in kinds]
        assert {each.action for each in found} == {action}


def plan(engine: Engine, manifest: Manifest) -> Plan:
    return engine.plan(manifest.resources).plan


def apply(engine: Engine, manifest: Manifest) -> None:
    with engine.locked("apply"):
        outcome = engine.apply(engine.plan(manifest.resources, under_lock=True))
    assert (outcome.failed, outcome.skipped) == ({}, {})
