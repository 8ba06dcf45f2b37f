"""A day with the repository's own manifests: apply, edit, apply again, and what others do meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter

from tests.conftest import Finished
from tests.end_to_end.account import Account
from tests.end_to_end.steps import actions, apply, assert_settled, edit, output, plan, writes
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.thorough

PDF = "manifests/books/hamlet.pdf"
CSV = "manifests/data/mydata.csv"
PDF_ADDRESS = f'file["{PDF}"]'
CSV_ADDRESS = f'file["{CSV}"]'


@pytest.fixture
def applied(provision: WarmProvision, example: Path) -> Finished:
    """The example, applied to an empty account."""
    return apply(provision)


def releases(provision: WarmProvision) -> dict[str, int]:
    return {name: each["release"] for name, each in output(provision)["assistants"].items()}


def definition(provision: WarmProvision, name: str) -> Any:
    return output(provision)["assistants"][name]["definition"]


def csv_of_the_secretary(provision: WarmProvision) -> Any:
    return definition(provision, "secretary")["tools"][0]["container"]["file_ids"]


def test_the_example_is_applied_at_once(provision: WarmProvision, applied: Finished, account: Account) -> None:
    assert "Done: 7 applied" in applied.stdout
    assert account.counts() == {"files": 2, "stores": 1}
    store = account.stores()["햄릿"]
    assert set(account.members(store.id)) == {account.files()["hamlet.pdf"]}
    assert definition(provision, "hamlet")["tools"][0]["vector_store_ids"] == [store.id]
    assert csv_of_the_secretary(provision) == [account.files()["mydata.csv"]]
    again = provision("apply", "--yes")
    assert again.code == 0
    assert writes(again) == []


@pytest.mark.usefixtures("applied")
def test_an_edited_instruction_shows_its_hunk_and_changes_only_who_uses_it(
    provision: WarmProvision, example: Path
) -> None:
    edit(example / "manifests/prompts/roleplay.md", "최대한 유사하게", "똑같이")
    planned = provision("plan")
    assert "instructions.roleplay changed" in planned.stdout
    assert "@@ -1,3 +1,3 @@" in planned.stdout
    assert "-인물의 극중 말투와 [-최대한 유사하게-] 답변하세요." in planned.stdout
    assert "+인물의 극중 말투와 {+똑같이+} 답변하세요." in planned.stdout
    assert "Plan: 1 to update, 6 unchanged." in planned.stdout
    assert actions(provision) == {"assistant.hamlet": "update"}
    apply(provision)
    assert releases(provision) == {"hamlet": 2, "math-tutor": 1, "secretary": 1, "server-bot": 1}
    assert "똑같이" in definition(provision, "hamlet")["instructions"]


@pytest.mark.usefixtures("applied")
def test_an_instruction_of_two_assistants_changes_both(provision: WarmProvision, example: Path) -> None:
    edit(example / "manifests/assistants.yaml", "한국어로 답합니다.", "한국어로만 답합니다.")
    assert actions(provision) == {"assistant.secretary": "update", "assistant.server-bot": "update"}
    assert provision("plan").stdout.count("instructions.in-korean changed") == 2


@pytest.mark.usefixtures("applied")
def test_new_content_of_the_csv_reaches_the_secretary_before_the_old_file_goes(
    provision: WarmProvision, example: Path, account: Account
) -> None:
    before = account.files()
    (example / CSV).write_text("이름,학년\n김하늘,3\n", encoding="utf-8")
    assert actions(provision) == {CSV_ADDRESS: "replace", "assistant.secretary": "update"}
    changed = apply(provision)
    after = account.files()
    assert after.keys() == before.keys()
    assert after["hamlet.pdf"] == before["hamlet.pdf"]
    assert after["mydata.csv"] != before["mydata.csv"]
    assert csv_of_the_secretary(provision) == [after["mydata.csv"]]
    assert writes(changed) == ["POST /v1/files", f"DELETE /v1/files/{before['mydata.csv']}"]


@pytest.mark.usefixtures("applied")
def test_a_new_page_is_searchable_before_the_old_pages_go(
    provision: WarmProvision, example: Path, account: Account
) -> None:
    store, old = account.stores()["햄릿"].id, account.files()["hamlet.pdf"]
    writer = PdfWriter(clone_from=example / PDF)
    writer.add_page(PdfReader(example / PDF).pages[0])
    writer.write(example / PDF)
    changed = apply(provision)
    new = account.files()["hamlet.pdf"]
    assert new != old
    assert account.stores()["햄릿"].id == store
    members = account.members(store)
    assert set(members) == {new}
    assert members[new].status == "completed"
    assert writes(changed) == [
        "POST /v1/files",
        f"POST /v1/vector_stores/{store}/file_batches",
        f"DELETE /v1/vector_stores/{store}/files/{old}",
        f"DELETE /v1/files/{old}",
    ]
    asked = [f"{each.method} {each.path}" for each in changed.requests]
    attach, detach = (asked.index(line) for line in writes(changed)[1:3])
    assert f"GET /v1/vector_stores/{store}/files" in asked[attach:detach]
    assert releases(provision)["hamlet"] == 1


@pytest.mark.usefixtures("applied")
def test_a_renamed_file_is_moved_and_not_uploaded(provision: WarmProvision, example: Path, account: Account) -> None:
    store, id = account.stores()["햄릿"].id, account.files()["hamlet.pdf"]
    (example / PDF).rename(example / "manifests/books/햄릿.pdf")
    planned = provision("plan")
    assert f"moved from {PDF_ADDRESS}; nothing is uploaded" in planned.stdout
    changed = apply(provision)
    assert writes(changed) == [f"POST /v1/vector_stores/{store}/files/{id}"]
    assert account.members(store)[id].attributes["path"] == "manifests/books/햄릿.pdf"
    assert set(account.files().values()) >= {id}


@pytest.mark.usefixtures("applied")
def test_a_deleted_assistant_leaves_with_the_file_that_only_it_used(
    provision: WarmProvision, example: Path, account: Account
) -> None:
    path = example / "manifests/assistants.yaml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("  secretary:"), text.index("  hamlet:\n    name: 롤")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    assert actions(provision) == {"assistant.secretary": "delete", CSV_ADDRESS: "delete"}
    apply(provision)
    assert set(account.files()) == {"hamlet.pdf"}
    assert set(output(provision)["assistants"]) == {"hamlet", "math-tutor", "server-bot"}


@pytest.mark.usefixtures("applied")
def test_a_returned_assistant_gets_a_release_number_of_its_own(provision: WarmProvision, example: Path) -> None:
    manifest = example / "manifests/assistants/server-bot.md"
    text = manifest.read_text(encoding="utf-8")
    manifest.unlink()
    apply(provision)
    manifest.write_text(text + "짧게 답하세요.\n", encoding="utf-8")
    apply(provision)
    assert releases(provision)["server-bot"] == 2


# What others do behind the tool's back


@pytest.mark.usefixtures("applied")
def test_a_name_that_others_changed_is_shown_and_only_overwritten_on_demand(
    provision: WarmProvision, account: Account
) -> None:
    store = account.stores()["햄릿"].id
    account.client.vector_stores.update(store, name="오셀로")
    planned = provision("plan")
    assert 'vector_store.hamlet: name was "햄릿", is "오셀로" (this plan would undo it)' in planned.stdout
    refused = provision("apply", "--yes")
    assert refused.code == 3
    assert "this would undo what others changed: vector_store.hamlet (name)" in refused.stderr
    assert "--overwrite-drift" in refused.stderr
    assert writes(refused) == []
    assert account.client.vector_stores.retrieve(store).name == "오셀로"
    planned = provision("plan")
    assert planned.code == 3
    assert "this would undo what others changed" in planned.stdout
    assert provision("plan", "--overwrite-drift").code == 0
    assert provision("plan", "--out", "reviewed.plan").code == 0
    apply(provision, "--overwrite-drift")
    assert account.client.vector_stores.retrieve(store).name == "햄릿"


@pytest.mark.usefixtures("applied")
def test_a_drift_that_the_manifests_take_over_is_no_conflict(
    provision: WarmProvision, example: Path, account: Account
) -> None:
    account.client.vector_stores.update(account.stores()["햄릿"].id, name="오셀로")
    edit(example / "manifests/assistants.yaml", "name: 햄릿", "name: 오셀로")
    apply(provision)


@pytest.mark.usefixtures("applied")
def test_metadata_of_others_is_no_difference_and_survives_an_update(
    provision: WarmProvision, example: Path, account: Account
) -> None:
    store = account.stores()["햄릿"]
    account.client.vector_stores.update(store.id, metadata={**store.metadata, "billed_to": "dean"})
    assert_settled(provision)
    edit(
        example / "manifests/assistants.yaml",
        "name: 햄릿",
        "name: 햄릿, metadata: {term: spring}".replace(", ", "\n    "),
    )
    apply(provision)
    assert account.client.vector_stores.retrieve(store.id).metadata == {
        **store.metadata,
        "billed_to": "dean",
        "term": "spring",
    }


@pytest.mark.usefixtures("applied")
def test_our_own_metadata_key_is_ours(provision: WarmProvision, example: Path, account: Account) -> None:
    edit(example / "manifests/assistants.yaml", "    name: 햄릿\n", "    name: 햄릿\n    metadata: {term: spring}\n")
    apply(provision)
    store = account.stores()["햄릿"]
    account.client.vector_stores.update(store.id, metadata={**store.metadata, "term": "autumn", "room": "204"})
    drift = plan(provision)["drift"]
    assert [(each["field"], each["recorded"], each["actual"]) for each in drift] == [
        ("metadata.term", "spring", "autumn")
    ]
    assert provision("apply", "--yes").code == 3
    apply(provision, "--overwrite-drift")
    live = account.client.vector_stores.retrieve(store.id).metadata
    assert live == {**store.metadata, "room": "204"}
    edit(example / "manifests/assistants.yaml", "    metadata: {term: spring}\n", "")
    apply(provision)
    live = account.client.vector_stores.retrieve(store.id).metadata
    assert live == {key: value for key, value in store.metadata.items() if key != "term"} | {"room": "204"}


@pytest.mark.usefixtures("applied")
def test_an_expiry_that_is_taken_out_again_goes_away(provision: WarmProvision, example: Path, account: Account) -> None:
    assert account.stores()["햄릿"].expires_after.days == 30
    edit(example / "manifests/assistants.yaml", "    expires_after: {anchor: last_active_at, days: 30}\n", "")
    assert "expires_after goes back to its default" in provision("plan").stdout
    apply(provision)
    assert account.stores()["햄릿"].expires_after is None


@pytest.mark.usefixtures("applied")
def test_a_file_that_others_added_is_told_and_left_alone(provision: WarmProvision, account: Account) -> None:
    store, stranger = add_a_stranger(account)
    planned = provision("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert f"info: vector_store.hamlet holds a file that nobody declared ({stranger}): left alone" in planned.stdout
    apply(provision)
    assert stranger in account.members(store)


@pytest.mark.usefixtures("applied")
def test_an_exclusive_store_drops_what_others_added(provision: WarmProvision, example: Path, account: Account) -> None:
    store, stranger = add_a_stranger(account)
    edit(
        example / "manifests/assistants.yaml",
        '    files: ["books/*.pdf"]\n',
        '    files: ["books/*.pdf"]\n    exclusive: true\n',
    )
    assert provision("plan").code == 0
    assert stranger in account.members(store)
    apply(provision)
    assert set(account.members(store)) == {account.files()["hamlet.pdf"]}
    assert account.client.files.retrieve(stranger).filename == "note.txt"


def add_a_stranger(account: Account) -> tuple[str, str]:
    """The store, and a file that somebody else put into it."""
    store = account.stores()["햄릿"].id
    stranger = account.client.files.create(file=("note.txt", b"Words, words, words."), purpose="assistants").id
    account.client.vector_stores.files.create_and_poll(stranger, vector_store_id=store)
    return store, stranger


@pytest.mark.usefixtures("applied")
def test_a_deleted_store_is_made_again_with_its_members(provision: WarmProvision, account: Account) -> None:
    old = account.stores()["햄릿"].id
    account.client.vector_stores.delete(old)
    planned = provision("plan")
    assert f"vector_store.hamlet: {old} is gone" in planned.stdout
    assert actions(provision) == {"vector_store.hamlet": "create", "assistant.hamlet": "update"}
    applied = apply(provision)
    assert applied.count("POST", "/v1/files") == 0
    new = account.stores()["햄릿"].id
    assert new != old
    assert set(account.members(new)) == {account.files()["hamlet.pdf"]}
    assert definition(provision, "hamlet")["tools"][0]["vector_store_ids"] == [new]


@pytest.mark.usefixtures("applied")
def test_a_deleted_file_is_uploaded_and_attached_again(provision: WarmProvision, account: Account) -> None:
    store, old = account.stores()["햄릿"].id, account.files()["hamlet.pdf"]
    account.client.files.delete(old)
    assert actions(provision) == {PDF_ADDRESS: "create", "vector_store.hamlet": "update"}
    apply(provision)
    assert set(account.members(store)) == {account.files()["hamlet.pdf"]}
    assert old not in account.files().values()


@pytest.mark.usefixtures("applied")
def test_a_member_that_was_taken_out_is_put_back(provision: WarmProvision, account: Account) -> None:
    store, file = account.stores()["햄릿"].id, account.files()["hamlet.pdf"]
    account.client.vector_stores.files.delete(file, vector_store_id=store)
    assert writes(apply(provision)) == [f"POST /v1/vector_stores/{store}/file_batches"]
    assert set(account.members(store)) == {file}


def test_destroy_leaves_an_empty_account(provision: WarmProvision, applied: Finished, account: Account) -> None:
    destroyed = provision("destroy", "--yes")
    assert destroyed.code == 0
    assert "Done: 7 applied" in destroyed.stdout
    assert account.counts() == {}
    assert output(provision) == {"assistants": {}, "vector_stores": {}, "skills": {}, "files": {}}
    assert "Nothing to do" in provision("destroy", "--yes").stdout
