"""Makes the tests of a project from the entries of the section `tests:`. References in the entries are resolved and
checked. Therefore a test that names an unknown assistant, tool or file is reported before any API call.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.declaredtest import DeclaredTest, Expectation, ExpectationKind, InputMessage, MockedResult
from provisioner.core.resource import Resource
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.files.file_lists import RAW
from provisioner.manifest.files.referenced_files import Library
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.resources.functions import Functions
from provisioner.manifest.resources.testedtools import TestedTools
from provisioner.manifest.validation.nearest import advise, enumerate_names

#: The most keys of a group that a message shows.
SHOWN = 10
#: The most seconds of CPU time for reading all regular expressions. A hostile one of 1,000 characters takes almost a
#: second, and an ordinary one a tenth of a millisecond.
PATTERN_SECONDS = 5.0
#: Expectations whose value is a text or a list of texts; each text is an expectation of its own.
LISTED = frozenset({"contains", "not_contains", "matches", "cites", "tool_called", "no_tool_called", "judged_by"})


class Tests(Struct, dict=True):
    """Makes tests from the entries of the section `tests:`.

    `assistants` maps names to the declared assistants. `groups` maps the name of each assistant with a `for_each` to
    the names of the assistants that the `for_each` makes. `resources` are all resources of the project. Expectations of
    a test can name the tools of these resources.
    """

    __test__ = False  # pytest collects classes with this beginning of a name.

    declared: Mapping[str, Declaration]
    assistants: Mapping[str, Declaration]
    groups: Mapping[str, Sequence[str]]
    resources: Mapping[Address, Resource]
    library: Library
    functions: Functions
    _tools: dict[Address, TestedTools] = field(default_factory=dict)
    _seconds: float = field(default_factory=lambda: PATTERN_SECONDS)

    def read(self) -> tuple[DeclaredTest, ...]:
        """Returns the tests that have a declared assistant and an input, sorted by name. Errors are reported."""
        made = [self._read(each) for each in self.declared.values() if isinstance(each.written.value, dict)]
        return tuple(sorted((each for each in made if each is not None), key=lambda each: each.address))

    def _read(self, declaration: Declaration) -> DeclaredTest | None:
        written, address = declaration.written, declaration.address
        named = written.get("assistant")
        assistant = self._assistant(named, address) if named else None
        block = written.get("input")
        if assistant is None or block is None:
            return None
        turns = list(_messages_in(block))
        expectations = [each for turn, item in enumerate(turns) for each in self._expected(item, address, turn)]
        expectations += self._expected(written, address, None)
        made = DeclaredTest(
            address=address,
            assistant=assistant,
            messages=tuple(self._message(each, address) for each in turns),
            expectations=tuple(expectations),
            place=written.key_place,
            mocks=tuple(self._mocks(written, assistant, address)),
            samples=item.value if (item := written.get("samples")) else 1,
            share=float(item.value) if (item := written.get("pass")) else 1.0,
            description=item.value if (item := written.get("description")) else "",
        )
        if tools := self._tools_of(assistant):
            for each in made.expectations:
                if problem := tools.find_problem(each):
                    self.library.report.error(each.place, problem, address)
        return made

    def _assistant(self, written: Written, address: Address) -> Address | None:
        """Returns the address of the assistant that `written` names. If this assistant is not declared, reports an
        error and returns None. `address` is the address of the test.
        """
        name = to_nfc(written.value)
        if name in self.assistants:
            return Address(ASSISTANT_KIND.name, name)
        if (group := self.groups.get(name)) is not None:
            known = enumerate_names(list(group[:SHOWN]))
            message = f"`{name}` has a `for_each`, so a key chooses one of its instances: {known}"
        else:
            advice = advise(name, self.assistants, "declare it under `assistants:`")
            message = f"there is no assistant `{name[:60]}`; {advice}"
        self.library.report.error(written, message, address)
        return None

    def _message(self, turn: Written, address: Address) -> InputMessage:
        if isinstance(turn.value, str):
            return InputMessage(turn.value)
        files = turn.get("files")
        found = [each for item in (files.items() if files else ()) for each in self._files(item, address)]
        return InputMessage(turn.value["text"], tuple(dict.fromkeys(found)))

    def _files(self, item: Written, address: Address) -> Iterator[Path | str]:
        """Yields the paths of the files that an item of the list `files:` names. For a file that provision does not
        manage, yields its id instead. The files do not become resources. `address` is the address of the test.
        """
        path = item if isinstance(item.value, str) else item.get("path")
        name = None if isinstance(item.value, str) else item.get("file") or item.get("id")
        if path is not None and not RAW.fullmatch(path.value):
            yield from map(Path, self.library.tree.all(path, address))
        elif path is not None or (name is not None and RAW.fullmatch(name.value)):
            yield (path or name).value  # type: ignore[union-attr]
        elif name is not None and (entry := self.library.named(name, address)):
            yield entry.path

    def _mocks(self, written: Written, assistant: Address, address: Address) -> Iterator[MockedResult]:
        mocks, tools = written.get("mocks"), self._tools_of(assistant)
        for item in mocks.items() if mocks else ():
            function, arguments = item.get("function"), item.get("arguments")
            if function is None:
                continue
            if tools is not None and (problem := tools.find_unknown_function(function.value)):
                self.library.report.error(function, problem, address)
            matched = arguments.value if arguments else None
            yield MockedResult(function.value, matched, item.value.get("result"), item.place)

    def _tools_of(self, assistant: Address) -> TestedTools | None:
        """Returns the tools of the assistant at the address `assistant`. Returns None if no resource was made for the
        assistant because of an error.
        """
        resource = self.resources.get(assistant)
        if resource is None:
            return None
        if assistant not in self._tools:
            self._tools[assistant] = TestedTools.of(resource, self.resources, self._filenames)
        return self._tools[assistant]

    @cached_property
    def _filenames(self) -> dict[str, str]:
        return {str(address): entry.filename for address, entry in self.library.entries.items()}

    def _expected(self, owner: Written, address: Address, turn: int | None) -> Iterator[Expectation]:
        block = owner.get("expect") if isinstance(owner.value, dict) else None
        for name, written in block.fields() if block and isinstance(block.value, dict) else ():
            if written.value is None:
                continue
            kind = ExpectationKind(name)
            is_list = isinstance(written.value, list) and name in LISTED
            for item in written.items() if is_list else (written,):
                value = self._value(kind, item, address)
                if value is not None:
                    yield Expectation(kind, value, item.place if is_list else written.key_place, turn)

    def _is_pattern(self, written: Written, address: Address) -> bool:
        """Returns whether the text `written` is a valid regular expression. If it is not, reports the reason. If
        parsing the regular expressions of all tests takes too long, ends the run with an error. `address` is the
        address of the test.
        """
        if self._seconds < 0:
            message = f"the regular expressions of tests take more than {PATTERN_SECONDS:g} s to read; simplify them"
            self.library.report.error(written, message, address)
            self.library.report.finish(is_early=True)
        began = time.process_time()
        flaw = _find_flaw(written.value)
        self._seconds -= time.process_time() - began
        if flaw is not None:
            message = f"this is not a regular expression of Python: {flaw}; correct it"
            self.library.report.error(written, message, address)
        return flaw is None

    def _value(self, kind: ExpectationKind, written: Written, address: Address) -> Any:
        """Returns the value of an expectation (`written`) of the kind `kind`, in the form that `ExpectationKind`
        describes. Returns None after an error. `address` is the address of the test.
        """
        value = written.value
        if kind is ExpectationKind.MATCHES:
            return value if self._is_pattern(written, address) else None
        if kind is ExpectationKind.TOOL_CALLED:
            return {"name": value} if isinstance(value, str) else {key: each for key, each in value.items() if each}
        if kind is ExpectationKind.VALID_AGAINST:
            return self.functions.resolve_schema(written, address)
        if kind is ExpectationKind.JUDGED_BY:
            named = written.get("assistant")
            judge = self._assistant(named, address) if named else None
            return {"assistant": judge, "rubric": value.get("rubric")} if judge else None
        return value


def _find_flaw(pattern: str) -> str | None:
    """Returns the reason why a text is not a valid regular expression. Returns None if it is valid."""
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)[:200]
    except (RecursionError, OverflowError):
        return "it is nested too deeply, or a number in it is too large"
    return None


def _messages_in(written: Written) -> Iterator[Written]:
    """Yields the turns of a test from its field `input:` (`written`). The turns are the items of this list. If the
    field contains a single text or mapping, this value is the only turn.
    """
    if isinstance(written.value, list):
        yield from (each for each in written.items() if isinstance(each.value, str) or each.get("text"))
    elif isinstance(written.value, str) or written.get("text"):
        yield written
