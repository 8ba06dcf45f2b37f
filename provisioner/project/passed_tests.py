"""Stores which tests have passed, so that `provision test --changed` runs only the tests that have not passed or have
changed since. The file is in the private folder of the project.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from provisioner.core.errors import ProvisionError
from provisioner.core.files.own import read_own, replace_own
from provisioner.core.strictjson import loads
from provisioner.project.private_folder import open_private, private_folder

FILE = "passed-tests.json"
#: The most bytes of the file, and the most tests in it.
MOST_BYTES = 16 * 1024 * 1024
MOST_TESTS = 100_000
DIGEST = re.compile(r"[0-9a-f]{64}")


class PassedTests(Struct, frozen=True):
    """The stored digests of the tests that have passed, for each environment of the project. The digest of a test
    changes if the test, its assistants or other causes of its result change. `root` is the root folder of the project.
    """

    root: Path

    def read(self, environment: str) -> dict[str, str]:
        """Returns the digests of the tests that have passed in an environment of the project, keyed by the name of the
        test. Returns an empty mapping if the file is missing or cannot be read.
        """
        entries = self._read().get(environment)
        return dict(entries) if entries else {}

    def add(self, environment: str, passed: Mapping[str, str], failed: Iterable[str]) -> str | None:
        """Adds the digests of the tests in `passed` (keyed by name), and removes the digests of the tests in `failed`.
        `environment` is an environment of the project. Returns the reason if the file cannot be written, otherwise
        None.
        """
        whole = self._read()
        entries = {**whole.get(environment, {}), **passed}
        for name in failed:
            entries.pop(name, None)
        whole[environment] = dict(sorted(entries.items())[:MOST_TESTS])
        try:
            folder = open_private(self.root)
            replace_own(folder / FILE, json.dumps(whole, sort_keys=True).encode(), prefix=f".{FILE}.", durable=False)
        except (OSError, ProvisionError) as error:
            return str(getattr(error, "strerror", None) or error)
        return None

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            body = loads(read_own(private_folder(self.root) / FILE, MOST_BYTES).decode())
        except (OSError, ValueError, ProvisionError):
            return {}
        found = body.items() if isinstance(body, dict) else ()
        return {
            name: entries
            for name, entries in found
            if isinstance(entries, dict) and all(map(_is_digest, entries.values()))
        }


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None
