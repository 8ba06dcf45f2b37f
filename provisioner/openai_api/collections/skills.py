"""Defines the collections of skills and of their versions. OpenAI stores no ownership mark for them, but returns the
content of each version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from msgspec.structs import replace

from provisioner.core.errors import ApiError, NotFound, ProvisionError, Unavailable
from provisioner.core.objecttype import SKILL, SKILL_VERSION
from provisioner.core.versionid import join_version, split_version
from provisioner.openai_api.collections.collection import Draft, Field, Live
from provisioner.openai_api.collections.paging import paginate
from provisioner.openai_api.collections.remote import PAGE, RemoteCollection
from provisioner.openai_api.collections.skill_archive import pack_skill, unpack_digests, unpack_skill
from provisioner.openai_api.http.answers import (
    Unreadable,
    read_content,
    read_done,
    read_object,
    seconds_of,
    text_of,
)
from provisioner.openai_api.http.paths import join_path
from provisioner.openai_api.http.session import Session
from provisioner.state.shape import ID

VERSION_KINDS = frozenset({"skill.version"})
ARCHIVE = "application/zip"
#: Matches the number of a version, which is a part of the paths of requests.
NUMBER = re.compile(r"[0-9]{1,18}")


class SkillCollection(RemoteCollection):
    """Gives access to the skills at OpenAI at `/skills`. A skill is created with its first version.
    `SkillVersionCollection` uploads later content as new versions.
    """

    path = "/skills"
    declared = SKILL
    kinds = frozenset({"skill"})
    fields: ClassVar[Mapping[str, Field]] = {
        "content": Field("versioned"),
        "default_version": Field("pointer"),
        "latest_version": Field("shown"),
        "name": Field("local"),
        "description": Field("local"),
        "bytes": Field("local"),
    }

    def configuration(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns four fields of a skill: its name, its description, and the numbers of its default version and its
        latest version. `body` is the JSON object of a response.
        """
        return _texts(body, "name", "description", "default_version", "latest_version")

    def complete(self, live: Live) -> Live:
        """Returns the skill `live` together with the numbers of all its versions. Raises NotFound if the skill does not
        exist at OpenAI.
        """
        pages = paginate(self.session, _versions(live.id), VERSION_KINDS, PAGE)
        numbers = (text_of(item.get("version")) for page in pages for item in page)
        return replace(live, versions=frozenset(number for number in numbers if number))

    def with_content(self, live: Live) -> Live:
        """Returns the skill `live` with the field `content` added. This field maps the path of each file in the default
        version to its SHA-256. If the server does not return the content, the field is missing.
        """
        found = _read_content(self.session, live.id, str(live.fields.get("default_version") or ""))
        return live if found is None else replace(live, fields={**live.fields, "content": found})

    def read_files(self, live: Live) -> dict[str, bytes] | None:
        """Returns the content of each file in the default version of the skill `live`, keyed by the path of the file.
        The paths are not checked. Returns None if the server does not return the content.
        """
        archive = read_archive(self.session, live.id, str(live.fields.get("default_version") or ""))
        return None if archive is None else unpack_skill(archive)

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns whether the content of the oldest version of the skill `live` is equal to the content in `inputs`.
        The oldest version is the version with which the skill was created. Returns None if the server does not return
        the content.
        """
        versions = self.complete(live).versions or frozenset()
        numbers = sorted((each for each in versions if NUMBER.fullmatch(each)), key=int)
        return _holds(self.session, live.id, numbers[0], inputs) if numbers else None

    def create(self, draft: Draft) -> Live:
        """Creates the skill that `draft` describes, and returns the new skill. The request is repeated only if it was
        certainly not carried out, for example after a 429. Raises ProvisionError if a file has changed since the plan.
        """
        files = _archive(draft)
        return self.live(self.session.create(lambda client: self._one(client.upload(self.path, {}, {"files": files}))))


class SkillVersionCollection(RemoteCollection):
    """Gives access to the versions of all skills at OpenAI at `/skills/ID/versions`. The id of a version has
    the form `SKILL_ID@NUMBER`.
    """

    declared = SKILL_VERSION
    kinds = VERSION_KINDS
    fields: ClassVar[Mapping[str, Field]] = {}

    def configuration(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns three fields of a version: the id of its skill, and the name and the description from its SKILL.md.
        `body` is the JSON object of a response.
        """
        return _texts(body, "skill_id", "name", "description")

    def pages(self) -> Iterator[Sequence[Live]]:
        """Yields the versions of all skills, in pages. Raises NotFound if the server has no endpoint for skills."""
        for page in SkillCollection(self.session).pages():
            for skill in page:
                try:
                    yield from self.pages_of(skill.id)
                except NotFound:
                    continue  # deleted meanwhile

    def pages_of(self, skill: str) -> Iterator[Sequence[Live]]:
        """Yields the versions of the skill with the id `skill`, in pages. Raises NotFound if the skill does not
        exist.
        """
        for page in paginate(self.session, _versions(skill), self.kinds, PAGE):
            yield [self.live({**item, "skill_id": skill}) for item in page]

    def retrieve(self, id: str) -> Live | None:
        """Returns the skill version with the id `id`. Returns None if the version does not exist, or if `id` cannot be
        the id of a version.
        """
        skill, number = split_version(id)
        if not _is_version(skill, number):
            return None
        try:
            return self.session.read(lambda client: self._live_of(client.get(_versions(skill, number)), skill, number))
        except NotFound:
            return None

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns whether the content of the skill version `live` is equal to the content in `inputs`. Returns None if
        the server does not return the content.
        """
        return _holds(self.session, *split_version(live.id), inputs)

    def create(self, draft: Draft) -> Live:
        """Uploads the skill version that `draft` describes, makes it the skill's default version, and returns the new
        version. The request is repeated only if it was certainly not carried out, for example after a 429. Raises
        ProvisionError if a file has changed since the plan.
        """
        skill, files = str(draft.body["skill_id"]), _archive(draft)
        return self.session.create(
            lambda client: self._live_of(client.upload(_versions(skill), {"default": True}, {"files": files}), skill)
        )

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Always raises ProvisionError, because a skill version cannot be changed."""
        raise ProvisionError(f"the version {id} of a skill cannot be changed")

    def delete(self, id: str) -> None:
        """Deletes the skill version with the id `id`. Does nothing if the version does not exist."""
        skill, number = split_version(id)
        if not _is_version(skill, number):
            return
        try:
            self.session.write(lambda client: read_done(client.delete(_versions(skill, number))))
        except NotFound:
            return

    def live(self, body: Mapping[str, Any]) -> Live:
        """Returns the skill version that a response describes. `body` is the JSON object of the response."""
        number = text_of(body.get("version")) or ""
        made = seconds_of(body.get("created_at"))
        return Live(join_version(str(body["skill_id"]), number), self.configuration(body), created_at=made)

    def _live_of(self, raw: Any, skill: str, number: str | None = None) -> Live:
        """Returns the skill version that the HTTP response `raw` describes. Raises Unreadable if the version does not
        belong to the skill with the id `skill`, or if its number is not `number`. If `number` is None, any number is
        accepted.
        """
        body = read_object(raw, self.kinds)
        found = text_of(body.get("version")) or ""
        if body.get("skill_id") not in (None, skill) or not NUMBER.fullmatch(found) or number not in (None, found):
            raise Unreadable(f"the API's answer is not about the version of {skill} that was asked for")
        return self.live({**body, "skill_id": skill})


def _archive(draft: Draft) -> tuple[str, bytes, str]:
    name = str(draft.body["name"])
    return f"{name}.zip", pack_skill(name, draft.body["content"], draft.files), ARCHIVE


def _holds(session: Session, skill: str, number: str, inputs: Mapping[str, Any]) -> bool | None:
    """Returns whether the content of a skill version is equal to the content in `inputs`. `skill` is the id of the
    skill, and `number` the number of the version. Returns None if the server does not return the content.
    """
    found = _read_content(session, skill, number)
    return None if found is None else found == inputs.get("content")


def _read_content(session: Session, skill: str, number: str) -> dict[str, str] | None:
    """Returns the SHA-256 of each file in a skill version, keyed by the path of the file. `skill` is the id of the
    skill, and `number` the number of the version. Returns None if the server does not return the content.
    """
    archive = read_archive(session, skill, number)
    return None if archive is None else unpack_digests(archive)


def read_archive(session: Session, skill: str, number: str) -> bytes | None:
    """Returns the ZIP archive with the files of a skill version. `skill` is the id of the skill, and `number` the
    number of the version. Returns None if the server does not return the archive. Raises Unavailable if the server
    cannot be reached or does not work.
    """
    if not _is_version(skill, number):
        return None
    try:
        return session.read(lambda client: read_content(client.get(_versions(skill, number, "content"))))
    except Unavailable:
        raise
    except ApiError:
        return None


def _is_version(skill: str, number: str) -> bool:
    return bool(ID.fullmatch(skill) and NUMBER.fullmatch(number))


def _versions(skill: str, *parts: str) -> str:
    """Returns the path of the requests about the versions of a skill: `/skills/ID/versions`, followed by `parts`.
    `skill` is the id of the skill.
    """
    return join_path("skills", skill, "versions", *parts)


def _texts(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Returns the fields of `body` whose names are in `names` and whose values are strings."""
    return {name: body[name] for name in names if isinstance(body.get(name), str)}
