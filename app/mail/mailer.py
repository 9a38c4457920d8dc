"""How mail leaves: through an SMTP server, or into a folder that the demo's mailbox shows."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.charset import QP, Charset
from email.header import Header
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from kit.ids import new_token


class MailUndelivered(Exception):
    """The mail server could not be reached, or did not take the message. It may be sent again."""


class Mailer(Protocol):
    def send(self, message: Message) -> None:
        """Hand a message over. Raises MailUndelivered. The same Message-ID twice is the same mail."""


# Text that a person can read in the source of a mail, and that no relay has to encode again.
_READABLE = Charset("utf-8")
_READABLE.body_encoding = QP
_ON_THE_WIRE = policy.compat32.clone(linesep="\r\n")


def compose(
    *,
    sender: tuple[str, str],
    to: str,
    subject: str,
    text: str,
    html: str = "",
    message_id: str,
    at: datetime,
    reply_to: str = "",
    unsubscribe: str = "",
) -> Message:
    """Make a message. ``sender`` is a name and an address. ``unsubscribe`` is the address that a mail program
    posts to when its reader has had enough (RFC 8058).

    ``message_id`` is stable for what the mail is about, so that a mail sent again after a crash can be
    told for the same.
    """
    # The older classes of the standard library: the newer ones parse each header that they are given
    # by a full grammar, which takes ten times as long as all the rest of a mail.
    parts = [_part(text, "plain"), *([_part(html, "html")] if html else [])]
    message: Message = parts[0] if not html else MIMEMultipart("alternative", f"=_{new_token()}", parts)
    headers = {
        "From": formataddr((_one_line(sender[0]), sender[1])),
        "To": to,
        "Subject": Header(_one_line(subject), header_name="Subject").encode(),
        "Date": format_datetime(at),
        "Message-ID": f"<{message_id}>",
        "Auto-Submitted": "auto-generated",
        "Reply-To": reply_to,
        "List-Unsubscribe": f"<{unsubscribe}>" if unsubscribe else "",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" if unsubscribe else "",
    }
    for name, value in headers.items():
        if value:
            message[name] = _one_line(value) if name != "Subject" else value
    return message


def _part(text: str, kind: str) -> MIMEText:
    part = MIMEText("", kind)
    del part["Content-Transfer-Encoding"]
    # Mail servers break lines of a thousand characters; then, and for other scripts, it is encoded.
    plain = text.isascii() and max(map(len, text.splitlines()), default=0) < 900
    part.set_payload(text, "us-ascii" if plain else _READABLE)
    return part


def _one_line(text: str) -> str:
    """Without line breaks: one in a header would let a name add headers of its own."""
    return " ".join(text.split())


class SmtpMailer:
    """Sends through the server of an address such as ``smtp://user:secret@mail.example.com:587``.

    ``smtps`` speaks TLS from the start; ``smtp`` begins it when the server offers it.
    """

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in ("smtp", "smtps") or not self._url.hostname:
            raise ValueError("a mail server's address looks like smtp://user:secret@mail.example.com:587")

    def send(self, message: Message) -> None:
        try:
            with self._connect() as server:
                if self._url.username:
                    server.login(unquote(self._url.username), unquote(self._url.password or ""))
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailUndelivered(str(error)) from error

    def _connect(self) -> smtplib.SMTP:
        host = self._url.hostname or ""
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL(
                host, self._url.port or 465, timeout=20, context=ssl.create_default_context()
            )
        server = smtplib.SMTP(host, self._url.port or 25, timeout=20)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        return server


class FolderMailer:
    """Writes each message to a file named after its Message-ID, so that a repeated one is one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.@-]", "_", str(message["Message-ID"]).strip("<>"))
        partial = self._folder / f".{name}.partial"
        partial.write_bytes(message.as_bytes(policy=_ON_THE_WIRE))
        os.replace(partial, self._folder / f"{name}.eml")

    def messages(self) -> Iterator[tuple[str, EmailMessage]]:
        """Yield what was sent with the name of its file, newest first by the time of sending."""
        files = sorted(self._folder.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[:200]:
            yield path.stem, self._read(path)

    def message(self, name: str) -> EmailMessage | None:
        """The message of that name; None when there is none."""
        path = self._folder / f"{name}.eml"
        if not re.fullmatch(r"[\w.@-]+", name) or name.startswith(".") or not path.is_file():
            return None
        return self._read(path)

    def _read(self, path: Path) -> EmailMessage:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        if not isinstance(message, EmailMessage):
            raise TypeError("the default policy makes EmailMessage")
        return message


def utc(message: EmailMessage) -> datetime:
    """When a message was dated, in UTC."""
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
