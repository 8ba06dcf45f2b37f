"""Converts the blocks `environment:` of assistants (environment templates) to the API's format. The files of an
environment template are mounted below `/workspace`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.manifest.files.file_lists import Express, Member, Members
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report

WORKSPACE = "/workspace"


class Environments(Struct):
    """Converts the blocks `environment:` of assistants (environment templates) to the API's format.

    Some fields of a block can contain names of resources. `named` maps the names of these fields to functions that
    convert their values.
    """

    members: Members
    named: Mapping[str, Express]
    report: Report

    def express(self, written: Written, address: Address) -> dict[str, Any]:
        """Converts `written`, the block `environment:` of an assistant (an environment template), to the form that
        `AssistantSpec` contains, and returns the result. Errors in the files of the block are reported for the resource
        at `address`.
        """
        result = {key: item.value for key, item in written.fields() if item.value is not None}
        if files := written.get("files"):
            result["files"] = list(self._mounted(files, address))
        result |= {
            name: express(items, address) for name, express in self.named.items() if (items := written.get(name))
        }
        if commands := written.get("setup_commands"):
            result["setup_commands"] = [
                {"command": item.value} if isinstance(item.value, str) else dict(item.value)
                for item in commands.items()
            ]
        return result

    def _mounted(self, files: Written, address: Address) -> Iterator[dict[str, Any]]:
        taken: dict[str, str] = {}
        by_item: dict[tuple[str | int, ...], int] = {}
        for member in self.members.resolve(files, address):
            self.members.check_extension(member, address)
            by_item[member.item.path] = by_item.get(member.item.path, 0) + 1
            mount = member.item.get("mount") if isinstance(member.item.value, dict) else None
            if mount is not None and by_item[member.item.path] > 1:
                message = "this pattern means several files, and one place cannot hold them; mount each by itself"
                self.report.error(mount, message, address)
                continue
            path = self._path(member, mount, address)
            if path in taken:
                message = f"`{path}` is taken by `{taken[path]}`; choose another place with `{{path: …, mount: …}}`"
                self.report.error(member.item, message, address)
            elif path is not None:
                taken[path] = member.key
                yield {"file_id": member.id, "path": path}

    def _path(self, member: Member, mount: Written | None, address: Address) -> str | None:
        if mount is None:
            name = member.entry.filename if member.entry else str(member.raw)
            return f"{WORKSPACE}/{name}"
        path = posixpath.normpath(posixpath.join(WORKSPACE, mount.value))
        if not path.startswith(f"{WORKSPACE}/"):
            message = f"`{mount.value}` lies outside `{WORKSPACE}`; write a path below it, as in `data/x.csv`"
            self.report.error(mount, message, address)
            return None
        return path
