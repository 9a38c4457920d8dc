"""What counts as an e-mail address where shoppers type one."""

from __future__ import annotations

import re

from kit.errors import Refusal

LONGEST = 254
_FORM = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def read_email(typed: str, *, field: str = "email") -> str:
    """The address in small letters. Raises Refusal for what cannot be one."""
    email = typed.strip().lower()
    if len(email) > LONGEST or not _FORM.fullmatch(email):
        raise Refusal("Enter your e-mail address, such as name@example.com.", field=field)
    return email
