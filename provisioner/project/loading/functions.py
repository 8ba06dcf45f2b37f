"""Defines the functions `load` and `load_id`. With these functions, an application loads what provision manages: the
definition of an assistant (the arguments of an API call), or the id of an object.
"""

from __future__ import annotations

import math
import os
import warnings

from provisioner.core.runtime_values import MissingValues, OwnValues, fill
from provisioner.project.loading.cache import StaleDefinitionWarning, entry_of
from provisioner.project.loading.recorded import DEFINITION, TYPE_OF_TARGET, normalise

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, cast

    from provisioner.openai_api.definition import Definition
    from provisioner.project.loading.recorded import Recorded
else:

    def cast(type_: object, value: object) -> object:
        """Returns `value` unchanged, as `typing.cast` does, without importing `typing`."""
        return value


#: The variable that names the environment if the argument `env` is not given, as for the command.
ENVIRONMENT = "PROVISION_ENV"
#: The seconds for which a state that was read stays in use.
MAX_AGE = 300.0


class _Advice:
    """A context manager for a `with` block. If an error leaves the block, the hint of the error and each problem in the
    manifests are added to the error. A traceback shows these notes below the error message.
    """

    def __enter__(self) -> None:
        """Does nothing, because only the end of the `with` block matters."""

    def __exit__(self, type_: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        hint, diagnostics = getattr(error, "hint", None), getattr(error, "diagnostics", ())
        for note in (*map(str, diagnostics), *([hint] if hint else ())):
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)


_ADVICE = _Advice()


def load(
    name: str,
    *,
    env: str | None = None,
    release: int | None = None,
    path: str | os.PathLike[str] | None = None,
    secrets: Mapping[str, str] = os.environ,
    max_age: float = MAX_AGE,
) -> Definition:
    """Returns the definition of an assistant: the keyword arguments of `client.responses.create`. The caller may change
    them.

    `name` is the assistant's name in the manifests. The project is searched for in the working folder and in the
    folders above. `env` is the environment of the project; the default is the variable PROVISION_ENV, otherwise the
    project's default. `path` is an alternative to the working folder: the folder of another project, a file of
    `provision export --format json`, or a state's file. `release` is the number of an earlier release. Values
    `{runtime: NAME}` are taken from `secrets`.

    The content is cached for `max_age` seconds. If it cannot be read again after this time, the cached content stays in
    use, with StaleDefinitionWarning. Thread-safe. In an event loop, the first call for a project or file reads the
    content in this thread. Later, the content is read again in another thread.

    Raises UsageError if the name is unknown, if `secrets` lacks a value, or if the assistant is on another target;
    StateError if the state cannot be read; InvalidManifest if the settings have errors; Blocked if the state was edited
    by hand or belongs to another project. All these errors are subclasses of ProvisionError.
    """
    with _ADVICE:
        place = _Place(env, path)
        record = place.read(max_age).find_assistant(name) if release is None else place.read_release(name, release)
        if record.get("type") != DEFINITION:
            raise _other_target(name, record)
        try:
            return cast("Definition", fill(record["inputs"], secrets))
        except RecursionError:
            raise place.unfit(name) from None
        except OwnValues as own:
            raise _own(name, own) from None
        except MissingValues as missing:
            raise _missing(name, missing) from None


def load_id(
    name: str,
    *,
    env: str | None = None,
    path: str | os.PathLike[str] | None = None,
    max_age: float = MAX_AGE,
) -> str:
    """Returns the id of an assistant on the target `agents` or `assistants`. If `name` is an address, such as
    `vector_store.hamlet` or `environment.hamlet`, returns the id of the object at this address.

    The other arguments, the cache and the errors are those of `load`. Raises UsageError also if the assistant is on the
    target `responses`, because a definition has no id.
    """
    with _ADVICE:
        record = _Place(env, path).read(max_age).find(name)
        if record.get("type") == DEFINITION:
            from provisioner.core.errors import UsageError

            raise UsageError(
                f"`{name}` is a definition (target `responses`), which has no id at OpenAI",
                hint=f'use load("{name}"), which returns the arguments of client.responses.create',
            )
        return str(record["id"])


class _Place:
    """The origin of the loaded objects: a project in one of its environments, or a file."""

    __slots__ = ("env", "is_file", "start")

    def __init__(self, env: str | None, path: str | os.PathLike[str] | None) -> None:
        self.env = env or os.environ.get(ENVIRONMENT) or None
        self.start = os.path.abspath(os.fspath(path) if path is not None else "")
        self.is_file = path is not None and not os.path.isdir(self.start)

    def read(self, max_age: float) -> Recorded:
        """Returns the recorded objects, from the cache or newly read. Warns if they are older than `max_age` seconds
        because they could not be read again.
        """
        entry = entry_of((self.start, self.env), self._read)
        recorded = entry.get(max_age)
        if entry.is_stale(max_age):
            _warn(entry.failure, recorded)
        return recorded

    def unfit(self, name: str) -> Exception:
        """Returns the error to raise if the record of the assistant `name` has an unknown form, so that provision
        cannot have written it.
        """
        return self.read(math.inf).unfit(name)

    def read_release(self, name: str, release: int) -> Mapping[str, Any]:
        """Returns the record of one release of the assistant `name`. `release` is the number of the release. A release
        in a project's state is cached without a time limit, because releases never change.
        """
        if self.is_file:
            recorded = self.read(MAX_AGE)
            record = recorded.find_assistant(name)
            if release != record.get("release"):
                raise _only_release(recorded, name, release, record)
            return record
        if isinstance(release, bool) or not isinstance(release, int):
            from provisioner.core.errors import UsageError

            raise UsageError(f"the number of a release is an integer, not {release!r}")
        name = normalise(name).removeprefix("assistant.")
        entry = entry_of((self.start, self.env, name, release), lambda: self._read_release(name, release))
        return entry.get(math.inf).find_assistant(name)

    def _read(self) -> Recorded:
        if self.is_file:
            from provisioner.project.loading.files import read_file

            return read_file(self.start, self.env)
        from provisioner.project.loading.plain import read_plain

        recorded = read_plain(self.start, self.env)
        if recorded is None:
            from provisioner.project.loading.whole import read_whole

            recorded = read_whole(self.start, self.env)
        return recorded

    def _read_release(self, name: str, release: int) -> Recorded:
        from provisioner.project.loading.whole import read_release

        return read_release(self.start, self.env, name, release)


def _only_release(recorded: Recorded, name: str, release: int, record: Mapping[str, Any]) -> Exception:
    from provisioner.core.errors import UsageError

    return UsageError(
        f"{recorded.place} has only release {record.get('release')} of `{name}`, not {release!r}",
        hint="leave `release` out, or load it from the project's state, which keeps earlier releases",
    )


def _warn(failure: Exception | None, recorded: Recorded) -> None:
    from provisioner.core.text.safetext import line

    text = f"{recorded.place} cannot be read, and its content that was read last stays in use: {failure}"
    warnings.warn(line(text), category=StaleDefinitionWarning, stacklevel=4)  # the caller of `load`


def _other_target(name: str, record: Mapping[str, Any]) -> Exception:
    from provisioner.core.errors import UsageError

    targets = {type_: target for target, type_ in TYPE_OF_TARGET.items()}
    target = targets.get(str(record.get("type")), "another target")
    return UsageError(
        f"`{name}` is on the target `{target}`, so it is kept at OpenAI and has no definition",
        hint=f'use load_id("{name}"), which returns its id',
    )


def _missing(name: str, missing: MissingValues) -> Exception:
    from provisioner.core.errors import UsageError

    listed = ", ".join(f"{each} ({', '.join(missing.names[each])})" for each in sorted(missing.names))
    count = len(missing.names)
    return UsageError(
        f"`{name}` needs {'a value that is' if count == 1 else f'{count} values that are'} not set: {listed}",
        hint="set the variables in the environment of this process, or give them: load(…, secrets={…})",
    )


def _own(name: str, own: OwnValues) -> Exception:
    from provisioner.core.errors import UsageError

    return UsageError(
        f"`{name}` asks for {', '.join(own.names)}, which no definition gets, because its tools would send the value "
        "to other servers",
        hint="give the tool a secret of its own, under a name that does not begin with OPENAI_ or PROVISION_",
    )
