"""Defines the pydantic models for search options: filters by attributes, rankers, domains, and the user's location.

Source: `types/shared_params/comparison_filter.py`, `compound_filter.py`, `types/responses/file_search_tool_param.py`
and `web_search_tool_param.py` in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field

from provisioner.core.kinds.model import Filled, Model, by_tag, longest, refuse, tag
from provisioner.core.kinds.network import Domain

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
Junction = Literal["and", "or"]
OF_LISTS = ("in", "nin")


def _scalar(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, bool):
        return "<boolean>"
    return "<number>" if isinstance(value, int | float) else "<list>" if isinstance(value, list) else None


def _plain(value: Any) -> str | None:
    return None if isinstance(value, bool | list) else _scalar(value)


Listed = Annotated[
    Annotated[str, tag("text")] | Annotated[float, tag("number")],
    by_tag(_plain, "a text or a number"),
]
Value = Annotated[
    Annotated[str, tag("text")]
    | Annotated[bool, tag("boolean")]
    | Annotated[float, tag("number")]
    | Annotated[list[Listed], tag("list")],
    by_tag(_scalar, "a text, a number, true, false or a list"),
]


class Comparison(Model):
    """A filter that compares an attribute of a file with a value."""

    type: Operator = Field(description="How it is compared; `in` and `nin` take a list.")
    key: Annotated[Filled, AfterValidator(longest(64))] = Field(description="The attribute.")
    value: Value = Field(description="A text, a number, true or false; a list for `in` and `nin`.")


def _check_value(value: Comparison) -> Comparison:
    is_list = isinstance(value.value, list)
    if is_list and value.type not in OF_LISTS:
        raise refuse(f"`{value.type}` compares with one value; write `type: in` for a list", "value")
    if not is_list and value.type in OF_LISTS:
        raise refuse(f"`{value.type}` takes a list; write `value: […]`, or `type: eq` for one value", "value")
    return value


class Compound(Model):
    """A filter that joins several filters: all of them, or at least one of them, must match."""

    type: Junction = Field(description="All of them, or one.")
    filters: list[Filter] = Field(description="The filters that are joined.", min_length=1)


def _filter(value: Any) -> str | None:
    written = value.get("type") if isinstance(value, Mapping) else None
    if not isinstance(written, str):
        return None
    return "<compound>" if written in get_args(Junction) else "<comparison>" if "key" in value else None


Filter = Annotated[
    Annotated[Comparison, AfterValidator(_check_value), tag("comparison")] | Annotated[Compound, tag("compound")],
    by_tag(
        _filter,
        "a filter, `{type: eq, key: …, value: …}` or `{type: and, filters: […]}`,",
    ),
]
Compound.model_rebuild()

Weight = Annotated[float, Field(ge=0)]


class HybridSearch(Model):
    """The two weights in a hybrid search: one for the meaning of a passage, and one for its words."""

    embedding_weight: Weight = Field(description="The weight of the meaning.")
    text_weight: Weight = Field(description="The weight of the words.")


class Ranking(Model):
    """The settings for the ranking of passages."""

    ranker: Literal["auto", "default-2024-11-15", "default_2024_08_21"] | None = Field(
        None, description="The ranker; `default_2024_08_21` is the one of `assistants`."
    )
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="From 0 to 1: passages with a lower score are left out."
    )
    hybrid_search: HybridSearch | None = Field(None, description="How much meaning and words count.")


class WebFilters(Model):
    """The filter of a web search: the domains that are searched."""

    allowed_domains: Annotated[list[Domain], Field(max_length=100)] | None = Field(
        None, description="Only these domains and their subdomains."
    )
    blocked_domains: Annotated[list[Domain], Field(max_length=100)] | None = Field(
        None, description="Not these domains. In OpenAI's guide, not in its SDK."
    )


def _check_country(value: str) -> str:
    if len(value) != 2 or not (value.isascii() and value.isalpha()):
        raise refuse(f"`{value[:40]}` is no country code; write the two characters of ISO 3166, as in `KR`")
    return value


class Location(Model):
    """The user's approximate location."""

    type: Literal["approximate"] | None = Field(None, description="Always `approximate`.")
    city: Filled | None = Field(None, description="The city.")
    country: Annotated[str, AfterValidator(_check_country)] | None = Field(
        None, description="The country's two characters, as in `KR`."
    )
    region: Filled | None = Field(None, description="The region or state.")
    timezone: Filled | None = Field(None, description="The time zone, as in `Asia/Seoul`.")


def require_type(value: Location) -> Location:
    """Returns `value` unchanged. Raises a validation error if `type` is missing, because the earlier version of web
    search requires this field.
    """
    if value.type is None:
        raise refuse("`type` is missing; write `type: approximate`")
    return value
