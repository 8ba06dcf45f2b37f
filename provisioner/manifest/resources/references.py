"""Replaces the tokens in the inputs of resources by typed references, and checks that each reference leads to a
resource. A token is a string that stands for a reference while manifests are checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND, TOOL_KIND
from provisioner.core.objecttype import DEFINITION
from provisioner.core.resource import Ref, Resource, Template, refs
from provisioner.manifest.declarations import Declarations
from provisioner.manifest.expressions.references import RELEASE, References, Use
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.nearest import advise, enumerate_names

#: The most keys of a group, or addresses of a cycle, that a message shows.
SHOWN = 10


def with_references(
    resources: Sequence[Resource], references: References, declared: Declarations, report: Report
) -> list[Resource]:
    """Returns the resources with references in their inputs. Each text that consists of one token (a string that stands
    for a reference) becomes a `Ref`, a reference. Each other text with tokens becomes a `Template`, a text with
    references.

    Reports references to undeclared resources, references in fields whose value is needed before the apply, and cycles
    of references.
    """
    if not references.by_token:
        return list(resources)
    typed = [replace(each, inputs=_typed_inputs(each.inputs, references)) for each in resources]
    by_address = {each.address: each for each in typed}
    known = [use for use in references.uses if _is_known(use, by_address, declared, report)]
    arrived = {address: set(refs(resource.inputs)) for address, resource in by_address.items()}
    failed = {each.address for each in report.diagnostics if each.severity == "error" and each.address}
    for use in known:
        # The fields beside a wrong value are left out of the inputs, so the reference may be right.
        if str(use.owner) not in failed or report.has_error(use.place):
            _check_arrived(use, arrived, report)
    _report_cycle(typed, known, report)
    return typed


def _typed_inputs(inputs: Mapping[str, Any], references: References) -> dict[str, Any]:
    """Returns the inputs of a resource with each token (a string that stands for a reference) replaced by a typed
    reference. The field `instructions` is not changed, because it contains no references.
    """
    return {name: value if name == "instructions" else _typed(value, references) for name, value in inputs.items()}


def _typed(value: Any, references: References) -> Any:
    if isinstance(value, str):
        parts = references.split(value)
        if not any(isinstance(part, Ref) for part in parts):
            return value
        return parts[0] if len(parts) == 1 else Template(tuple(parts))
    if isinstance(value, Mapping):
        return {_key(key, references): _typed(item, references) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_typed(item, references) for item in value]
    return value


def _key(key: Any, references: References) -> Any:
    """Returns a key of a mapping in the inputs of a resource. If the key is a token (a string that stands for a
    reference), returns the address of the referenced resource instead. The files of a vector store can have such keys.
    """
    ref = references.by_token.get(key) if isinstance(key, str) else None
    return key if ref is None else str(ref.address)


def _is_known(use: Use, by_address: Mapping[Address, Resource], declared: Declarations, report: Report) -> bool:
    """Returns whether the reference `use` leads to an existing resource that has the requested id or release (a content
    that was applied to an assistant). If not, the reference is reported. `by_address` maps addresses to resources, and
    `declared` are the declarations.
    """
    address = use.ref.address
    resource = by_address.get(address)
    if resource is None:
        report.error(use.place, _explain_missing(use, by_address, declared), use.owner)
        return False
    if use.ref.attribute == RELEASE and resource.type != DEFINITION.name:
        message = f"{address} has no release, since only definitions (`target: responses`) have; write `.id`"
        report.error(use.place, message, use.owner)
        return False
    return True


def _explain_missing(use: Use, by_address: Mapping[Address, Resource], declared: Declarations) -> str:
    address = use.ref.address
    group = declared.groups.get(address.kind, {}).get(address.name)
    if group is not None:
        keys = [str(Address(address.kind, name)) for name in group[:SHOWN]]
        return f"{address} has a `for_each`, so a key chooses one of its instances: {enumerate_names(keys)}"
    names = {str(each): each for each in by_address if each.kind == address.kind}
    advice = advise(str(address), names, f"declare it under `{_section(address)}:`")
    return f"no manifest declares `{address}`; {advice}"


def _section(address: Address) -> str:
    return f"{address.kind}s"


def _check_arrived(use: Use, arrived: Mapping[Address, set[Ref]], report: Report) -> None:
    """Reports the reference `use` if it is not in the inputs of its resource. Such a reference is in a field whose
    value must be known before the apply. References in declared tools are not checked here. `arrived` maps the address
    of each resource to the references in its inputs.
    """
    if use.owner is not None and use.owner.kind == TOOL_KIND.name:
        return  # The reference is in a tool, which is checked where it is used.
    owners = [use.owner] if use.owner is not None else []
    if use.owner is not None and use.owner.kind == ASSISTANT_KIND.name:
        owners.append(Address(ENVIRONMENT_KIND.name, use.owner.name))
    is_reported = use.owner is None and report.has_error(use.place)
    is_missing = not any(use.ref in arrived.get(owner, ()) for owner in owners)
    if is_missing and not is_reported:
        message = (
            f"`{use.source[:80]}` is known only after the apply, and this field is needed before; "
            "write the value itself, or a variable"
        )
        report.error(use.place, message, use.owner)


def _report_cycle(resources: Sequence[Resource], uses: Iterable[Use], report: Report) -> None:
    """Reports a cycle of references between resources, if there is one. `uses` are the references in the manifests. The
    error is at the place of a reference in the cycle.
    """
    sorter: TopologicalSorter[Address] = TopologicalSorter({each.address: each.needs for each in resources})
    try:
        sorter.prepare()
    except CycleError as error:
        chain: list[Address] = list(reversed(error.args[1]))
        steps = set(pairwise(chain))
        use = next((each for each in uses if each.owner and _is_step(each, steps)), None)
        shown = " → ".join(map(str, chain[: SHOWN + 1])) + (" → …" if len(chain) > SHOWN + 1 else "")
        message = f"these references lead in a circle, so none can be made first: {shown}; remove one of them"
        place = use.place if use else next(each.place for each in resources if each.address == chain[0])
        if place is not None:
            report.error(place, message, use.owner if use else chain[0])


def _is_step(use: Use, steps: set[tuple[Address, Address]]) -> bool:
    return use.owner is not None and any(step in steps for step in _steps(use))


def _steps(use: Use) -> Iterator[tuple[Address, Address]]:
    if use.owner is not None:
        yield use.owner, use.ref.address
        yield Address(ENVIRONMENT_KIND.name, use.owner.name), use.ref.address
