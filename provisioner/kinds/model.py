"""What every kind's model shares: strictness, unions told apart by shape, and small reusable parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """A mapping in a manifest: unknown fields are refused, and `"8"` is not 8."""

    model_config = ConfigDict(extra="forbid", strict=True)


def tag(name: str) -> Tag:
    """A union member's tag. The angle brackets let an error's path be told from the tags on its way."""
    return Tag(f"<{name}>")


def shape(value: Any) -> str | None:
    """`<text>`, `<list>` or `<mapping>`: how a shorthand is told from the long form."""
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, list):
        return "<list>"
    return "<mapping>" if isinstance(value, Mapping | BaseModel) else None


def by_shape(expected: str) -> Discriminator:
    """Tells union members apart by `shape`; `expected` says in words what may stand there."""
    return Discriminator(shape, custom_error_type="shape", custom_error_message=expected)


def refuse(message: str, key: str | int | None = None) -> PydanticCustomError:
    """An error in our own words; `key` leads to the offending item inside the value."""
    return PydanticCustomError("ours", "{message}", {"message": message, "key": key})


def one_of(value: Mapping[str, Any], *names: str) -> str:
    """The one field of `names` that is set. Raises the error to show if there is none or more than one."""
    given = [name for name in names if value.get(name) is not None]
    if len(given) != 1:
        either = " or ".join(f"`{name}`" for name in names)
        raise refuse(f"{'nothing' if not given else 'more than one'} of {either} is set; set exactly one of them")
    return given[0]


def _check_pairs(value: dict[str, Any]) -> dict[str, Any]:
    for key, item in value.items():
        if len(key) > 64:
            raise refuse(f"the key is {len(key)} characters long; at most 64 are kept, shorten it", key)
        if isinstance(item, str) and len(item) > 512:
            raise refuse(f"the value of `{key}` is {len(item)} characters long; at most 512 are kept, shorten it", key)
    return value


def _check_reserved(value: dict[str, Any]) -> dict[str, Any]:
    for key in value:
        if key.startswith("provision_"):
            raise refuse(f"`{key}` is reserved: keys beginning with `provision_` are our marks; choose another", key)
    return value


def longest(limit: int) -> Callable[[str], str]:
    """A check that a text has at most `limit` characters, with a message that says how long it is."""

    def check(value: str) -> str:
        if len(value) > limit:
            raise refuse(f"this is {len(value):,} characters long; at most {limit:,} are kept, shorten it")
        return value

    return check


def _check_choice(value: str) -> str:
    if not value.strip():
        raise refuse("this is empty; write something, or leave the field out")
    return value


Filled = Annotated[str, AfterValidator(_check_choice)]
Metadata = Annotated[
    dict[str, str],
    AfterValidator(_check_pairs),
    AfterValidator(_check_reserved),
    Field(description="Up to 16 pairs of texts (64 and 512 characters), some of which are our marks."),
]


def _scalar(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, bool):
        return "<boolean>"
    return "<number>" if isinstance(value, int | float) else None


Scalar = Annotated[
    Annotated[str, tag("text")] | Annotated[bool, tag("boolean")] | Annotated[float, tag("number")],
    Discriminator(_scalar, custom_error_type="shape", custom_error_message="a text, a number, true or false"),
]
Attributes = Annotated[
    dict[str, Scalar],
    AfterValidator(_check_pairs),
    Field(description="Up to 16 texts, numbers or booleans that searches can filter by."),
]


class Runtime(Model):
    """A value that the application fills in when it loads the definition."""

    runtime: Filled = Field(description="The name under which the application gives the value.")


Secretive = Annotated[
    Annotated[str, tag("text")] | Annotated[Runtime, tag("mapping")], by_shape("a text or `{runtime: NAME}`")
]


class LifecycleModel(Model):
    """How a resource may change."""

    protect: bool | None = Field(None, description="Refuse to delete or replace it.")
    retire_after: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Seconds for which a replaced object is kept before it is deleted."
    )


class FileReference(Model):
    """A file by its path (or a glob), or by its declared name."""

    path: Filled | None = Field(None, description="A path, or a glob where no such path exists.")
    file: Filled | None = Field(None, description="The name of a file declared under `files:`.")


def check_reference(value: FileReference) -> FileReference:
    """Refuses a reference that says both or neither of `path` and `file`."""
    one_of({"path": value.path, "file": value.file}, "path", "file")
    return value


FileItem = Annotated[
    Annotated[Filled, tag("text")] | Annotated[FileReference, AfterValidator(check_reference), tag("mapping")],
    by_shape("a path, or a mapping `{path: …}` or `{file: NAME}`"),
]
