"""Defines the endpoints for the steps of a run: list and retrieve."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.threads.run_states import find_run
from provisioner.emulator.endpoints.threads.tables import STEPS
from provisioner.emulator.messages.refusal import unsupported_value
from provisioner.emulator.messages.request import ApiRequest, Reply

#: The value of `include` with which steps of file search contain the text of the passages that were found.
RESULTS = "step_details.tool_calls[*].file_search.results[*].content"


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /threads/{thread_id}/runs/{run_id}/steps`: returns a page of the run's steps."""
    run, include = find_run(call), read_include(call)
    return STEPS.under(run["id"]).list(call, lambda step: render(step, include))


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}`: returns the step."""
    run, include = find_run(call), read_include(call)
    return render(STEPS.under(run["id"]).find(call, call.ids["step_id"]), include)


def read_include(call: ApiRequest) -> tuple[str, ...]:
    """Returns the values of `include` in the query of the request. Raises Refusal if the API does not know one of these
    values.
    """
    given = call.query.get("include[]") or call.query.get("include")
    if given and given != RESULTS:
        raise unsupported_value("include[0]", given, (RESULTS,))
    return (given,) if given else ()


def render(step: Mapping[str, Any], include: Collection[str] = ()) -> dict[str, Any]:
    """Returns a step in the form that the API returns. The texts of found passages are included only if `include` asks
    for them.
    """
    shown = public(step)
    details = shown["step_details"]
    if details["type"] != "tool_calls" or RESULTS in include:
        return shown
    calls = [_without_text(each) if each["type"] == "file_search" else each for each in details["tool_calls"]]
    return {**shown, "step_details": {**details, "tool_calls": calls}}


def _without_text(found: Mapping[str, Any]) -> dict[str, Any]:
    search = found["file_search"]
    results = [{name: value for name, value in each.items() if name != "content"} for each in search.get("results", [])]
    return {**found, "file_search": {**search, "results": results}}
