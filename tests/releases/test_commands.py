"""The commands history, diff and rollback, as people and programs call them."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import Provision, write_file

SETTINGS = "project: helpers\ndefaults: {model: gpt-6-luna}\n"
TUTOR = "assistant.tutor"


def _apply(provision: Provision, *texts: str, settings: str = SETTINGS) -> None:
    write_file(provision.folder / "manifests/provision.yaml", settings)
    for text in texts:
        write_file(provision.folder / "manifests/all.yaml", f"assistants:\n  tutor: {{instructions: {text}}}\n")
        applied = provision("apply", "--yes")
        assert applied.code == 0, applied.stderr


def test_a_release_is_found_compared_and_restored(provision: Provision) -> None:
    _apply(provision, "one", "two")
    listed = provision("history", TUTOR, online=False)
    assert re.search(r"^1  \d{4}-\d\d-\d\d .* responses  -  [0-9a-f]{12}  apply$", listed.stdout, re.MULTILINE)
    assert re.search(r"^2  .*  current, apply$", listed.stdout, re.MULTILINE)
    (latest,) = json.loads(provision("history", "--json", online=False).stdout)
    assert (latest["address"], latest["number"], latest["current"], latest["target"]) == (TUTOR, 2, True, "responses")

    compared = provision("diff", f"{TUTOR}@1", f"{TUTOR}@2", "--json", "--html", "x.html", online=False)
    body = json.loads(compared.stdout)
    assert (body["from"], body["to"]) == ({"address": TUTOR, "release": 1}, {"address": TUTOR, "release": 2})
    assert body["resources"][0]["differences"]
    assert f"{TUTOR}@1" in (provision.folder / "x.html").read_text(encoding="utf-8")
    assert provision("diff", f"{TUTOR}@1", TUTOR, "--detailed-exitcode", online=False).code == 2
    assert "one" in provision("diff", f"{TUTOR}@1", TUTOR, "--markdown", online=False).stdout

    rolled = provision("rollback", TUTOR, "--yes")
    assert rolled.code == 0, rolled.stderr
    assert "is rolled back to release 1, and stays pinned to it until its manifest changes" in rolled.stdout
    planned = provision("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert "manifests/all.yaml:2:3: warning: assistant.tutor is pinned to release 1" in planned.stdout
    assert "info[pinned]: assistant.tutor is pinned to release 1" in provision("lint", "--offline", online=False).stdout
    assert "  pinned to release: 1" in provision("show", TUTOR, online=False).stdout
    assert re.search(
        r"^3  .*  current, restores release 1, rollback$", provision("history", TUTOR).stdout, re.MULTILINE
    )


@pytest.mark.thorough
def test_a_rollback_is_reviewed_and_applied_from_its_file(provision: Provision) -> None:
    _apply(provision, "one", "two")
    assert provision("rollback", f"{TUTOR}@1", "--out", "plan.json").code == 0
    shown = provision("show", "plan.json", online=False)
    assert "made with `provision rollback`: assistant.tutor gets release 1" in shown.stdout
    assert json.loads(provision("history", TUTOR, "--json").stdout)[-1]["number"] == 2
    applied = provision("apply", "plan.json")
    assert applied.code == 0, applied.stderr
    assert json.loads(provision("history", TUTOR, "--json").stdout)[-1]["restores"] == 1
    again = provision("rollback", TUTOR, "--release-pin", "--yes")
    assert again.code == 0, again.stderr
    assert "is no longer pinned to release 1" in again.stdout
    # The state has changed since the review.
    stale = provision("apply", "plan.json")
    assert stale.code == 3
    assert "this change was not reviewed: assistant.tutor (update)" in stale.stderr


def test_an_edited_rollback_is_refused(provision: Provision) -> None:
    _apply(provision, "one", "two", "three")
    assert provision("rollback", f"{TUTOR}@1", "--out", "plan.json").code == 0
    path = provision.folder / "plan.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"assistant.tutor": 1', '"assistant.tutor": 2'), "utf-8")
    refused = provision("apply", "plan.json")
    assert refused.code == 3
    assert "its digest does not fit" in refused.stderr


def test_a_protected_environment_has_to_be_confirmed(provision: Provision) -> None:
    _apply(provision, "one", "two")
    write_file(provision.folder / "manifests/provision.yaml", SETTINGS + "protected: true\n")
    refused = provision("rollback", TUTOR, "--yes")
    assert refused.code == 3
    assert "--confirm default" in refused.stderr
    assert provision("rollback", TUTOR, "--yes", "--confirm", "default").code == 0


WRONG = (
    (("history", "assistant.nobody"), "no release of assistant.nobody is known"),
    (("history", "vector_store.x"), "vector_store.x has no releases, because only assistants have them"),
    (("history", "tutor"), "`tutor` is not an address"),
    (("history", f"{TUTOR}@1"), "leave @1 out"),
    (("diff", f"{TUTOR}@1", "assistant.other@1"), "are two assistants"),
    (("diff", f"{TUTOR}@1", f"{TUTOR}@9"), "release 9 of assistant.tutor is not kept; only release 1 is"),
    (("diff", f"{TUTOR}@1", "prod"), "`prod` is not an address"),
    (("rollback", TUTOR), "has no release before the present one"),
    (("rollback", f"{TUTOR}@0"), "release 0 of assistant.tutor is not kept"),
    (("rollback", f"{TUTOR}@99999999999999"), "is not kept"),
    (("rollback", TUTOR, "--release-pin"), "assistant.tutor is not pinned"),
    (("rollback", f"{TUTOR}@1", "--release-pin"), "leave @1 of assistant.tutor out"),
    (("rollback", TUTOR, f"{TUTOR}@1"), "assistant.tutor is named twice"),
)


@pytest.mark.thorough
def test_what_is_wrong_is_said_with_what_to_do(provision: Provision) -> None:
    _apply(provision, "one")
    for words, message in WRONG:
        ended = provision(*words)
        assert message in ended.stderr, words
        assert ended.code == 1, ended.stderr
