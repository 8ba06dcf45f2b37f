"""What is installed: the package, its marker for type checkers and its command; no tests, no manifests."""

from __future__ import annotations

import configparser
import subprocess
import sys
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

from provisioner import __version__
from provisioner.core.distribution import DISTRIBUTION

CHECKOUT = Path(__file__).parent.parent
METADATA = f"{DISTRIBUTION.replace('-', '_')}-{__version__}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the hatchling of this environment: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, f"{' '.join(command)}:\n{built.stdout}{built.stderr}"
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def members(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def read_member(wheel: Path, name: str) -> str:
    with ZipFile(wheel) as archive:
        return archive.read(f"{METADATA}/{name}").decode()


@pytest.mark.thorough
def test_the_wheel_holds_the_package_and_nothing_else(members: set[str]) -> None:
    folders = {name.partition("/")[0] for name in members}
    assert folders == {"provisioner", METADATA}


def test_the_wheel_holds_every_module(members: set[str]) -> None:
    sources = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "provisioner").rglob("*.py")}
    assert sources <= members


def test_the_wheel_holds_the_prices(members: set[str]) -> None:
    assert "provisioner/review/cost/prices.json" in members


def test_the_wheel_holds_what_pages_are_made_of(members: set[str]) -> None:
    assert {f"provisioner/review/render/html/page.{ending}" for ending in ("css", "js")} <= members


def test_type_checkers_find_the_marker(members: set[str]) -> None:
    assert "provisioner/py.typed" in members


def test_the_command_is_declared(wheel: Path) -> None:
    entry_points = configparser.ConfigParser()
    entry_points.read_string(read_member(wheel, "entry_points.txt"))
    assert dict(entry_points["console_scripts"]) == {"provision": "provisioner.cli:main"}


def test_the_metadata_name_version_python_and_license(wheel: Path) -> None:
    metadata = Parser().parsestr(read_member(wheel, "METADATA"))
    assert (metadata["Name"], metadata["Version"]) == (DISTRIBUTION, __version__)
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]


def test_the_emulator_is_an_extra(wheel: Path) -> None:
    required = Parser().parsestr(read_member(wheel, "METADATA")).get_all("Requires-Dist") or []
    always = {line for line in required if "extra ==" not in line}
    assert not [line for line in always if line.startswith(("starlette", "uvicorn", "python-multipart", "pypdf"))]
    assert [line for line in required if line.startswith("starlette") and "extra == 'emulator'" in line]
