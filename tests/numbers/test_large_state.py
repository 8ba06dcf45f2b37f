"""In a large state, a command converts only the records that it needs. Nothing else changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.strictjson import loads
from provisioner.state.hashing import digest
from provisioner.state.large_json import LARGE_TEXT
from provisioner.state.parsing import parse
from provisioner.state.record_columns import LazyRecords
from provisioner.state.records import dump
from tests.conftest import Provision, WriteProject
from tests.numbers.test_counts import assistants, settings, stores, succeed

STORES, FILES, ASSISTANTS = 4, 100, 3
#: Runs the command line, and writes the number of converted records of each type as the last line of stderr. `files` is
#: the number of vector stores whose live files were decoded from the texts of their records.
COUNTING = """
import atexit, collections, json, sys
from provisioner.state.record_texts import RecordText
counts, convert, decode = collections.Counter(), RecordText.record, RecordText.echo_value
def counting(text, address, name):
    counts[text.type] += 1
    return convert(text, address, name)
def counting_files(text, name):
    counts[name] += 1
    return decode(text, name)
RecordText.record, RecordText.echo_value = counting, counting_files
atexit.register(lambda: print(json.dumps(counts), file=sys.stderr))
from provisioner.cli.main import main
sys.argv[0] = "provision"
main()
"""


@pytest.fixture
def large(project: WriteProject, provision: Provision) -> Path:
    """A project with a large state, applied once."""
    root = project({**settings(), **stores(STORES, FILES), **assistants(ASSISTANTS, STORES)})
    succeed((provision("apply", "--yes"),))
    return root


def state_text(root: Path) -> str:
    return (root / "state" / "default.json").read_text(encoding="utf-8")


def converted(provision: Provision, *arguments: str) -> tuple[dict[str, int], str]:
    """The number of converted records by type, and stdout."""
    ended = subprocess.run(
        [sys.executable, "-c", COUNTING, *arguments],
        cwd=provision.folder,
        env=provision.environment(provision.emulators.latest.base_url, {}),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    counts: dict[str, int] = json.loads(ended.stderr.splitlines()[-1])
    return counts, ended.stdout


def check_text(text: str) -> dict[str, Any]:
    """Checks that the text is what a state with these values is written as, and returns the values."""
    body: dict[str, Any] = loads(text)
    claim = body.pop("digest")
    assert claim == digest(body)
    assert text == json.dumps({**body, "digest": claim}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    state = parse(text, "the state")
    assert isinstance(state.records, LazyRecords)
    assert dump(state) == text
    assert state.records.made == {}
    assert {address: record.to_json() for address, record in state.records.items()} == {
        address: body["records"][str(address)] for address in state.records
    }
    return body


def test_commands_convert_the_records_that_they_need(large: Path, provision: Provision) -> None:
    assert len(state_text(large)) > LARGE_TEXT
    definitions = {"definition": ASSISTANTS}
    for arguments in (("plan",), ("plan", "--refresh", "quick"), ("plan", "--refresh", "none")):
        counts, stdout = converted(provision, *arguments)
        assert "Nothing to do: 407 resources as declared." in stdout
        assert counts == definitions
    assert converted(provision, "output")[0] == definitions
    assert converted(provision, "state", "list")[0].keys() <= {"definition"}


def test_a_change_of_one_prompt_leaves_the_text_of_the_other_records(large: Path, provision: Provision) -> None:
    before = check_text(state_text(large))
    manifest = large / "manifests" / "assistants.yaml"
    manifest.write_text(manifest.read_text().replace("Answer from book 0.", "Answer briefly from book 0."))
    counts, stdout = converted(provision, "apply", "--yes")
    assert "1 applied" in stdout
    assert counts == {"definition": ASSISTANTS}
    after = check_text(state_text(large))
    changed = {address for address, body in after["records"].items() if body != before["records"][address]}
    assert changed == {"assistant.a0"}
    succeed((provision("plan", "--detailed-exitcode"),))


def test_a_changed_file_a_deleted_file_and_a_new_store_are_recorded(large: Path, provision: Provision) -> None:
    before = check_text(state_text(large))
    books = large / "manifests" / "books"
    (books / "0" / "0.md").write_text("another text\n")
    (books / "1" / "1.md").unlink()
    manifest = large / "manifests" / "stores.yaml"
    manifest.write_text(manifest.read_text() + "  s9: {files: [books/2/0.md]}\n")
    counts, _ = converted(provision, "apply", "--yes")
    assert counts["file"] == 2  # the changed file and the deleted one
    assert counts["files"] == 2  # those of the two changed stores
    after = check_text(state_text(large))
    assert before["records"].keys() ^ after["records"].keys() == {
        'file["manifests/books/1/1.md"]',
        "vector_store.s9",
    }
    same = before["records"].keys() & after["records"].keys()
    changed = {address for address in same if after["records"][address] != before["records"][address]}
    assert changed == {'file["manifests/books/0/0.md"]', "vector_store.s0", "vector_store.s1"}
    succeed((provision("plan", "--detailed-exitcode"),))
