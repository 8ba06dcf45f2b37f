"""The tools that read exported files, each in its own folder. They are installed when they are first needed.

The folder is `build/tools` in the checkout, or the one that PROVISION_TEST_TOOLS names, so that later runs find them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.backends.places import missing
from tests.conftest import CHECKOUT

FOLDER = Path(os.environ.get("PROVISION_TEST_TOOLS") or CHECKOUT / "build/tools")
#: The longest time of an installation, in seconds.
PATIENCE = 1200


def npm_packages(*packages: str) -> Path:
    """The folder `node_modules` with these packages. Skips, naming what is missing, if they cannot be installed."""
    npm = shutil.which("npm") or missing("npm")
    folder = FOLDER / "npm"
    names = {each: each.rpartition("@")[0] or each for each in packages}
    wanted = [each for each in packages if not (folder / "node_modules" / names[each] / "package.json").exists()]
    if wanted:
        folder.mkdir(parents=True, exist_ok=True)
        _install([str(npm), "install", "--prefix", str(folder), "--no-audit", "--no-fund", *wanted], f"npm: {wanted}")
    return folder / "node_modules"


def python_with(package: str, module: str) -> Path:
    """The interpreter of an environment with this package. Skips if it cannot be installed."""
    folder = FOLDER / package
    python = folder / "bin/python"
    if not list(folder.glob(f"lib/python*/site-packages/{module}/__init__.py")):
        venv.create(folder, with_pip=True)
        _install([str(python), "-m", "pip", "install", "--quiet", package], package)
    return python


def _install(command: list[str], what: str) -> None:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        missing(what)
    if ended.returncode:
        print(ended.stdout, ended.stderr, file=sys.stderr)  # noqa: T201
        missing(what)
