"""Defines the base class of all models of manifests, discriminators for unions of several formats, and small shared
types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from provisioner.core.runtime_values import is_own


class Model(BaseModel):
    """A mapping in a manifest. Unknown fields are refused, and strings are not converted to numbers."""

    # A model is built when it is first used: most runs use only a few of the models, and each contains others.
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


def tag(name: str) -> Tag:
    """Returns the tag that identifies a member of a union: `name` in angle brackets. In the path of a validation error,
    the brackets distinguish the tag from a field.
    """
    return Tag(f"<{name}>")


def shape(value: Any) -> str | None:
    """Returns the type of a value as a tag: `<text>`, `<list>` or `<mapping>`. Returns None for any other type.

    Many fields can be written in a short notation or in a long notation, which differ in their type. The tag
    distinguishes the two notations.
    """
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, list):
        return "<list>"
    return "<mapping>" if isinstance(value, Mapping | BaseModel) else None


def by_shape(expected: str) -> Discriminator:
    """Returns a discriminator for pydantic, which chooses the member of a union by the tag that `shape` returns.

    `expected` is the error message for a value that matches no member. The message says which values are allowed.
    """
    return by_tag(shape, expected)


def by_tag(find: Callable[[Any], str | None], expected: str) -> Discriminator:
    """Returns a discriminator for pydantic, which chooses the member of a union by a tag. `find` returns the tag of a
    value, or None if the value has none.

    `expected` is the error message for a value that matches no member. The message says which values are allowed.
    """
    return Discriminator(find, custom_error_type="shape", custom_error_message=expected)


def type_tag(value: Any) -> str | None:
    """Returns the tag of a mapping: the value of its field `type` in angle brackets. The tag identifies the member of a
    union. Returns None if the value is not a mapping.
    """
    return f"<{value.get('type')}>" if isinstance(value, Mapping) else None


def refuse(message: str, *key: str | int) -> PydanticCustomError:
    """Returns a validation error with the text `message`. `key` is the path from the checked value to the wrong key
    inside it.
    """
    return PydanticCustomError("ours", "{message}", {"message": message, "key": key or None})


def one_of(value: Mapping[str, Any], *names: str) -> str:
    """Returns the only name in `names` whose field is set in `value`. Raises a validation error if no field or several
    fields are set.
    """
    given = [name for name in names if value.get(name) is not None]
    if len(given) != 1:
        if given:
            raise refuse(f"{' and '.join(f'`{name}`' for name in given)} are both set; keep one of them")
        raise refuse(f"neither {' nor '.join(f'`{name}`' for name in names)} is set; write one of them")
    return given[0]


def _check_key(value: str) -> str:
    if len(value) > 64:
        raise refuse(f"the key is {len(value)} characters long; at most 64 are kept, shorten it")
    return value


def _check_reserved(value: str) -> str:
    if value.startswith("provision_"):
        raise refuse(f"`{value}` is reserved: keys beginning with `provision_` are our marks; choose another")
    return value


def longest(limit: int) -> Callable[[str], str]:
    """Returns a validator that returns a text unchanged, or raises a validation error if the text has more than `limit`
    characters. The error message contains the length of the text.
    """

    def check(value: str) -> str:
        if len(value) > limit:
            raise refuse(f"this is {len(value):,} characters long; at most {limit:,} are kept, shorten it")
        return value

    return check


def identifier(what: str) -> Callable[[str], str]:
    """Returns a validator that returns a text unchanged, or raises a validation error if the API does not accept the
    text as a name. A name has 1 to 64 letters, digits, `_` and `-`.

    The error message is "… cannot be `what` name", so `what` is a phrase such as "a function's".
    """

    def check(value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
            raise refuse(f"`{value[:80]}` cannot be {what} name; use 1 to 64 letters, digits, `_` and `-`")
        return value

    return check


def _check_filled(value: str) -> str:
    if not value.strip():
        raise refuse("this is empty; write something, or leave the field out")
    return value


Filled = Annotated[str, AfterValidator(_check_filled)]
Metadata = Annotated[
    dict[
        Annotated[str, AfterValidator(_check_key), AfterValidator(_check_reserved)],
        Annotated[str, AfterValidator(longest(512))],
    ],
    Field(description="Up to 16 pairs of texts (64 and 512 characters), some of which are our marks."),
]


MergedMetadata = Annotated[
    dict[
        Annotated[str, AfterValidator(_check_key), AfterValidator(_check_reserved)],
        Annotated[str, AfterValidator(longest(512))] | None,
    ],
    Field(
        description="Up to 16 pairs of texts (64 and 512 characters), some of which are our marks; null removes an "
        "inherited key."
    ),
]


def _scalar(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, bool):
        return "<boolean>"
    return "<number>" if isinstance(value, int | float) else None


Scalar = Annotated[
    Annotated[str, tag("text")] | Annotated[bool, tag("boolean")] | Annotated[float, tag("number")],
    by_tag(_scalar, "a text, a number, true or false"),
]


def _check_length(value: Any) -> Any:
    return longest(512)(value) if isinstance(value, str) else value


Attributes = Annotated[
    dict[Annotated[str, AfterValidator(_check_key)], Annotated[Scalar, AfterValidator(_check_length)]],
    Field(description="Up to 16 texts, numbers or booleans that searches can filter by."),
]


class Extensible(Model):
    """A mapping in a manifest whose field `extra` can contain fields that this version of provision does not know."""

    extra: dict[str, Any] | None = Field(None, description="Fields newer than this tool, sent as they are.")

    @model_validator(mode="after")
    def _check_extra(self) -> Self:
        known = {info.alias or name for name, info in type(self).model_fields.items()}
        for name in self.extra or {}:
            if name in known:
                raise refuse(f"`{name}` is a known field; write it beside `extra:`, not in it", "extra", name)
        return self


class Runtime(Model):
    """A value that the application fills in when it loads the definition (the stored arguments of the assistant)."""

    runtime: Filled = Field(description="The name under which the application gives the value.")


Secretive = Annotated[
    Annotated[str, tag("text")] | Annotated[Runtime, tag("mapping")], by_shape("a text or `{runtime: NAME}`")
]


def _check_own(value: str | Runtime) -> str | Runtime:
    if isinstance(value, Runtime) and is_own(value.runtime):
        raise refuse(
            f"`{value.runtime}` belongs to provision, and a tool would send its value to another server; give the tool "
            "a secret of its own, under a name that does not begin with `OPENAI_` or `PROVISION_`"
        )
    return value


#: A secret that a tool sends to another server.
ToolSecret = Annotated[Secretive, AfterValidator(_check_own)]


#: The largest `retire_after` in seconds: ten years. The state records the time from which a replaced object may be
#: deleted.
LONGEST_RETIREMENT = 315_360_000


class LifecycleModel(Model):
    """The rules for changes of a resource."""

    protect: bool | None = Field(None, description="Refuse to delete or replace it.")
    retire_after: Annotated[float, Field(ge=0, le=LONGEST_RETIREMENT)] | None = Field(
        None,
        description="Seconds for which a replaced object is kept before it is deleted; at most 315360000, ten years.",
    )


class FileReference(Model):
    """A file by its path (or a glob), by its declared name, or by the id of an upload that is not managed here."""

    path: Filled | None = Field(None, description="A path, or a glob if no such path exists.")
    file: Filled | None = Field(None, description="The name of a file declared under `files:`.")
    id: Filled | None = Field(
        None, description="The id of an upload, such as `file-…`. The upload is used, and never changed or deleted."
    )


def check_reference(value: FileReference) -> FileReference:
    """Returns `value` unchanged. Raises a validation error unless exactly one of `path`, `file` and `id` is set."""
    one_of({"path": value.path, "file": value.file, "id": value.id}, "path", "file", "id")
    return value


FileItem = Annotated[
    Annotated[Filled, tag("text")] | Annotated[FileReference, AfterValidator(check_reference), tag("mapping")],
    by_shape("a path, or a mapping `{path: …}`, `{file: NAME}` or `{id: file-…}`"),
]
