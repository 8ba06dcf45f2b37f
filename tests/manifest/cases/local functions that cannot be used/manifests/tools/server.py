import datetime
from dataclasses import dataclass
from typing import Any, Literal, TypedDict


@dataclass
class Point:
    x: int


class Node(TypedDict):
    child: "Node | None"


def examine_server() -> str: ...


def untyped(host, port: int, /, *rest: str): ...


def types(
    a: list,
    b: dict[str, str],
    c: datetime.date,
    d: Any,
    e: Point,
    f: Node,
    g: Literal["a", 1],
    h: dict[int, str],
    i: "not python (",
    j: tuple[int, str],
): ...
