"""``rpc_head``: ``chain.getHead`` answers per core of the node, against a bare ASGI answer."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from bench import machine
from bench.node import devnet
from bench.rows import Row

_SECONDS = 4.0
_CONNECTIONS = 16
_BODY = b'{"jsonrpc":"2.0","id":1,"method":"chain.getHead"}'
_REQUEST = (
    b"POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)
_RAW_SERVER = """
import socket, sys, uvicorn
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":0}'
START = {"type": "http.response.start", "status": 200,
         "headers": [(b"content-type", b"application/json"),
                     (b"content-length", b"%d" % len(ANSWER))]}
async def app(scope, receive, send):
    await receive()
    await send(START)
    await send({"type": "http.response.body", "body": ANSWER})
sock = socket.socket(); sock.bind(("127.0.0.1", 0)); sock.listen(512)
print(sock.getsockname()[1], flush=True)
config = uvicorn.Config(app, access_log=False, log_config=None, lifespan="off")
uvicorn.Server(config).run(sockets=[sock])
"""


def run(scale: int) -> list[Row]:
    """Both servers under the same load, figures per second of their processor time."""
    with devnet("--no-mine") as node:
        url = urlsplit(node.facts["rpc"])
        rate = _rate(node.pid, url.port or 0, _SECONDS * scale)
    with _raw_server() as (pid, port):
        limit = _rate(pid, port, _SECONDS * scale)
    return [Row("rpc_head", rate, "answers/core-s", limit, "a fixed answer by bare ASGI")]


def _rate(pid: int, port: int, seconds: float) -> float:
    _load(port, 0.5)
    before = machine.cpu_seconds(pid)
    answers = _load(port, seconds)
    return answers / (machine.cpu_seconds(pid) - before)


def _load(port: int, seconds: float) -> int:
    """Keep ``_CONNECTIONS`` requests on the way; returns how many were answered."""
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(_CONNECTIONS)]
    answers, until = 0, time.perf_counter() + seconds
    try:
        while time.perf_counter() < until:
            for sock in sockets:
                sock.sendall(_REQUEST)
            for sock in sockets:
                _read_answer(sock)
                answers += 1
    finally:
        for sock in sockets:
            sock.close()
    return answers


def _read_answer(sock: socket.socket) -> None:
    """Read one whole answer; its head and its body may come apart."""
    answer = sock.recv(65_536)
    while b"\r\n\r\n" not in answer:
        answer += sock.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    declared = re.search(rb"content-length: (\d+)", head)
    size = int(declared[1]) if declared else 0
    while len(body) < size:
        body += sock.recv(65_536)
    if b" 200 " not in head[:20] or b'"error"' in body or not size:
        raise RuntimeError(f"unexpected answer: {answer[:300]!r}")


@contextmanager
def _raw_server() -> Iterator[tuple[int, int]]:
    environment = {**os.environ}
    command = [sys.executable, "-c", _RAW_SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            time.sleep(0.5)
            yield process.pid, port
        finally:
            process.send_signal(signal.SIGKILL)
