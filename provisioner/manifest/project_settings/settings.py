"""Reads `provision.yaml`: the project's settings, and the settings that each environment of the project overrides."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.core.defaults import KEEP_RELEASES, TARGETS
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import UsageError
from provisioner.manifest.parsing.document import Document, Written
from provisioner.manifest.parsing.reading import Reading, read_yaml
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.key_sources import Encryption, read_encryption
from provisioner.manifest.project_settings.layers import Layers, choose_layers, merge_block
from provisioner.manifest.project_settings.rootfolder import resolve_root
from provisioner.manifest.project_settings.settings_check import check_settings
from provisioner.manifest.validation.nearest import enumerate_names
from provisioner.state.backends.opening import is_remote
from provisioner.state.backends.urls import find_unfit_character

FILE = "provision.yaml"
#: Wrong names of the settings file. A file with such a name is not read.
MISSPELT = ("provision.yml", "Provision.yaml", "Provision.yml", "provision.YAML", "provision.YML", "provision.json")
STATE = "../state"
DELETE_THRESHOLD = 30.0
#: The settings that callers can override: those of an environment that do not consist of several fields.
OVERRIDABLE = (
    *("target", "state", "openai_project", "organization", "base_url", "delete_threshold", "keep_releases"),
    "protected",
)


@dataclass(frozen=True)
class Settings:
    """A project's settings in one environment of the project.

    `state` is the absolute path of a folder, or a URL as in the file. `root` is the folder that paths may not leave,
    and `folder` contains the manifests. `written_defaults` are the defaults with their places, `written_variables` are
    the values of variables in the environment, and `written_ignore` are the patterns in `ignore` with their places.
    `documents` contains the settings file. `allowed_env` are the names of the environment variables that manifests may
    read. `silenced` are the rules of lint that are disabled for the whole project.

    `is_known` is False if the environment is not declared or none is chosen. Then only the settings that are common to
    all environments are used, so that other problems can still be reported.
    """

    project: str
    environment: str
    environments: tuple[str, ...]
    target: str
    state: str
    root: Path
    folder: Path
    openai_project: str | None = None
    organization: str | None = None
    base_url: str | None = None
    protected: bool = False
    delete_threshold: float = DELETE_THRESHOLD
    keep_releases: int = KEEP_RELEASES
    defaults: Mapping[str, Any] = field(default_factory=dict)
    lifecycle: Mapping[str, Any] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)
    model_prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    silenced: tuple[str, ...] = ()
    encryption: Encryption = field(default_factory=Encryption)
    is_known: bool = field(default=True, compare=False, repr=False)
    allowed_env: tuple[str, ...] = ()
    written_defaults: Mapping[str, Written] = field(default_factory=dict, compare=False, repr=False)
    written_variables: Mapping[str, Written] = field(default_factory=dict, compare=False, repr=False)
    written_ignore: tuple[Written, ...] = field(default=(), compare=False, repr=False)
    documents: tuple[Document, ...] = field(default=(), compare=False, repr=False)

    @property
    def state_folder(self) -> Path | None:
        """The folder of the state, in which manifests may not read files. None if the state is at a URL, or if this
        folder contains the manifests.
        """
        return None if is_remote(self.state) or self.folder.is_relative_to(self.state) else Path(self.state)


def find(start: Path) -> Path:
    """Returns the manifests folder for the folder `start`. The search begins at `start` and continues with its parents,
    until a folder or its subfolder `manifests` contains a settings file. Raises UsageError if no such folder exists, or
    in the cases of `search`.
    """
    folder = search(start)
    if folder is None:
        raise UsageError(
            f"there is no {FILE} in {start.resolve()}, in a `manifests` folder there, or above",
            hint="run `provision init` to start a project here, or go to the folder of one",
        )
    return folder


def search(start: Path) -> Path | None:
    """Returns the manifests folder for the folder `start`. The search begins at `start` and continues with its parents,
    until a folder or its subfolder `manifests` contains a settings file. Returns None if no such folder exists.

    Raises UsageError if the manifests folder is reached by a symbolic link that leads out of the searched folder. Also
    raises UsageError if no settings file is found, but `start` or its subfolder `manifests` contains one with a wrong
    name.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        for candidate in (folder, folder / "manifests"):
            if os.path.lexists(candidate / FILE) and not (candidate / FILE).is_dir():
                return _checked_folder(candidate, folder)
    if (other := _misspelt(start)) is not None:
        raise UsageError(f"{other} is not read as settings", hint=f"rename it to {FILE}")
    return None


def _misspelt(start: Path) -> Path | None:
    """Returns the path of a settings file with a wrong name (a name in MISSPELT) in the folder `start` or its subfolder
    `manifests`. Returns None if there is no such file.
    """
    for folder in (start, start / "manifests"):
        for name in MISSPELT:
            if os.path.lexists(folder / name):
                return folder / name
    return None


def _checked_folder(candidate: Path, above: Path) -> Path:
    """Returns the folder `candidate` with symbolic links resolved. Raises UsageError if the resolved folder is not
    below `above`.
    """
    real = candidate.resolve()
    if not real.is_relative_to(above):
        raise UsageError(
            f"{candidate} is a symbolic link that leads out of {above}",
            hint="move the manifests inside, or go to the folder that they lie in",
        )
    return real


def read_settings(folder: Path, environment: str | None, overrides: Mapping[str, Any], report: Report) -> Settings:
    """Returns the settings that apply in `environment`, an environment of the project, or in the default environment if
    `environment` is None. `overrides` are settings that replace those in the file.

    Raises InvalidManifest if the file contains no usable settings, and UsageError if an override is not valid.
    """
    return resolve_settings(read_settings_file(folder), environment, overrides, report)


def read_settings_file(folder: Path) -> Reading:
    """Returns the data and the problems of the settings file in `folder`. `resolve_settings` checks the data and
    reports the problems.
    """
    path = folder / FILE
    return read_yaml(path) if os.path.lexists(path) else _missing(path)


def resolve_settings(
    reading: Reading, environment: str | None, overrides: Mapping[str, Any], report: Report
) -> Settings:
    """Checks the settings file in `reading`, which was already read, and returns the settings that apply in
    `environment`. The other parameters and the errors are those of `read_settings`.
    """
    written = check_settings(reading, report)
    return _resolve_settings(written, choose_layers(written, environment, report), overrides, report)


def resolve_shared_settings(reading: Reading) -> Settings:
    """Returns the settings that are common to all environments of the project. In the result, `environment` is the name
    of the default environment, or empty if there is none. Raises InvalidManifest if the settings cannot be used.
    """
    report = Report()
    written = check_settings(reading, report)
    chosen = choose_layers(written, None, Report())
    settings = _resolve_settings(written, Layers(chosen.environment if chosen.is_known else "", (written,)), {}, report)
    report.finish()
    return settings


def _missing(path: Path) -> Reading:
    reading = Reading(Document(path))
    message = "there is no settings file here; write one with `project: NAME`, or run `provision init`"
    reading.diagnostics.append(Diagnostic("error", message, reading.document.place()))
    return reading


def _resolve_settings(written: Written, choice: Layers, overrides: Mapping[str, Any], report: Report) -> Settings:
    folder, layers = written.document.folder, choice.layers
    chosen: dict[str, Any] = {}
    for layer in layers:
        chosen |= {name: item.value for name, item in layer.fields() if item.value is not None}
    chosen |= _checked(overrides)
    defaults = merge_block("defaults", layers)
    lifecycle = merge_block("lifecycle", layers)
    ignored = _ignored(layers)
    base = Path.cwd() if overrides.get("state") else folder
    root = resolve_root(written, folder, report)
    state = _state(chosen.get("state") or STATE, base)
    if not is_remote(state) and not overrides.get("state"):
        _check_state_links(written, layers, folder / (chosen.get("state") or STATE), root, report)
    if not is_remote(state) and folder.is_relative_to(state):
        at = next((item for layer in reversed(layers) if (item := layer.get("state"))), written)
        report.error(at, f"the state's folder, `{Path(state).name}`, holds the manifests; give it a folder of its own")
    return Settings(
        project=chosen.get("project", ""),
        environment=choice.environment,
        environments=tuple(chosen.get("environments") or ()),
        target=chosen.get("target") or TARGETS[0],
        state=state,
        root=root,
        folder=folder,
        openai_project=chosen.get("openai_project"),
        organization=chosen.get("organization"),
        base_url=chosen.get("base_url"),
        protected=chosen.get("protected") or False,
        delete_threshold=chosen.get("delete_threshold", DELETE_THRESHOLD),
        keep_releases=chosen.get("keep_releases") or KEEP_RELEASES,
        defaults={name: item.value for name, item in defaults.items()},
        lifecycle={name: item.value for name, item in lifecycle.items()},
        prices={name: float(item.value) for name, item in merge_block("prices", layers).items()},
        model_prices={name: item.value for name, item in merge_block("model_prices", layers).items() if item.value},
        ignore=tuple(item.value for item in ignored),
        written_ignore=ignored,
        silenced=tuple((chosen.get("lint") or {}).get("ignore") or ()),
        encryption=read_encryption(chosen.get("state_encryption")),
        is_known=choice.is_known,
        allowed_env=tuple(item.value for item in allowed.items()) if (allowed := written.get("allowed_env")) else (),
        written_defaults=defaults,
        written_variables=merge_block("variables", layers[1:]),
        documents=(written.document,),
    )


def _ignored(layers: Sequence[Written]) -> tuple[Written, ...]:
    """Returns the globs of the setting `ignore`. `layers` contains the mapping with the settings of the project, and
    after it the mapping with the settings of the environment, if there is one. If both contain `ignore`, the value of
    the environment applies. The result is empty if no mapping contains `ignore`, or if the value that applies is null.
    """
    layer = next((each for each in reversed(layers) if "ignore" in each.value), None)
    ignore = layer.get("ignore") if layer else None
    return tuple(ignore.items()) if ignore else ()


def _checked(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the overrides that are not None. Raises UsageError if an override is not valid."""
    for name, value in overrides.items():
        if name not in OVERRIDABLE:
            raise UsageError(f"`{name}` cannot be overridden; {enumerate_names(OVERRIDABLE)} can")
        if name == "target" and value is not None and value not in TARGETS:
            raise UsageError(f"there is no target `{value}`; choose from {enumerate_names(TARGETS)}")
    return {name: value for name, value in overrides.items() if value is not None}


def _state(written: str, base: Path) -> str:
    """Returns the location of the state: a URL unchanged, or the absolute path of a folder. A relative path is relative
    to `base`. If `written` is an invalid path, which was already reported, the default folder is returned.
    """
    if is_remote(written):
        return written
    return str((base / (STATE if find_unfit_character(written) else written)).resolve())


def _check_state_links(written: Written, layers: Sequence[Written], named: Path, root: Path, report: Report) -> None:
    """Reports an error if the path of the state's folder (`named`) is below the root, but a symbolic link in the path
    leads out of the root. The error is at the setting `state` in `layers`, otherwise at `written`.

    A branch under review may not choose another folder of the state (docs/ci.md), but it could add such a link.
    Therefore a folder outside the root must be named in `state:` itself.
    """
    lexical = Path(os.path.normpath(named))
    if lexical.is_relative_to(root) and not Path(os.path.realpath(lexical)).is_relative_to(root):
        at = next((item for layer in reversed(layers) if (item := layer.get("state"))), written)
        message = f"the state's folder, `{lexical.name}`, is a symbolic link that leads outside the root"
        report.error(at, f"{message}; name the folder itself in `state:`")
