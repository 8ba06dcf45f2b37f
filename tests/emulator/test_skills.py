"""What the emulator refuses of skills, as OpenAI's guide and specification say."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest
from openai import APIStatusError, BadRequestError, NotFoundError, OpenAI

from provisioner.emulator.checks.skill_bundle import MAX_FILE, MAX_FILES

SKILL = b"---\nname: review\ndescription: Reviews.\n---\n"
SEVERAL = {"review/SKILL.md": SKILL, "review/a.txt": b"a"}


def zipped(files: Mapping[str, bytes]) -> tuple[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return "review.zip", packed.getvalue()


REFUSED: Mapping[str, tuple[Mapping[str, bytes], str]] = {
    "no manifest": ({"review/README.md": SKILL}, "exactly one SKILL.md; found 0"),
    "two manifests": ({**SEVERAL, "review/sub/skill.md": SKILL}, "exactly one SKILL.md; found 2"),
    "a manifest that lies too deep": ({"review/sub/SKILL.md": SKILL}, "exactly one SKILL.md"),
    "no folder": ({"SKILL.md": SKILL}, "single top-level folder"),
    "two folders": ({**SEVERAL, "other/b.txt": b"b"}, "single top-level folder"),
    "a path that leaves the folder": ({**SEVERAL, "review/../x": b"b"}, "must not leave the folder"),
    "no front matter": ({"review/SKILL.md": b"Reviews."}, "must begin with YAML front matter"),
    "front matter that is no mapping": ({"review/SKILL.md": b"---\n- a\n---\n"}, "must begin with YAML front matter"),
    "no description": ({"review/SKILL.md": b"---\nname: review\n---\n"}, "`description` in SKILL.md must be a text"),
    "a name with a space": (
        {"review/SKILL.md": b"---\nname: Code Review\ndescription: a\n---\n"},
        "lowercase letters, digits and single hyphens",
    ),
    "a name that is too long": (
        {"review/SKILL.md": b"---\nname: " + b"a" * 65 + b"\ndescription: a\n---\n"},
        "1 to 64 characters",
    ),
    "too many files": (
        {"review/SKILL.md": SKILL, **{f"review/{number}": b"" for number in range(MAX_FILES)}},
        f"at most {MAX_FILES} files",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("form", ["archive", "folder"])
def test_what_is_no_skill_is_refused(api: OpenAI, name: str, form: str) -> None:
    files, message = REFUSED[name]
    given = zipped(files) if form == "archive" else list(files.items())
    with pytest.raises(BadRequestError, match=message):
        api.skills.create(files=given)


def test_a_file_that_is_too_large_is_refused(api: OpenAI) -> None:
    with pytest.raises(APIStatusError) as refused:
        api.skills.create(files=zipped({**SEVERAL, "review/large": bytes(MAX_FILE + 1)}))
    assert refused.value.status_code == 413


def test_an_archive_that_is_none_is_refused(api: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="not a valid zip file"):
        api.skills.create(files=("review.zip", b"PK no archive"))


def test_an_upload_without_files_is_refused(api: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="multipart"):
        api.skills.create()


def test_the_default_version_is_not_deleted_and_the_last_one_takes_the_skill_with_it(api: OpenAI) -> None:
    skill = api.skills.create(files=zipped(SEVERAL))
    api.skills.versions.create(skill.id, files=zipped(SEVERAL))
    with pytest.raises(BadRequestError, match="Set another default version first"):
        api.skills.versions.delete("1", skill_id=skill.id)
    api.skills.versions.delete("2", skill_id=skill.id)
    api.skills.versions.delete("1", skill_id=skill.id)
    with pytest.raises(NotFoundError):
        api.skills.retrieve(skill.id)


def test_a_default_version_that_is_not_there_is_refused(api: OpenAI) -> None:
    skill = api.skills.create(files=zipped(SEVERAL))
    with pytest.raises(BadRequestError, match="the skill has no version '7'"):
        api.skills.update(skill.id, default_version="7")
    with pytest.raises(NotFoundError):
        api.skills.versions.retrieve("7", skill_id=skill.id)


def test_a_number_is_never_given_twice(api: OpenAI) -> None:
    skill = api.skills.create(files=zipped(SEVERAL))
    for number in ("2", "3"):
        version = api.skills.versions.create(skill.id, files=zipped(SEVERAL))
        assert version.version == number
        api.skills.versions.delete(number, skill_id=skill.id)
