"""Sending one request over and over on a few connections, and counting answers: little else costs time."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """How many answers came in a second; ``length`` is the size of one body in bytes."""

    per_second: float
    length: int


def answers(port: int, requests: list[tuple[str, str]], *, seconds: float, connections: int = 8) -> Rate:
    """Ask for host and path pairs in turn on keep-alive connections. Raises RuntimeError for a bad answer."""
    raw = [
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/html\r\n\r\n".encode()
        for host, path in requests
    ]
    selector = selectors.DefaultSelector()
    buffers: dict[socket.socket, bytearray] = {}
    turn = done = length = 0
    for _ in range(connections):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffers[sock] = bytearray()
        selector.register(sock, selectors.EVENT_READ)
        sock.sendall(raw[turn % len(raw)])
        turn += 1
    begun = time.perf_counter()
    try:
        while time.perf_counter() - begun < seconds:
            for key, _ in selector.select(1):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                data = buffers[sock]
                data += sock.recv(1 << 18)
                end = data.find(b"\r\n\r\n")
                if end < 0:
                    continue
                head = bytes(data[:end])
                at = head.lower().find(b"content-length:")
                if not head.startswith(b"HTTP/1.1 200") or at < 0:
                    raise RuntimeError(f"a bad answer: {head[:200].decode()}")
                length = int(head[at + 15 :].split(b"\r", 1)[0])
                if len(data) < end + 4 + length:
                    continue
                data.clear()
                done += 1
                sock.sendall(raw[turn % len(raw)])
                turn += 1
        return Rate(done / (time.perf_counter() - begun), length)
    finally:
        for sock in buffers:
            sock.close()
        selector.close()
