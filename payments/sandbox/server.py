"""Serves the sandbox over HTTP on this machine.

Werkzeug's development server closes each connection after one answer and then lingers for ten
milliseconds; a benchmark through the sandbox would measure that. This one keeps connections open.
"""

from __future__ import annotations

import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from payments.sandbox.app import Sandbox
from payments.sandbox.errors import AnswerLost, SandboxRefused
from payments.sandbox.transport import call

_LARGEST_BODY = 10_000_000  # bytes; Stripe's own requests are a few kilobytes


class Server(ThreadingHTTPServer):
    """A threaded server of one sandbox. Port 0 takes a free port; ``port`` tells which."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> None:
        if not ip_address(socket.gethostbyname(host)).is_loopback:
            raise SandboxRefused(f"The Stripe sandbox is served on loopback only, not on {host}.")
        self.sandbox = sandbox
        super().__init__((host, port), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave together, so waiting to merge them would only add a delay.
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: Server

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self.send_error(413)
            return
        content = self.rfile.read(int(length))
        try:
            status, headers, body = call(
                self.server.sandbox,
                self.command,
                f"http://{self.headers.get('Host') or 'localhost'}{self.path}",
                dict(self.headers.items()),
                content,
                remote_address=str(self.client_address[0]),
            )
        except AnswerLost:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_DELETE = do_HEAD = _answer  # noqa: N815 - The names that http.server calls.

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the sandbox is spoken to thousands of times in a benchmark."""


def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 4242) -> None:
    """Serve until SIGTERM or SIGINT, sending webhooks meanwhile; then close the sandbox.

    Call it from the main thread.

    Raises SandboxRefused when ``host`` can be reached from elsewhere, OSError when the port is taken.
    """
    with Server(sandbox, host, port) as server:

        def stop(*_: object) -> None:
            # shutdown() waits for the loop, which runs on the very thread that is interrupted here.
            threading.Thread(target=server.shutdown, daemon=True).start()

        former = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        sandbox.start()
        try:
            server.serve_forever(poll_interval=0.1)
        finally:
            sandbox.close()
            for number, handler in former.items():
                signal.signal(number, handler)
