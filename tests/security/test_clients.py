"""Every HTTP client in the package and in the CI scripts is made in one of a few known places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.sources import syntax_tree

ROOT = Path(__file__).parents[2]
FOLDERS = ("provisioner", "ci/github")

#: What opens a connection, by its full name; a module stands for everything in it.
CLIENTS = (
    "openai.OpenAI",
    "openai.AsyncOpenAI",
    "openai.AzureOpenAI",
    "openai.AsyncAzureOpenAI",
    "openai.Client",
    "openai.AsyncClient",
    "openai.DefaultHttpxClient",
    "openai.DefaultAsyncHttpxClient",
    "openai.DefaultAioHttpClient",
    "httpx",
    "httpx2.Client",
    "httpx2.AsyncClient",
    "httpx2.HTTPTransport",
    "httpx2.AsyncHTTPTransport",
    "httpx2.get",
    "httpx2.post",
    "httpx2.put",
    "httpx2.patch",
    "httpx2.delete",
    "httpx2.head",
    "httpx2.options",
    "httpx2.request",
    "httpx2.stream",
    "httpcore",
    "httpcore2.ConnectionPool",
    "httpcore2.HTTPProxy",
    "httpcore2.SOCKSProxy",
    "httpcore2.request",
    "httpcore2.stream",
    "urllib.request.urlopen",
    "urllib.request.urlretrieve",
    "urllib.request.build_opener",
    "urllib.request.install_opener",
    "urllib.request.OpenerDirector",
    "urllib.request.URLopener",
    "urllib.request.FancyURLopener",
    "http.client.HTTPConnection",
    "http.client.HTTPSConnection",
    "requests",
    "urllib3",
    "aiohttp",
    "socket.create_connection",
    "socket.socket",
    "obstore.store.from_url",
    "obstore.store.HTTPStore",
    "obstore.store.S3Store",
    "obstore.store.GCSStore",
    "obstore.store.AzureStore",
)

#: Where they may be made, and why that is safe.
SAFE = {
    # Follows no redirect elsewhere, and bounds time and size: provisioner/openai_api/http/transport.py, which
    # test_answers.py tests.
    ("provisioner/openai_api/http/apiclient.py", "ApiClient.sdk", "openai.OpenAI"),
    ("provisioner/openai_api/http/client.py", "open_client", "httpx2.Client"),
    # Follows no redirect: `Stay` is its handler. The token is sent to GITHUB_API_URL only.
    ("ci/github/api.py", "GitHub.__init__", "urllib.request.build_opener"),
    # Its endpoint comes from the environment only; a redirected write is refused by the library, and its signature is
    # for one host.
    ("provisioner/state/backends/objectstore.py", "ObjectStore.__init__", "obstore.store.from_url"),
    # The database's own connection, whose options it sets; it opens none.
    ("provisioner/state/backends/postgres.py", "PostgresStore._patience", "socket.socket"),
    # Follows no redirect, and bounds time and size. Its URL comes from the command line, its key from a variable of its
    # own, and a key goes to this machine or over HTTPS only.
    ("provisioner/emulator/answering/upstream/client.py", "UpstreamClient.complete", "httpx2.AsyncClient"),
    # Ends a connection of the HTTP client; it opens none.
    ("provisioner/openai_api/http/deadline.py", "DeadlineStream.shut_down", "socket.socket.shutdown"),
    # Listens, and connects to nothing.
    ("provisioner/emulator/serving/server.py", "_listen", "socket.socket"),
}


def find_clients(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every mention of a client in Python source: the function around it, and the client's full name."""
    names = dict(_imported(tree))
    roots = {each.partition(".")[0] for each in CLIENTS}
    if any(name.partition(".")[0] in roots for name in names.values()):
        yield from _mentions(tree, names, ())


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What each imported name stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _mentions(node: ast.AST, names: dict[str, str], place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        place = (*place, node.name)
    if _is_type_checking(node):
        return
    if isinstance(node, ast.Attribute | ast.Name):
        full = _full_name(node, names)
        found = next((each for each in CLIENTS if full == each or full.startswith(f"{each}.")), None)
        if found:
            yield ".".join(place), full
            return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.arg) or child is getattr(node, "returns", None) or child is _annotation(node):
            continue
        yield from _mentions(child, names, place)


def _annotation(node: ast.AST) -> ast.AST | None:
    return getattr(node, "annotation", None)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _full_name(node: ast.AST, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = _full_name(node.value, names)
        return f"{before}.{node.attr}" if before else ""
    return ""


@cache
def all_clients() -> frozenset[tuple[str, str, str]]:
    """Every client in the sources, with its file and the function around it."""
    return frozenset(
        (str(path.relative_to(ROOT)), place, client)
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for place, client in find_clients(syntax_tree(path))
    )


def test_every_client_is_made_in_a_safe_place() -> None:
    assert all_clients() - SAFE == set()


def test_every_safe_place_is_used() -> None:
    assert SAFE - all_clients() == set()


def test_github_follows_no_redirect() -> None:
    """The one opener has the handler that follows nothing."""
    tree = ast.parse((ROOT / "ci/github/api.py").read_text(encoding="utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "build_opener"
    ]
    assert [[ast.unparse(argument) for argument in call.args] for call in calls] == [["Stay"]]


@pytest.mark.parametrize(
    "source",
    [
        "import openai\nopenai.OpenAI()",
        "from openai import OpenAI as Api\ndef f():\n    return Api()",
        "def f():\n    import httpx2 as h\n    h.Client(follow_redirects=True)",
        "import urllib.request\nurllib.request.urlopen('http://a')",
        "from urllib.request import urlopen\nurlopen('http://a')",
        "from urllib import request\nrequest.urlopen('http://a')",
        "import http.client\nhttp.client.HTTPSConnection('a')",
        "import requests\nrequests.Session().get('http://a')",
        "import aiohttp\naiohttp.ClientSession()",
        "import socket\nmake = socket.create_connection",
        "import obstore.store as s\ns.from_url('s3://a')",
    ],
)
def test_a_client_is_found(source: str) -> None:
    assert list(find_clients(ast.parse(source)))


@pytest.mark.parametrize("source", ["import socket\nsocket.gethostname()", "from openai import NotFoundError"])
def test_what_connects_to_nothing_is_no_client(source: str) -> None:
    assert not list(find_clients(ast.parse(source)))
