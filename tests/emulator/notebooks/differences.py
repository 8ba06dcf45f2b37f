"""Compares what a cell shows with what the transcript shows, and lists the differences that have a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.emulator.notebooks.reprs import CUT

#: Fields whose values differ each time. Their types are compared.
OF_THE_MOMENT = ("id", "created_at", "last_active_at", "usage_bytes", "start_index", "end_index", "_request_id")
#: Fields with prose or code of the model.
PROSE = ("value", "text", "input", "logs", "arguments")
TOKENS = ("completion_tokens", "prompt_tokens", "total_tokens", "cached_tokens", "reasoning_tokens")
#: Fields that the SDK puts into the dictionary of an object by itself.
OF_THE_SDK = ("__exclude_fields__",)

#: Fields that transcripts lack because they are older than the fields.
LATER = {
    "reasoning_effort": "the API has it since 2025-01",
    "parallel_tool_calls": "the API has it since 2024-06",
    "prompt_token_details": "the API has it since 2024-12",
    "completion_tokens_details": "the API has it since 2024-12",
    "response_format": "the API has it since v2, 2024-04",
    "temperature": "the API has it since v2, 2024-04",
    "top_p": "the API has it since v2, 2024-04",
    "tool_resources": "the API has it since v2, 2024-04",
    "attachments": "the API has it since v2, 2024-04",
    "tool_choice": "the API has it since v2, 2024-04",
    "truncation_strategy": "the API has it since v2, 2024-04",
    "max_completion_tokens": "the API has it since v2, 2024-04",
    "max_prompt_tokens": "the API has it since v2, 2024-04",
    "incomplete_details": "the API has it since 2024-04",
    "usage": "the API has it since 2024-02",
    "status": "the API has it since 2024-02 (messages)",
    "completed_at": "the API has it since 2024-02 (messages)",
    "incomplete_at": "the API has it since 2024-02 (messages)",
    "description": "it came later (vector stores)",
}
#: Fields of transcripts that the API and the SDK no longer have.
GONE = {"file_ids": "Assistants API v1, 2023: v2 has tool_resources and attachments instead"}

STATUS = {
    r".*\.status: None became 'completed'": "the real API left this out for messages; the specification requires it"
}
#: For each notebook, its other differences: patterns of `CELL:OBJECT.PATH: WHAT`, with their reasons.
REASONS: dict[str, dict[str, str]] = {
    "000": {
        **STATUS,
        r"9:0\.tool_resources: it is missing": "`vars` of an object of this SDK has only the fields of its type",
    },
    "001": {
        **STATUS,
        r"9:0\.data\[1\]\..*": "the author listed the messages while the run was under way; here it has ended",
        r"62:1: .*": "the output is that of an earlier version of the cell, which ended with `add_thread_message`",
    },
    "003": STATUS,
    "004": {},
}


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The places where `actual` has another form or value than `expected`, each with what is different."""
    name = path.rpartition(".")[2].partition("[")[0]
    if expected is CUT:
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        yield from _compare_fields(expected, actual, path)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _compare_items(expected, actual, path)
    elif _form(name, expected) != _form(name, actual):
        yield path, f"{expected!r} became {actual!r}"


def _compare_fields(expected: dict[Any, Any], actual: dict[Any, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, value in expected.items():
        if name is CUT or name in OF_THE_SDK or (name in GONE and name not in actual):
            continue
        if name not in actual:
            yield f"{path}.{name}", "it is missing"
        else:
            yield from differences(value, actual[name], f"{path}.{name}")
    for name in actual.keys() - expected.keys() if CUT not in expected else ():
        if name not in LATER and name not in OF_THE_SDK:
            yield f"{path}.{name}", "it is not in the transcript"


def _compare_items(expected: list[Any], actual: list[Any], path: str) -> Iterator[tuple[str, str]]:
    is_cut = CUT in expected
    whole = [item for item in expected if item is not CUT]
    if len(actual) < len(whole) or (len(actual) > len(whole) and not is_cut):
        yield f"{path}[]", f"{len(whole)} items became {len(actual)}"
    for index, pair in enumerate(zip(whole, actual, strict=False)):
        yield from differences(*pair, f"{path}[{index}]")


def _form(name: str, value: Any) -> Any:
    """What is compared of a value: its type if it differs each time, otherwise the value itself."""
    if value is None or isinstance(value, (dict, list)):
        return type(value)
    each_time = name in (*OF_THE_MOMENT, *PROSE, *TOKENS) or name.endswith(("_id", "_ids", "_at"))
    return type(value) if each_time else value
