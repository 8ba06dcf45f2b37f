"""Chooses which tests of a project are run: by name, by glob, or because the test, or something that it uses, has
changed since the test passed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import translate
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from provisioner.core.address import Address
from provisioner.core.addresskind import TEST_KIND
from provisioner.core.declaredtest import DeclaredTest
from provisioner.core.errors import UsageError
from provisioner.core.resource import Ref, Resource, Template
from provisioner.manifest.validation.nearest import advise
from provisioner.state.records import State

#: The most names of tests that an error lists.
NAMED = 20


def choose(tests: Sequence[DeclaredTest], names: Sequence[str]) -> tuple[DeclaredTest, ...]:
    """Returns the tests that `names` select. Each of `names` is a name, an address `test.NAME`, or a glob with `*` and
    `?`. If `names` is empty, all tests are returned. Raises UsageError if one of `names` selects no test.
    """
    if not names:
        return tuple(tests)
    chosen: set[Address] = set()
    for name in names:
        pattern = re.compile(translate(name.removeprefix(f"{TEST_KIND.name}.").replace("[", "[[]")))
        found = [test.address for test in tests if pattern.match(test.name)]
        if not found:
            known = sorted(test.name for test in tests)
            more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
            advice = advise(name, known, f"`tests:` declares {', '.join(known[:NAMED])}{more}")
            raise UsageError(f"there is no test called {name[:100]}", hint=advice)
        chosen.update(found)
    return tuple(test for test in tests if test.address in chosen)


def of_assistants(tests: Iterable[DeclaredTest], assistants: Collection[Address]) -> tuple[DeclaredTest, ...]:
    """Returns the tests in which one of `assistants` is the tested assistant or a judge."""
    wanted = set(assistants)
    return tuple(test for test in tests if test.assistants() & wanted)


def users_of(changed: Collection[Address], resources: Sequence[Resource]) -> set[Address]:
    """Returns the addresses in `changed`, and the addresses of all resources that use one of them, directly or through
    other resources.
    """
    users: dict[Address, list[Address]] = {}
    for each in resources:
        for needed in each.needs:
            users.setdefault(needed, []).append(each.address)
    found = set(changed)
    ahead = list(found)
    while ahead:
        new = set(users.get(ahead.pop(), ())) - found
        found |= new
        ahead += new
    return found


def digest_of(
    test: DeclaredTest,
    resources: Mapping[Address, Resource],
    state: State | None,
    read: Callable[[Path], bytes],
    account: str,
    *,
    unapplied: bool,
) -> str:
    """Returns a digest of everything that decides the result of `test`: the account, the test, the files of the test,
    and its assistants with everything that they use. If none of these changes, the digest does not change.

    If `unapplied` is True, the assistants are taken from `resources` (the manifests), otherwise from `state`. `read`
    returns the content of a file of the project.
    """
    content: dict[str, Any] = {
        "account": account,
        "test": _plain_test(test),
        "files": {str(path): hashlib.sha256(read(path)).hexdigest() for path in _paths(test)},
    }
    for address in sorted(_closure(test.assistants(), resources, state, unapplied=unapplied)):
        if unapplied:
            content[str(address)] = _spell(resources[address].inputs)
        elif state is not None and address in state.records:
            record = state.records[address]
            content[str(address)] = [record.id, _spell(record.inputs)]
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _closure(
    assistants: Iterable[Address], resources: Mapping[Address, Resource], state: State | None, *, unapplied: bool
) -> set[Address]:
    found: set[Address] = set()
    ahead = list(assistants)
    while ahead:
        address = ahead.pop()
        if address in found:
            continue
        if unapplied and address in resources:
            ahead += resources[address].needs
        elif not unapplied and state is not None and address in state.records:
            ahead += [Address.parse(each) for each in state.records[address].needs]
        else:
            continue
        found.add(address)
    return found


def _plain_test(test: DeclaredTest) -> dict[str, Any]:
    """Returns `test` as data, without its description and without line numbers. So the data are equal if the test was
    only moved in its file.
    """
    body: dict[str, Any] = to_builtins(test, enc_hook=str)
    del body["place"], body["description"]
    for each in (*body["expectations"], *body["mocks"]):
        del each["place"]
    return body


def _spell(value: Any) -> Any:
    """Returns `value`, the inputs of a resource, as JSON. A reference to another resource becomes a JSON object with
    the address of that resource.
    """
    if isinstance(value, Ref):
        return {"ref": str(value.address), "attribute": value.attribute}
    if isinstance(value, Template):
        return {"parts": [_spell(part) for part in value.parts]}
    if isinstance(value, Mapping):
        return {str(key): _spell(item) for key, item in value.items()}
    return [_spell(item) for item in value] if isinstance(value, list | tuple) else value


def _paths(test: DeclaredTest) -> list[Path]:
    return [file for message in test.messages for file in message.files if isinstance(file, Path)]
