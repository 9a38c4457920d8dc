"""The shape of a refusal: which field, what is allowed, in words that name no implementation."""

from __future__ import annotations


class Refusal(Exception):
    """A person asked for something that the rules do not allow; nothing was changed.

    ``message`` is a whole sentence for the person who asked. ``field`` names the input that it is
    about, or is empty when it is about the request as a whole.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(Refusal):
    """The thing asked for does not exist, or not for the one who asks. The two are not told apart."""


class Forbidden(Refusal):
    """The person is known, and may not do this."""


class Refusals(Refusal):
    """Several fields were refused at once. ``errors`` maps each field to its sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("Some answers need another look.")
        self.errors = errors
