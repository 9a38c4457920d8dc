"""A way to a sandbox in the same process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import stripe


class InProcess(stripe.HTTPClient):
    """A transport that calls a sandbox in the same process, without a socket.

    ``call`` takes method, address, headers and body, and returns status, headers and body.
    """

    name = "in-process"

    def __init__(
        self,
        call: Callable[[str, str, dict[str, str], bytes], tuple[int, Mapping[str, str], bytes]],
    ) -> None:
        super().__init__(verify_ssl_certs=False)
        self._call = call

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        try:
            status, answered, content = self._call(method.upper(), url, dict(headers or {}), body)
        except ConnectionError as error:
            # The library's error classes carry no types.
            lost: Exception = stripe.APIConnectionError(str(error), should_retry=True)  # type: ignore[no-untyped-call]
            raise lost from error
        return content.decode(), status, {name.lower(): value for name, value in answered.items()}

    def close(self) -> None:
        return None
