"""Runs Terraform with the community provider `mkdev-me/openai` on the same files and vector stores.

The provider has no resource for assistants that a current API would accept, so only files and stores are compared. Its
arguments (`file`, `purpose`, `name`, `file_ids`) and the variable `OPENAI_API_URL` are those of its documentation.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.scale.sizes import Size

#: The name of the provider's program begins with this.
PROVIDER = "terraform-provider-openai"
#: Names the folder that contains the provider's program, if Terraform's own folders do not contain it.
FOLDER_VARIABLE = "BENCHMARK_TERRAFORM_PROVIDER"
PLUGINS = Path(".terraform.d") / "plugins"
HEAD = 'terraform {\n  required_providers {\n    openai = { source = "mkdev-me/openai" }\n  }\n}\n'
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
PLAN = ("plan", "-input=false", "-no-color", "-detailed-exitcode")


def missing_parts(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Returns what this machine lacks to run Terraform with the provider. The list is empty if it has both."""
    missing = [] if find_terraform(environment) else ["`terraform`"]
    if find_provider(environment) is None:
        missing.append(f"program `{PROVIDER}` (in a folder that {FOLDER_VARIABLE} names, or in ~/{PLUGINS})")
    return missing


def find_terraform(environment: Mapping[str, str] = os.environ) -> str | None:
    """Returns the path of `terraform`, or None if PATH does not contain it."""
    return shutil.which("terraform", path=environment.get("PATH"))


def find_provider(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Returns the folder that contains the provider's program, or None if there is none."""
    named = environment.get(FOLDER_VARIABLE)
    roots = [Path(named)] if named else [Path(environment.get("HOME", "/")) / PLUGINS]
    programs = (each for root in roots for each in sorted(root.rglob(f"{PROVIDER}*")) if each.is_file())
    return next((each.parent for each in programs if os.access(each, os.X_OK)), None)


def write_configuration(folder: Path, project: Path, size: Size, provider: Path) -> Mapping[str, str]:
    """Writes a configuration with the files and stores of the generated project at `project` into `folder`. `provider`
    is the folder of the provider's program. Returns the environment variables that Terraform needs.
    """
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(HEAD + "".join(_resources(project, size)), encoding="utf-8")
    settings = folder / "terraform.rc"
    override = f'dev_overrides {{ "mkdev-me/openai" = "{provider}" }}'
    settings.write_text(f"provider_installation {{\n  {override}\n  direct {{}}\n}}\n", encoding="utf-8")
    return {"TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1"}


def _resources(project: Path, size: Size) -> Iterator[str]:
    """Yields the resource of each file, and of each store with its files."""
    for store in range(size.stores):
        names = [f"f{store}_{file}" for file in range(size.files_per_store)]
        for file, name in enumerate(names):
            path = project / "manifests" / "books" / str(store) / f"{store}-{file}.md"
            yield f'resource "openai_file" "{name}" {{\n  file = "{path}"\n  purpose = "assistants"\n}}\n'
        ids = ", ".join(f"openai_file.{name}.id" for name in names)
        yield f'resource "openai_vector_store" "s{store}" {{\n  name = "s{store}"\n  file_ids = [{ids}]\n}}\n'
