"""The image: its Dockerfile by its structure, and where there is a builder, the image itself."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner import __version__
from tests.conftest import CHECKOUT

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
TAG = "provision-test-image"

Stage = list[tuple[str, str]]


def read_stages() -> list[Stage]:
    """The instructions of each stage, as pairs of keyword and argument; what is before the first FROM is left out."""
    text = re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    stages: list[Stage] = []
    for line in lines:
        keyword, _, argument = line.partition(" ")
        if keyword == "FROM":
            stages.append([])
        if stages:
            stages[-1].append((keyword, " ".join(argument.split())))
    return stages


BUILD, FINAL = read_stages()


def arguments(stage: Stage, keyword: str) -> list[str]:
    return [argument for each, argument in stage if each == keyword]


def test_both_stages_are_of_one_slim_python() -> None:
    assert arguments(BUILD, "FROM") == ["python:${PYTHON_VERSION}-slim AS build"]
    assert arguments(FINAL, "FROM") == ["python:${PYTHON_VERSION}-slim"]
    [version] = re.findall(r"(?m)^ARG PYTHON_VERSION=(\S+)$", DOCKERFILE)
    assert f"Programming Language :: Python :: {version}" in (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_command_runs_as_a_user_without_rights() -> None:
    assert arguments(FINAL, "USER") == ["10001"]
    keywords = [keyword for keyword, _ in FINAL]
    assert not {"RUN", "COPY", "ADD"} & set(keywords[keywords.index("USER") :])
    assert json.loads(arguments(FINAL, "ENTRYPOINT")[0]) == ["provision"]
    assert json.loads(arguments(FINAL, "CMD")[0]) == ["--help"]
    assert arguments(FINAL, "WORKDIR") == ["/project"]


def test_nothing_is_imported_from_the_project() -> None:
    assert "PYTHONSAFEPATH=1" in arguments(FINAL, "ENV")[0].split()


def test_only_what_is_installed_gets_from_the_first_stage_into_the_image() -> None:
    assert arguments(FINAL, "COPY") == ["--from=build /opt/provision /opt/provision"]
    assert not arguments(BUILD, "ADD") + arguments(FINAL, "ADD")
    [command] = arguments(FINAL, "RUN")
    assert not re.search(r"gcc|build-essential|python3?-dev|curl|wget|pip install", command)
    assert "pip uninstall --yes pip" in command
    assert "venv --without-pip /opt/provision" in " ".join(arguments(BUILD, "RUN"))


def test_what_is_installed_is_locked() -> None:
    for command in re.split(" && ", " && ".join(arguments(BUILD, "RUN"))):
        if " install " in command:
            assert "--require-hashes" in command or command.endswith("--no-deps dist/*.whl")
        if " build " in command:
            assert "--no-isolation" in command


def test_the_lock_has_the_extras_for_users_and_no_tool() -> None:
    lock = (CHECKOUT / "requirements/image.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"(?m)^([a-z0-9-]+)(?:\[[a-z,]+\])?==", lock))
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(line for name in extras if name != "dev" for line in extras[name])]
    assert {re.split(r"[\[<>=]", line.lower().replace("_", "-"))[0] for line in wanted} <= locked
    assert not locked & {"hatchling", "build", "twine", "setuptools", "wheel", "pip", "pytest", "editables", "uv"}


def test_the_labels_are_those_of_the_standard() -> None:
    labels = dict(word.split("=", 1) for word in shlex.split(arguments(FINAL, "LABEL")[0]))
    names = ("title", "description", "licenses", "version", "revision")
    assert labels.keys() == {f"org.opencontainers.image.{name}" for name in names}
    assert labels["org.opencontainers.image.version"] == "${VERSION}"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_the_builder_gets_what_is_copied_and_nothing_else() -> None:
    copied = {word for argument in arguments(BUILD, "COPY") for word in argument.split()[:-1]}
    assert all((CHECKOUT / name).exists() for name in copied)
    rules = [line for line in IGNORED if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == {
        name.split("/")[0] if name.startswith("requirements/") else name for name in copied
    }
    assert "**/.env*" in rules


def test_the_wheel_has_what_it_is_built_from() -> None:
    """What pyproject.toml names is copied before the wheel is built."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"}
    needed |= set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    position = next(number for number, (_, argument) in enumerate(BUILD) if " build " in argument)
    copied = {word for argument in arguments(BUILD[:position], "COPY") for word in argument.split()}
    assert needed <= copied


# Where there is a builder


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("no image is built: docker is not installed")
    asked = subprocess.run([docker, "version", "--format", "{{.Server.Version}}"], capture_output=True, check=False)
    if asked.returncode:
        pytest.skip("no image is built: docker has no running builder")
    command = [docker, "build", "--tag", TAG, "--build-arg", f"VERSION={__version__}", str(CHECKOUT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    yield TAG
    subprocess.run([docker, "image", "rm", TAG], capture_output=True, check=False)


def run(*words: str) -> str:
    ended = subprocess.run(
        ["docker", "run", "--rm", "--network=none", *words], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.timeout(900)
def test_the_image_runs_the_command_as_its_user(image: str) -> None:
    assert run(image, "--version") == f"provision {__version__}\n"
    assert run("--entrypoint=id", image, "-u") == "10001\n"
    inspected = subprocess.run(["docker", "inspect", image], capture_output=True, check=True).stdout
    assert json.loads(inspected)[0]["Config"]["Labels"]["org.opencontainers.image.version"] == __version__
    for tool in ("pip", "gcc", "hatchling"):
        assert run("--entrypoint=sh", image, "-c", f"command -v {tool} || true") == ""


@pytest.mark.timeout(900)
def test_the_image_reads_a_project_that_it_may_not_write(image: str, tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/a.yaml").write_text("assistants: {a: {model: m, instructions: Teach.}}\n", encoding="utf-8")
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    mounted = ["--read-only", f"--volume={tmp_path}:/project:ro", image]
    assert "is valid" in run(*mounted, "validate")
    assert "assistant.a" in run(*mounted, "graph")
