"""A process that has everything loaded and forks for each job: no command and no emulator waits for imports.

Run as a program it is that process. A job comes over the Unix socket that its argument names: JSON with a role,
arguments, a folder and an environment, and with it the three standard streams. The fork sends its process id, an
emulator then its URL, and each at its end its exit code. When a fork is killed, the connection ends without a code.
Every fork is a process of its own and speaks real HTTP.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, NoReturn

READY = "ready"
NOWHERE = "http://127.0.0.1:9/v1"

LIBRARIES = (
    "deepdiff",
    "jsonschema",
    "msgspec",
    "obstore.store",
    "psycopg",
    "cryptography.hazmat.primitives.ciphers.aead",
)
"""What some command imports when it first needs it."""


def serve(path: str) -> None:
    """Forks for every job until standard input ends, which it does with the process that started this one."""
    load()
    gc.collect()
    gc.freeze()
    # The read end is every emulator's standard input: it ends with this process.
    lifeline, held = os.pipe()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(64)
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([listening.fileno(), 0], [], [])
            if listening.fileno() not in ready:
                return
            client, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                os.close(held)
                become(client, lifeline)
            client.close()


def load() -> None:
    """Imports the package and its libraries, and does once what is prepared at its first use."""
    import jsonschema
    from openai import OpenAI

    import provisioner
    from provisioner.emulator.checks.sdk_types import warm_up

    for module in walk_packages(provisioner.__path__, "provisioner."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for name in LIBRARIES:
        import_module(name)
    jsonschema.Draft202012Validator.check_schema({"type": "object"})
    with OpenAI(api_key="-", base_url=NOWHERE) as client:
        _ = client.files, client.vector_stores.file_batches, client.vector_stores.files
        _ = client.beta.assistants, client.beta.agents.environments.templates
    warm_up()


def become(client: socket.socket, lifeline: int) -> NoReturn:
    """Turns this process into what the client asks for."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(client, 8, 3)
    job = _receive(client, int.from_bytes(length, "big"))
    emulator = job["role"] == "emulator"
    for number, stream in enumerate(streams):
        os.dup2(lifeline if emulator and number == 0 else stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    client.sendall(f"{os.getpid()}\n".encode())
    code: object = 1
    try:
        run = _emulate if emulator else _provision
        run(job["arguments"], client)
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        client.sendall(f"{code if isinstance(code, int) else int(code is not None)}\n".encode())
        os._exit(0)


def _receive(client: socket.socket, length: int) -> dict[str, Any]:
    data = b""
    while len(data) < length:
        more = client.recv(length - len(data))
        if not more:
            os._exit(1)
        data += more
    job: dict[str, Any] = json.loads(data)
    return job


def _provision(arguments: list[str], client: socket.socket) -> None:
    sys.argv = ["provision", *arguments]
    import_module("provisioner.cli").main(arguments)


def _emulate(arguments: list[str], client: socket.socket) -> None:
    from provisioner.emulator.__main__ import read_arguments
    from provisioner.emulator.serving.server import serve as serve_emulator

    options, _ = read_arguments(arguments)
    serve_emulator(options, lambda url: client.sendall(f"{url}\n".encode()), with_parent=True)


if __name__ == "__main__":
    serve(sys.argv[1])
