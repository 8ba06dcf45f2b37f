"""Times `load` for many tenants: written out by hand, and by `for_each`.

Run it with: .venv/bin/python -m benchmarks.fleet [TENANTS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from provisioner.manifest import load

ROUNDS = 5
TENANT = """\
  {name}:
    name: {shown}
    model: gpt-4.1
    temperature: {temperature}
    instructions: You help the tenant.
    metadata: {{tenant: "{key}", plan: "{plan}"}}
    tools:
      - {{type: file_search, vector_stores: ['{store}']}}
      - {{type: function, name: look_up, description: Looks up a name., parameters: {{type: object, properties: {{}}}}}}
"""
STORE = '  {name}:\n    name: {shown}\n    metadata: {{tenant: "{key}"}}\n    files: [docs/a.md]\n'


def by_hand(count: int) -> str:
    """Returns the manifest of a fleet in which every tenant is written out."""
    keys = [f"t{number}" for number in range(count)]
    stores = "".join(STORE.format(name=f"kb-{key}", shown=f"Store {key}", key=key) for key in keys)
    tutors = "".join(
        TENANT.format(
            name=f"tutor-{key}", shown=f"Tutor {key}", temperature=0.5, key=key, plan="basic", store=f"kb-{key}"
        )
        for key in keys
    )
    return f"vector_stores:\n{stores}assistants:\n{tutors}"


def by_for_each(count: int) -> str:
    """Returns the manifest of the same fleet with one definition for all tenants."""
    tenants = "".join(f"      t{number}: {{plan: basic, temperature: 0.5}}\n" for number in range(count))
    each = "    for_each: ${var.tenants}\n"
    store = STORE.format(name="kb", shown="Store ${each.key}", key="${each.key}").replace("kb:\n", f"kb:\n{each}")
    tutor = TENANT.format(
        name="tutor", shown="Tutor ${each.key}", temperature="${each.value.temperature}", key="${each.key}",
        plan="${each.value.plan}", store='kb["${each.key}"]',
    ).replace("tutor:\n", f"tutor:\n{each}")  # fmt: skip
    return f"variables:\n  tenants:\n    default:\n{tenants}vector_stores:\n{store}assistants:\n{tutor}"


def measure(text: str) -> tuple[float, int]:
    """Returns the shortest time of several rounds in seconds, and the number of resources."""
    with tempfile.TemporaryDirectory() as folder:
        manifests = Path(folder, "manifests")
        (manifests / "docs").mkdir(parents=True)
        (manifests / "docs" / "a.md").write_text("Text.\n", encoding="utf-8")
        (manifests / "provision.yaml").write_text("project: fleet\n", encoding="utf-8")
        (manifests / "fleet.yaml").write_text(text, encoding="utf-8")
        times, found = [], 0
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            found = len(load(manifests).resources)
            times.append(time.perf_counter() - begin)
    return min(times), found


def main() -> None:
    """Prints both times."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for title, text in (("by hand", by_hand(count)), ("for_each", by_for_each(count))):
        seconds, resources = measure(text)
        print(f"{count} tenants, {title}: {seconds:.2f} s for {resources} resources")


if __name__ == "__main__":
    main()
