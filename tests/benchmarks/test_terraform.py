"""The benchmark says what is missing to run Terraform, and writes a configuration that Terraform can read."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import hcl2
import pytest

from benchmarks.scale.sizes import SIZES, write_project
from benchmarks.scale.terraform import FOLDER_VARIABLE, PROVIDER, find_provider, missing_parts, write_configuration


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    assert [each.partition(" (")[0] for each in missing_parts(environment)] == [
        "`terraform`",
        f"program `{PROVIDER}`",
    ]


@pytest.mark.parametrize("named", [True, False])
def test_the_provider_is_found_in_the_named_folder_and_in_the_folder_of_terraform(tmp_path: Path, named: bool) -> None:
    plugins = tmp_path / ("built" if named else ".terraform.d/plugins/example.com/mkdev-me/openai/1.0.0/linux_amd64")
    plugins.mkdir(parents=True)
    environment = {"HOME": str(tmp_path), **({FOLDER_VARIABLE: str(plugins)} if named else {})}
    program = plugins / f"{PROVIDER}_v1.0.0"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    assert find_provider(environment) is None, "a file that cannot be run is no program"
    program.chmod(0o755)
    assert find_provider(environment) == plugins


def test_the_configuration_declares_every_file_and_store(tmp_path: Path) -> None:
    write_project(tmp_path / "project", SIZES["S"])
    variables = write_configuration(tmp_path / "work", tmp_path / "project", SIZES["S"], tmp_path)
    text = (tmp_path / "work" / "main.tf").read_text(encoding="utf-8")
    resources = [item for each in hcl2.loads(text)["resource"] for item in each.items()]
    files = [body for type, entry in resources if "openai_file" in type for body in entry.values()]
    stores = [body for type, entry in resources if "openai_vector_store" in type for body in entry.values()]
    assert (len(files), len(stores)) == (10, 2)
    assert all(Path(each["file"].strip('"')).is_file() for each in files)
    assert [len(each["file_ids"]) for each in stores] == [5, 5]
    assert Path(variables["TF_CLI_CONFIG_FILE"]).is_file()


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_terraform_can_read_the_configuration(tmp_path: Path) -> None:
    """`terraform fmt` parses a file without any provider, and fails where the syntax is wrong."""
    write_project(tmp_path / "project", SIZES["S"])
    variables = write_configuration(tmp_path / "work", tmp_path / "project", SIZES["S"], tmp_path)
    command = ["terraform", "fmt", "-list=false", "-write=false", "main.tf"]
    subprocess.run(command, cwd=tmp_path / "work", env={**os.environ, **variables}, check=True, capture_output=True)
