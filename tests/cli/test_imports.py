"""What each command loads: a run that calls nothing loads nothing that calls."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

DUMP = """
import atexit, json, sys
before = set(sys.modules)
atexit.register(lambda: print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr))
from provisioner.cli import main
main(sys.argv[1:])
"""
STANDARD = sys.stdlib_module_names


def loaded_by(*arguments: str, cwd: Path = CHECKOUT, installed: Path = CHECKOUT) -> set[str]:
    """The modules that a command loads, without the standard library's. `installed` is one more folder of modules."""
    ended = subprocess.run(
        [sys.executable, "-c", DUMP, *arguments],
        cwd=cwd,
        env={"PYTHONPATH": f"{CHECKOUT}:{installed}", "LANG": "C.UTF-8", "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    modules: list[str] = json.loads(ended.stderr.splitlines()[-1])
    return {name for name in modules if name.partition(".")[0] not in STANDARD}


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_version_loads_click_and_nothing_else() -> None:
    modules = loaded_by("--version")
    assert packages(modules) == {"click", "provisioner"}
    own = {name for name in modules if name.startswith("provisioner.")}
    assert own == {
        *("provisioner.cli", "provisioner.cli.main", "provisioner.cli.nullstreams", "provisioner.cli.options"),
        "provisioner.cli.shells",
    }


#: The library of the value types, and what it imports.
STRUCTS = ("msgspec", "typing_extensions")


@pytest.mark.parametrize(
    ("arguments", "libraries"),
    [(["--help"], STRUCTS), (["plan", "--help"], ()), (["apply", "--help"], ()), (["emulator", "--help"], STRUCTS)],
)
def test_help_loads_click_and_commands_alone(arguments: list[str], libraries: tuple[str, ...]) -> None:
    modules = loaded_by(*arguments)
    assert packages(modules) == {"click", "provisioner", *libraries}
    own = {name.partition(".")[2] for name in modules if name.startswith("provisioner.")}
    assert {name for name in own if not name.startswith(("cli", "project"))} <= {
        *("core", "core.defaults", "core.errors", "core.exitcode", "core.diagnostic", "core.posix"),
        "core.refreshmode",
        *("emulator", "emulator.options"),
    }


@pytest.mark.parametrize("arguments", [["validate"], ["schema"], ["graph"]])
def test_manifests_alone_need_neither_the_sdk_nor_the_engine(arguments: list[str]) -> None:
    modules = loaded_by(*arguments)
    assert packages(modules).isdisjoint({"openai", "httpx2", "deepdiff", "rich", "starlette", "uvicorn"})
    assert not {
        name for name in modules if name.startswith(("provisioner.engine", "provisioner.openai_api.collections"))
    }


@pytest.mark.parametrize("arguments", [["show"], ["output"]])
def test_reading_the_state_calls_nothing(arguments: list[str]) -> None:
    assert packages(loaded_by(*arguments)).isdisjoint({"openai", "httpx2", "deepdiff", "rich"})


#: The largest numbers of modules that commands load in a project with common settings, without the standard library's.
#: A few modules more than today are allowed.
MOST_MODULES = {
    ("--version",): 20,
    ("validate",): 235,
    ("output",): 172,
    ("state", "list"): 175,
}


@pytest.mark.parametrize("arguments", MOST_MODULES, ids=" ".join)
def test_a_command_loads_few_modules(arguments: tuple[str, ...], tmp_path: Path) -> None:
    modules = loaded_by(*arguments, cwd=write_small_project(tmp_path))
    assert len(modules) <= MOST_MODULES[arguments]
    assert packages(modules).isdisjoint({"openai", "deepdiff", "rich", "starlette", "uvicorn"})


def test_plugins_of_pydantic_are_not_loaded(tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    (installed / "plugin-1.dist-info").mkdir(parents=True)
    (installed / "plugin-1.dist-info" / "METADATA").write_text("Name: plugin\nVersion: 1\n", encoding="utf-8")
    (installed / "plugin-1.dist-info" / "entry_points.txt").write_text("[pydantic]\np = plugin:p\n", encoding="utf-8")
    (installed / "plugin.py").write_text("p = None\n", encoding="utf-8")
    assert "plugin" not in loaded_by("validate", cwd=write_small_project(tmp_path), installed=installed)


def test_a_plan_without_changes_loads_no_sdk(tmp_path: Path) -> None:
    """New definitions are checked with the types of the SDK; without changes it is not needed."""
    project = write_small_project(tmp_path)
    loaded_by("--emulator", "apply", "--yes", cwd=project)
    for arguments in (("--emulator", "plan"), ("--emulator", "apply", "--yes")):
        modules = loaded_by(*arguments, cwd=project)
        assert packages(modules).isdisjoint({"openai", "deepdiff", "starlette", "uvicorn"})
        assert len(modules) <= 475


@pytest.mark.parametrize("arguments", [["output"], ["state", "list"]], ids=" ".join)
def test_commands_that_read_the_state_load_no_models_of_manifests(arguments: list[str], tmp_path: Path) -> None:
    modules = loaded_by(*arguments, cwd=write_small_project(tmp_path))
    assert packages(modules).isdisjoint({"pydantic", "pydantic_core"})
    assert not {name for name in modules if name.startswith(("provisioner.core.kinds", "provisioner.core.catalog"))}


@pytest.mark.parametrize("arguments", [["validate"], ["--emulator", "plan"]], ids=" ".join)
def test_common_manifests_are_read_without_models(arguments: list[str], tmp_path: Path) -> None:
    project = write_small_project(tmp_path)
    loaded_by("--emulator", "apply", "--yes", cwd=project)
    modules = loaded_by(*arguments, cwd=project)
    assert packages(modules).isdisjoint({"pydantic", "pydantic_core"})
    assert {"provisioner.core.kinds.assistant", "provisioner.core.kinds.model"}.isdisjoint(modules)
    rare = "assistants: {tutor: {instructions: Explain., user: somebody}}\n"
    (project / "manifests" / "assistants.yaml").write_text(rare, encoding="utf-8")
    assert "provisioner.core.kinds.assistant" in loaded_by("validate", cwd=project)


def write_small_project(folder: Path) -> Path:
    manifests = folder / "manifests"
    manifests.mkdir()
    settings = "project: small\nstate: ../state\ndefaults: {model: gpt-6-luna}\nenvironments: {default: {}}\n"
    (manifests / "provision.yaml").write_text(settings, encoding="utf-8")
    (manifests / "assistants.yaml").write_text("assistants: {tutor: {instructions: Explain.}}\n", encoding="utf-8")
    return folder


def test_a_plan_without_a_page_loads_nothing_of_it(tmp_path: Path) -> None:
    modules = loaded_by("--dir", str(CHECKOUT), "show", str(write_plan(tmp_path / "plan.json")))
    assert "provisioner.review.render.plan_text" in modules
    assert not {
        name for name in modules if name.startswith(("provisioner.review.render.html", "provisioner.cli.html_page"))
    }


def write_plan(path: Path) -> Path:
    from provisioner.planning.plan import Plan
    from provisioner.planning.planfile import Reviewed, dump

    path.write_text(dump(Reviewed(0, "p", "default", "a", None, (), Plan())), encoding="utf-8")
    return path
