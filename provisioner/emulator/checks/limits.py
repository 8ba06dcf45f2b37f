"""Checks limits that the SDK's types do not contain: limits on lengths, on counts, and on the values of numbers.
Source: OpenAI's specification and guides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.emulator.messages.refusal import Refusal, invalid

MAX_PAIRS = 16
MAX_KEY = 64
MAX_VALUE = 512
DEFAULT_CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}


def check_length(param: str, value: str | None, maximum: int) -> None:
    """Raises Refusal if `value` is a string of more than `maximum` characters. `param` is the name of the field in
    error messages.
    """
    if value is not None and len(value) > maximum:
        raise invalid(
            param,
            f"string too long. Expected a string with maximum length {maximum}, "
            f"but got a string with length {len(value)} instead.",
            "string_above_max_length",
        )


def check_count(param: str, value: Sequence[Any] | None, maximum: int) -> None:
    """Raises Refusal if `value` is an array of more than `maximum` items. `param` is the name of the field in error
    messages.
    """
    if value is not None and len(value) > maximum:
        raise invalid(
            param,
            f"array too long. Expected an array with maximum length {maximum}, "
            f"but got an array with length {len(value)} instead.",
            "array_above_max_length",
        )


def check_range(param: str, value: float | None, low: float, high: float) -> None:
    """Raises Refusal if the number `value` is less than `low` or greater than `high`. `param` is the name of the field
    in error messages.
    """
    if value is None or low <= value <= high:
        return
    word = "integer" if isinstance(value, int) else "decimal"
    if value > high:
        raise invalid(
            param,
            f"{word} above maximum value. Expected a value <= {high}, but got {value} instead.",
            f"{word}_above_max_value",
        )
    raise invalid(
        param,
        f"{word} below minimum value. Expected a value >= {low}, but got {value} instead.",
        f"{word}_below_min_value",
    )


def check_metadata(metadata: Mapping[str, str] | None, param: str = "metadata") -> dict[str, str]:
    """Returns metadata in the form in which the emulator stores it. None becomes an empty object. `param` is the name
    of the field in error messages.

    Raises Refusal if there are more than 16 pairs, a key with more than 64 characters, or a value with more than 512
    characters.
    """
    _check_pairs(param, metadata or {})
    return dict(metadata or {})


def check_attributes(attributes: Mapping[str, Any] | None, param: str = "attributes") -> dict[str, Any]:
    """Returns attributes of a file in the form in which the emulator stores them. Integers become floats, and None
    becomes an empty object. `param` is the name of the field in error messages.

    Raises Refusal if the attributes exceed the limits of metadata.
    """
    _check_pairs(param, attributes or {})
    return {
        key: float(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for key, value in (attributes or {}).items()
    }


def _check_pairs(param: str, pairs: Mapping[str, Any]) -> None:
    if len(pairs) > MAX_PAIRS:
        raise invalid(
            param,
            f"too many properties. Expected an object with at most {MAX_PAIRS} properties, "
            f"but got an object with {len(pairs)} properties instead.",
            "object_above_max_properties",
        )
    for key, value in pairs.items():
        if len(key) > MAX_KEY:
            raise invalid(
                param,
                f"property name too long. Expected a property name with maximum length {MAX_KEY}, "
                f"but got a property name with length {len(key)} instead.",
                "property_name_above_max_length",
            )
        if isinstance(value, str):
            check_length(f"{param}.{key}", value, MAX_VALUE)


def check_chunking(strategy: Mapping[str, Any] | None, param: str = "chunking_strategy") -> dict[str, Any]:
    """Returns the chunking strategy in the form that the API returns. If `strategy` is None or has the type `auto`, the
    result is the default strategy: chunks of 800 tokens, with 400 tokens in common with the next chunk. `param` is the
    name of the field in error messages.

    Raises Refusal if a number in the strategy is too small or too large.
    """
    if strategy is None or strategy["type"] == "auto":
        return DEFAULT_CHUNKING
    static = strategy["static"]
    size, overlap = static["max_chunk_size_tokens"], static["chunk_overlap_tokens"]
    check_range(f"{param}.static.max_chunk_size_tokens", size, 100, 4096)
    check_range(f"{param}.static.chunk_overlap_tokens", overlap, 0, 4096)
    if overlap * 2 > size:
        raise invalid(
            f"{param}.static.chunk_overlap_tokens", "must be less than or equal to half of max_chunk_size_tokens."
        )
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


def read_integer(param: str, text: str) -> int:
    """Returns the integer in `text`, which is a value of a query string or a form. `param` is the name of the field in
    error messages. Raises Refusal if the text is not an integer.
    """
    try:
        return int(text)
    except ValueError:
        raise Refusal(
            400,
            f"Invalid type for '{param}': expected an integer, but got a string instead.",
            code="invalid_type",
            param=param,
        ) from None
