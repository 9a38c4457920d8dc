"""Where pictures and files are kept: a folder, or a bucket that speaks S3. Only this file knows boto3.

Objects are written once under a name that follows from their content, so a second write of the same
name is harmless and a copy in a cache never grows stale.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(?:[./][a-z0-9_-]+)*")
# Pictures are everybody's; whatever else is kept is for the program, which decides who gets it.
_PICTURES = "pictures/"
_IMMUTABLE = "public, max-age=31536000, immutable"
_PRIVATE = "private, no-store"


class ObjectMissing(LookupError):
    """No object is stored under this name."""


class ObjectStore(Protocol):
    """Named bytes. Names look like ``pictures/3f…9a-640.webp``: small letters, digits, ``- _ . /``.

    Every method raises ValueError for a name of another form.
    """

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """Store the bytes under the name, replacing what was there in one step."""

    def get(self, name: str) -> bytes:
        """Return the stored bytes. Raises ObjectMissing."""

    def exists(self, name: str) -> bool:
        """Say whether something is stored under the name."""

    def delete(self, name: str) -> None:
        """Forget the object; nothing happens when there is none."""


def _checked(name: str) -> str:
    # The pattern admits no empty step and no "..", so a name can never climb out of its folder.
    if len(name) > 200 or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of an object")
    return name


class FolderStore:
    """Objects as files under one folder, which is made when the first object arrives."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def put(self, name: str, data: bytes, content_type: str) -> None:
        target = self._folder / _checked(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Readers see the old file or the whole new one, never a part: the rename is atomic.
        partial = target.with_name(f".{secrets.token_hex(8)}.partial")
        try:
            partial.write_bytes(data)
            os.replace(partial, target)
        finally:
            partial.unlink(missing_ok=True)

    def get(self, name: str) -> bytes:
        try:
            return (self._folder / _checked(name)).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            raise ObjectMissing(name) from None

    def exists(self, name: str) -> bool:
        return (self._folder / _checked(name)).is_file()

    def delete(self, name: str) -> None:
        (self._folder / _checked(name)).unlink(missing_ok=True)


class S3Store:
    """Objects in a bucket. Without ``access_key``, credentials come from where boto3 looks for them.

    ``prefix`` is put before every name, so that several installations can share a bucket.
    """

    def __init__(
        self,
        bucket: str,
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        prefix: str = "",
    ) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._client = _connect(endpoint_url, region, access_key, secret_key)

    def put(self, name: str, data: bytes, content_type: str) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=self._prefix + _checked(name),
            Body=data,
            ContentType=content_type,
            CacheControl=_IMMUTABLE if name.startswith(_PICTURES) else _PRIVATE,
        )

    def get(self, name: str) -> bytes:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + _checked(name))
        except Exception as error:
            if _is_missing(error):
                raise ObjectMissing(name) from None
            raise
        return answer["Body"].read()

    def exists(self, name: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._prefix + _checked(name))
        except Exception as error:
            if _is_missing(error):
                return False
            raise
        return True

    def delete(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + _checked(name))


def _connect(
    endpoint_url: str | None, region: str | None, access_key: str | None, secret_key: str | None
) -> S3Client:
    # boto3 takes a third of a second to import; a web process that serves from a folder never pays it.
    import boto3
    from botocore.config import Config

    settings = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 3, "mode": "standard"})
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=settings,
    )
    return client


def _is_missing(error: Exception) -> bool:
    # botocore makes its error classes at run time; what they share is this answer.
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    return code in ("404", "NoSuchKey", "NotFound")
