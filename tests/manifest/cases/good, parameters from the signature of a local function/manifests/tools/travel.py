"""Tools of the travel agency. Importing this file would fail, and nothing imports it."""

from typing import Annotated, Literal, NotRequired, TypedDict


class Address(TypedDict):
    street: str
    floor: NotRequired[int]


def book(
    hotel: Annotated[str, "The hotel's name."],
    nights: int,
    address: Address,
    kind: Literal["single", "double"] = "single",
    extras: list[str] | None = None,
    *,
    price: float | None,
    code: int | str = 0,
) -> dict:
    """Books a room
    in a hotel.

    More words that the model does not need.

    Args:
        hotel: Not used, because the annotation says more.
        nights (int): How many nights,
            at least one.
        kind: The kind of room.

    Returns:
        The number of the booking.
    """


async def find(text: "str", filters: dict[str, str | int], page: int = 1):
    """Finds hotels.

    :param text: What to look for.
    :param int page: Which page.
    """


def cancel(**anything):
    """Words that the manifest replaces."""
