"""The operations that are measured, one after the other, on one project and one server."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from benchmarks.commands import provision
from benchmarks.scale import terraform
from benchmarks.scale.bounds import Calls, count_calls, lower_bound
from benchmarks.scale.jobs import OPERATIONS, longest_chain
from benchmarks.scale.least_work import measure_least_work
from benchmarks.scale.processes import Cost, measure
from benchmarks.scale.profile import Profile, combine
from benchmarks.scale.sizes import Size, change_files, change_prompt, write_project

if TYPE_CHECKING:
    from provisioner.emulator.options import LongTail, Options

#: The end of a line of the emulator's log about a call that exceeds a rate limit.
REFUSED = " 429"
SCRIPTS = Path(__file__).parent / "scripts"
#: The number of parallel calls that provision makes by default, and that the script with threads makes.
PARALLELISM = 16
#: The calls of a script that must follow one another: an upload, the batch that attaches it, and the question whether
#: the batch is indexed.
SCRIPT_CHAIN = 3
LOAD = "import provisioner; provisioner.load('a0')"
SAMPLER = "benchmarks.scale.sampler"
#: The CPU time in seconds from which on a profile is precise enough.
PROFILED = 3.0
#: The plans of which there is a profile. Since they accept any account, they read it after the manifests.
PLANS = {
    "full": ("plan", "--accept-account"),
    "quick": ("plan", "--accept-account", "--refresh", "quick"),
}
#: The sizes and the network for which the CPU time is broken down.
BROKEN_DOWN = (("M", "even"), ("L", "even"))


@dataclass(frozen=True, slots=True)
class Network:
    """How the server answers. `latency` is the median time of one call in seconds. `tail` is the time of the slowest of
    a hundred calls, if it differs. `rates` is the factor by which OpenAI's limits are faster (None: no limits).
    """

    name: str
    latency: float
    tail: float | None = None
    rates: float | None = None

    def options(self, data: Path, log: Path) -> Options:
        """Returns the options of an emulator that answers in this way."""
        from provisioner.emulator.options import Options

        return Options(data=data, log=log, latency_ms=self.delay, rate_limits=self.rates)

    @property
    def delay(self) -> int | LongTail:
        """How long the emulator waits before it answers a call: milliseconds, or their distribution."""
        from provisioner.emulator.options import LongTail

        median = round(self.latency * 1000)
        return median if self.tail is None else LongTail(median, round(self.tail * 1000))

    @property
    def mean(self) -> float:
        """The mean time of one call in seconds. The times with a tail have a log-normal distribution."""
        from provisioner.emulator.serving.delays import DEVIATIONS

        if self.tail is None:
            return self.latency
        return self.latency * math.exp((math.log(self.tail / self.latency) / DEVIATIONS) ** 2 / 2)

    def bound(self, calls: Calls, chain: int) -> float:
        """Returns the seconds that `calls` take at least, of which `chain` must follow one another. If the times of
        the calls are random, few calls can be faster by chance.
        """
        return lower_bound(calls, chain, latency=self.mean, parallelism=PARALLELISM, rates=self.rates)


NETWORKS = {
    each.name: each
    for each in (
        Network("even", 0.05),
        Network("tail", 0.05, tail=0.8),
        Network("limits", 0.05, rates=20.0),
    )
}


@dataclass(frozen=True, slots=True)
class Result:
    """One measured operation. `bound` is the lower bound of its wall time in seconds, if it makes calls. `unit` is the
    CPU time of `import openai` around the operation, in seconds.
    """

    size: str
    network: str
    operation: str
    cost: Cost
    calls: Calls
    bound: float | None
    unit: float

    @property
    def units(self) -> float:
        """The CPU time of the operation, in units."""
        return self.cost.cpu / self.unit


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Where the CPU time of plans without changes goes at one size. `profiles` are the profiles of a full and of a
    quick plan. `least` is the CPU time in seconds of each step that every program must do. `unit` is the CPU time of
    `import openai`, in seconds.
    """

    size: str
    profiles: Mapping[str, Profile]
    least: Mapping[str, float]
    unit: float


@dataclass(slots=True)
class Site:
    """A project and the server on which it is measured."""

    size: Size
    network: Network
    root: Path
    log: Path
    base_url: str = ""
    _seen: int = 0
    _import: float | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of each command."""
        return {"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": "sk-measured"}

    def provision(self, operation: str, *arguments: str) -> Result:
        """Runs `provision` in the project, and returns what it took."""
        phases = OPERATIONS.get(operation)
        chain = longest_chain(phases(self.size)) if phases else 0
        return self._run(operation, [*provision(), *arguments], chain)

    def python(self, operation: str, *arguments: str, chain: int = 0) -> Result:
        """Runs a Python program in the project, and returns what it took. `chain` is the number of calls that must
        follow one another.
        """
        return self._run(operation, [sys.executable, *arguments], chain)

    def terraform(self, operation: str, folder: Path, variables: Mapping[str, str], *arguments: str) -> Result:
        """Runs Terraform in `folder` with additional environment variables, and returns what it took."""
        command = [str(terraform.find_terraform()), *arguments, f"-parallelism={PARALLELISM}"]
        return self._run(operation, command, 0, cwd=folder, variables={**variables, "OPENAI_API_URL": self.base_url})

    def break_down(self) -> Breakdown:
        """Returns where the CPU time of plans goes. The profiles are those of plans that read the account after the
        manifests, so that the main thread does only one thing at a time.
        """
        profiles = {name: self._profile(*arguments) for name, arguments in PLANS.items()}
        unit = self._measure_import()
        return Breakdown(self.size.name, profiles, measure_least_work(self.root, self.base_url), unit)

    def _profile(self, *arguments: str) -> Profile:
        """Returns the profile of a command. A short command is repeated."""
        target, found = self.log.with_name("profile.json"), Profile({}, {})
        command = [sys.executable, "-m", SAMPLER, str(target), *arguments]
        while found.total < PROFILED:
            measure(command, self.root, self.variables)
            found = combine((found, Profile(**json.loads(target.read_text(encoding="utf-8")))))
        return found

    def _run(
        self,
        operation: str,
        command: list[str],
        chain: int,
        *,
        cwd: Path | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> Result:
        self._new_lines()
        before = self._import or self._measure_import()
        cost = measure(command, cwd or self.root, {**self.variables, **variables})
        lines = self._new_lines()
        calls = count_calls(lines)
        # A refused call is not necessary.
        accepted = count_calls(line for line in lines if not line.endswith(REFUSED))
        bound = self.network.bound(accepted, chain) if calls.total else None
        unit = (before + self._measure_import()) / 2
        return Result(self.size.name, self.network.name, operation, cost, calls, bound, unit)

    def _measure_import(self) -> float:
        """Measures the CPU time of `import openai`, and returns it in seconds. The speed of a machine changes within
        minutes, so it is measured before and after each operation.
        """
        self._import = measure([sys.executable, "-c", "import openai"], self.root, {}).cpu
        return self._import

    def _new_lines(self) -> list[str]:
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        new, self._seen = lines[self._seen :], len(lines)
        return new


#: The time in seconds after which the digests of new files are kept. The files of a real project are older than this,
#: so that only the first command reads them.
AT_REST = 3.0


@contextmanager
def open_site(folder: Path, size: Size, network: Network) -> Iterator[Site]:
    """Returns a context manager for a new project of this size, and a server with an empty account."""
    from provisioner.emulator.process import start

    shutil.rmtree(folder, ignore_errors=True)
    site = Site(size, network, folder / "project", folder / "requests.log")
    write_project(site.root, size)
    time.sleep(AT_REST)
    with start(network.options(folder / "account.db", site.log)) as process:
        site.base_url = process.base_url
        yield site


def measure_operations(folder: Path, size: Size, network: Network) -> Iterator[Result | Breakdown]:
    """Yields the cost of each operation of provision on a project of this size. For the sizes BROKEN_DOWN, also yields
    where the CPU time of a plan goes.
    """
    with open_site(folder / "provision", size, network) as site:
        yield site.provision("validate", "validate")
        yield site.provision("first apply", "apply", "--yes")
        yield site.provision("no-op plan", "plan", "--detailed-exitcode")
        yield site.provision("no-op plan, quick", "plan", "--refresh", "quick")
        yield site.provision("no-op plan, no refresh", "plan", "--refresh", "none")
        yield site.provision("validate again", "validate")
        yield site.provision("output", "output")
        yield site.provision("state list", "state", "list")
        yield site.python("load", "-c", LOAD)
        if (size.name, network.name) in BROKEN_DOWN:
            yield site.break_down()
        change_prompt(site.root)
        yield site.provision("one prompt changed: plan", "plan")
        yield site.provision("one prompt changed: apply", "apply", "--yes")
        change_files(site.root, size)
        yield site.provision("a file in each store changed: apply", "apply", "--yes")
        yield site.provision("destroy", "destroy", "--yes", "--allow-mass-delete")


def measure_scripts(folder: Path, size: Size, network: Network, *, sequential: bool = True) -> Iterator[Result]:
    """Yields the cost of the two scripts, which upload the same files to the same kind of server."""
    scripts = {"script with 16 threads": "threads.py", **({"sequential script": "sequential.py"} if sequential else {})}
    for name, script in scripts.items():
        with open_site(folder / "script", size, network) as site:
            yield site.python(name, str(SCRIPTS / script), str(site.root), chain=SCRIPT_CHAIN)


def measure_terraform(folder: Path, size: Size, network: Network, provider: Path) -> Iterator[Result]:
    """Yields the cost of a first apply and of a plan without changes by Terraform. `provider` is the folder of the
    provider's program.
    """
    with open_site(folder / "terraform", size, network) as site:
        work = folder / "terraform" / "work"
        variables = terraform.write_configuration(work, site.root, size, provider)
        yield site.terraform("Terraform: first apply", work, variables, *terraform.APPLY)
        yield site.terraform("Terraform: no-op plan", work, variables, *terraform.PLAN)
