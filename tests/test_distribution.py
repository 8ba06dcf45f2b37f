"""The distribution has one name, wherever it is named. The command and the package have other names."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.distribution import DISTRIBUTION, install_extra
from provisioner.core.errors import UsageError
from provisioner.state.backends import opening
from provisioner.state.sealing import Seal

CHECKOUT = Path(__file__).parent.parent
#: The former name, as a requirement: with an extra, a version or a URL, or as what an installer is given.
FORMER = re.compile(
    r"(?<![\w./-])provision(\[[a-z0-9,]+\]|\s*(==|>=|~=)\s*\d|\s+@\s+(git\+|https?:|file:))"
    r"|\b(pip|pipx|uv tool|uv pip) (install|run|upgrade|inject)( -[\w-]+)*\s+['\"]?provision(?![\w.-])"
    r"|\buvx ['\"]?provision(?![\w.-])|--(from|spec)[ =]['\"]?provision(?![\w.-])"
    r"|\b(metadata\.)?(version|distribution|requires|metadata)\(\s*['\"]provision['\"]\s*\)|# via provision\b(?!-)"
)


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def tracked() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True).stdout.decode()
    return [CHECKOUT / name for name in listed.split("\0") if name]


def test_the_distribution_is_called_as_the_index_knows_it() -> None:
    assert (project()["name"], DISTRIBUTION) == ("provision-openai", "provision-openai")


def test_the_command_and_the_package_keep_their_names() -> None:
    assert project()["scripts"] == {"provision": "provisioner.cli:main"}


def test_an_extra_that_includes_others_names_this_distribution() -> None:
    extras = project()["optional-dependencies"]
    own = [line for lines in extras.values() for line in lines if line.startswith("provision")]
    assert own == ["provision-openai[emulator,s3,gs,az,postgresql,encryption,migrate,chat]"]
    assert set(own[0].partition("[")[2].rstrip("]").split(",")) == extras.keys() - {"dev"}


def test_nothing_names_the_former_distribution() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in (".png", ".pdf", ".svg") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(CHECKOUT)}: {match[0]}" for match in FORMER.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        *("provision[s3]", "provision[s3,gs] @ git+https://git.example/x", "provision @ git+https://x"),
        *("pip install provision", "uvx provision", "uvx --from provision provision", 'pip install "provision"'),
        *("pipx run --spec provision provision", "metadata.version('provision')", "uv tool install 'provision'"),
        *(
            "    # via provision (pyproject.toml)",
            "provision==0.1",
            "pipx install provision",
        ),
    ],
)
def test_the_former_name_is_recognised(text: str) -> None:
    assert FORMER.search(text)


@pytest.mark.parametrize(
    "text",
    [
        *("provision-openai[s3]", "uvx --from provision-openai provision plan", "OWNER/provision@COMMIT"),
        *("pip install provision-openai", "pip install '.[emulator]'", "provision plan", "tools/provision"),
        "    # via provision-openai (pyproject.toml)",
    ],
)
def test_other_uses_of_the_word_are_not_confused_with_it(text: str) -> None:
    assert not FORMER.search(text)


def test_every_extra_that_a_message_names_exists() -> None:
    named = {extra for extra, _ in opening.EXTRAS.values()} | {"encryption", "emulator"}
    assert named <= project()["optional-dependencies"].keys()


@pytest.mark.parametrize("url", ["s3://states/x", "gs://states/x", "az://states/x", "postgresql://u@db.example/states"])
def test_a_missing_library_of_a_backend_names_the_extra_to_install(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        opening._open_store(url)
    extra = url.partition(":")[0]
    assert caught.value.hint == f"install the extra: {install_extra(extra)}"
    assert install_extra(extra) == f"pip install 'provision-openai[{extra}]'"


def test_a_missing_cryptography_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.state.sealing.find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        Seal(key="0123456789abcdef0123456789abcdef")
    assert caught.value.hint == "install the extra: pip install 'provision-openai[encryption]'"
