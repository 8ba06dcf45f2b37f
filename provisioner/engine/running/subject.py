"""Finds the assistant of a dialogue. Its fields are either those of the last apply, or those in the manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, FILE_KIND
from provisioner.core.errors import UsageError
from provisioner.core.localfunction import LocalFunction
from provisioner.core.objecttype import DEFINITION, ENVIRONMENT_TEMPLATE, VECTOR_STORE
from provisioner.core.resource import Resource
from provisioner.core.runtime_values import RUNTIME, MissingValues, OwnValues, fill, find_runtime_values
from provisioner.core.target_names import TARGET_OF
from provisioner.core.text.redaction import register
from provisioner.manifest.validation.nearest import nearest
from provisioner.planning.diff.values import resolve, unknowns
from provisioner.state.records import Record, State

#: The most names of assistants that a message lists.
NAMED = 10


class Subject(Struct, frozen=True):
    """An assistant with which a dialogue can be run.

    `fields` are its fields in the format of its target (the API for which it is made). `id` is the id of the object at
    OpenAI, or empty on the target `responses`. `template` is the id of the environment template of an agent.
    `functions` maps the name of each function to its local implementation, or to None. `filenames` maps the ids of all
    recorded files, which the assistant may cite, to their names. `stores` maps the ids of its vector stores to
    addresses, or to None if the state does not record the vector store.
    """

    name: str
    target: str
    fields: Mapping[str, Any]
    id: str = ""
    template: str | None = None
    release: int | None = None
    functions: Mapping[str, LocalFunction | None] = field(default_factory=dict)
    filenames: Mapping[str, str] = field(default_factory=dict)
    stores: Mapping[str, Address | None] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The name of the assistant's model, or an empty string if it has none."""
        return str(self.fields.get("model") or "")

    @property
    def tools(self) -> frozenset[str]:
        """The types of the tools that the assistant has."""
        return frozenset(str(tool.get("type")) for tool in self.fields.get("tools") or () if isinstance(tool, Mapping))


Functions = Mapping[Address, Mapping[str, LocalFunction]]


def find_applied(name: str, state: State | None, resources: Sequence[Resource], functions: Functions) -> Subject:
    """Returns the assistant `name` as it was last applied. `functions` are the local functions. Raises UsageError if
    the state does not contain the assistant.
    """
    address = Address(ASSISTANT_KIND.name, name.removeprefix(f"{ASSISTANT_KIND.name}."))
    record = state.records.get(address) if state else None
    if state is None or record is None or record.type not in TARGET_OF:
        raise _not_applied(address, state, resources)
    template = state.records.get(Address(ENVIRONMENT_TEMPLATE.kind.name, address.name))
    return Subject(
        name=address.name,
        target=TARGET_OF[record.type],
        fields=record.inputs,
        id="" if record.type == DEFINITION.name else record.id,
        template=template.id if template else None,
        release=record.release,
        functions=_functions(record.inputs, functions.get(address, {})),
        filenames=_filenames(state),
        stores=_stores(record.inputs, state),
    )


def find_unapplied(name: str, state: State | None, resources: Sequence[Resource], functions: Functions) -> Subject:
    """Returns the assistant `name` as the manifests describe it. The assistant uses vector stores and files that
    already exist. Raises UsageError if no manifest declares the assistant, if a resource that it uses does not exist
    yet, or if its target is not `responses`.
    """
    address = Address(ASSISTANT_KIND.name, name.removeprefix(f"{ASSISTANT_KIND.name}."))
    resource = next((each for each in resources if each.address == address), None)
    if resource is None:
        declared = [each.address.name for each in resources if each.address.kind == ASSISTANT_KIND.name]
        raise UsageError(
            f"the manifests declare no assistant called {address.name}", hint=_known(address.name, declared)
        )
    if resource.type != DEFINITION.name:
        target = TARGET_OF[resource.type]
        raise UsageError(
            f"{address} is for the target {target}, where an assistant exists only after it was applied",
            hint="leave out --unapplied, or set `target: responses`",
        )
    records = state.records if state else {}
    fields = resolve(resource.inputs, {each: record.id for each, record in records.items()})
    if missing := sorted(map(str, unknowns(fields))):
        raise UsageError(
            f"{address} needs what does not exist yet: {', '.join(missing)}",
            hint=f"create it first, such as with `provision apply --only '{missing[0]}'`",
        )
    return Subject(
        name=address.name,
        target=TARGET_OF[resource.type],
        fields=fields,
        functions=_functions(fields, functions.get(address, {})),
        filenames=_filenames(state),
        stores=_stores(fields, state),
    )


def fill_runtime(fields: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Returns a copy of the assistant's fields `fields`, in which values from `secrets` replace each `{runtime: NAME}`.
    `secrets` maps each NAME to its value. The values are registered as secrets, so that no output shows them. JSON
    Schemas are not changed. Raises UsageError if values are missing, or if a NAME is not allowed in a definition, such
    as OPENAI_API_KEY. The message contains these names.
    """
    try:
        filled = fill(fields, secrets)
    except OwnValues as own:
        raise UsageError(
            f"the assistant asks for {', '.join(own.names)}, which no definition gets, because its tools would send "
            "the value to other servers",
            hint="give the tool a secret of its own, under a name that does not begin with OPENAI_ or PROVISION_",
        ) from None
    except MissingValues as missing:
        names = ", ".join(sorted(missing.names))
        raise UsageError(
            f"the assistant needs values from the environment: {names}", hint="set these variables"
        ) from None
    for _, name in find_runtime_values({**fields}):
        register(secrets[name])
    return filled


def runtime_names(value: Any) -> set[str]:
    """Returns every NAME that occurs in `value` in the form `{runtime: NAME}`."""
    if isinstance(value, Mapping):
        if set(value) == {RUNTIME} and isinstance(value[RUNTIME], str):
            return {value[RUNTIME]}
        return set().union(*(runtime_names(item) for item in value.values()))
    return set().union(*(runtime_names(item) for item in value)) if isinstance(value, list | tuple) else set()


def _not_applied(address: Address, state: State | None, resources: Sequence[Resource]) -> UsageError:
    if any(each.address == address for each in resources):
        return UsageError(
            f"{address} is declared, but not applied",
            hint="run `provision apply`; on the target responses, --unapplied uses the manifests as they are",
        )
    known = [each.name for each in (state.records if state else {}) if each.kind == ASSISTANT_KIND.name]
    declared = [each.address.name for each in resources if each.address.kind == ASSISTANT_KIND.name]
    return UsageError(f"there is no assistant called {address.name}", hint=_known(address.name, [*known, *declared]))


def _known(name: str, names: Sequence[str]) -> str:
    shown = sorted(set(names))
    if (close := nearest(name, shown)) is not None:
        return f"did you mean `{close}`?"
    if not shown:
        return "declare one under `assistants:`"
    more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
    return f"there are: {', '.join(shown[:NAMED])}{more}"


def _functions(fields: Mapping[str, Any], local: Mapping[str, LocalFunction]) -> dict[str, LocalFunction | None]:
    """Returns a mapping from the name of each function in an assistant's tools to its local implementation, or to None
    if it has none. `fields` are the assistant's fields, in the format of any of the APIs. `local` maps names to local
    functions.
    """
    found: dict[str, LocalFunction | None] = {}
    for tool in fields.get("tools") or ():
        if not isinstance(tool, Mapping):
            continue
        for each in (tool, *(tool.get("tools") or ())):
            inner = each.get("function") if isinstance(each.get("function"), Mapping) else each
            if each.get("type") in ("function", "custom") and isinstance(inner.get("name"), str):
                found[inner["name"]] = local.get(inner["name"])
    return found


def _filenames(state: State | None) -> dict[str, str]:
    records = state.records if state else {}
    return {
        record.id: str(record.inputs.get("filename") or address.name.rpartition("/")[2])
        for address, record in records.items()
        if address.kind == FILE_KIND.name
    }


def _stores(fields: Mapping[str, Any], state: State | None) -> dict[str, Address | None]:
    """Returns the vector stores that `fields` name. The result maps the id of each store to its address, or to None if
    the state does not record the store.
    """
    known = {record.id: address for address, record in _records(state).items() if record.type == VECTOR_STORE.name}
    ids: list[str] = []
    for tool in fields.get("tools") or ():
        if isinstance(tool, Mapping):
            ids += [each for each in tool.get("vector_store_ids") or () if isinstance(each, str)]
    resources = fields.get("tool_resources")
    search = resources.get("file_search") if isinstance(resources, Mapping) else None
    if isinstance(search, Mapping):
        ids += [each for each in search.get("vector_store_ids") or () if isinstance(each, str)]
    return {id: known.get(id) for id in ids}


def _records(state: State | None) -> Mapping[Address, Record]:
    return state.records if state else {}
