"""The folder store and the S3 store keep the same promises. S3 is a real server, which checks signatures."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from storage.objects import FolderStore, ObjectMissing, ObjectStore, S3Store

_KEY, _SECRET = "awning-tests", "a secret of the tests"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server with a bucket ``goods``."""
    folder = tmp_path_factory.mktemp("s3")
    (folder / "goods").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    rclone = str(Path(sys.executable).with_name("rclone"))
    command = [rclone, "serve", "s3", "--addr", address, "--auth-key", f"{_KEY},{_SECRET}"]
    server = subprocess.Popen([*command, str(folder)], stderr=subprocess.DEVNULL)
    try:
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(10)


def bucket(address: str, *, secret: str = _SECRET, prefix: str = "eu/", name: str = "goods") -> S3Store:
    return S3Store(
        name, endpoint_url=address, region="us-east-1", access_key=_KEY, secret_key=secret, prefix=prefix
    )


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    return _ready(bucket(request.getfixturevalue("s3"), prefix=f"{tmp_path.name.replace('_', '-').lower()}/"))


def _ready(store: S3Store) -> S3Store:
    """The same, once its server answers."""
    for _ in range(100):
        try:
            store.exists("nothing")
        except BotoCoreError:
            time.sleep(0.05)
        else:
            return store
    raise AssertionError("the S3 server did not start")


def test_what_is_put_can_be_read_replaced_and_forgotten(store: ObjectStore) -> None:
    name = "pictures/ab12-640.webp"
    assert not store.exists(name)
    store.put(name, b"one", "image/webp")
    store.put(name, b"two", "image/webp")
    assert store.exists(name)
    assert store.get(name) == b"two"
    store.delete(name)
    store.delete(name)
    assert not store.exists(name)
    with pytest.raises(ObjectMissing):
        store.get(name)


def test_megabytes_come_back_as_they_went(store: ObjectStore) -> None:
    data = bytes(range(256)) * 20_000
    store.put("pictures/large.webp", data, "image/webp")
    assert store.get("pictures/large.webp") == data


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../secret",
        "pictures/../../x",
        "a//b",
        "a/.hidden",
        "a\\b",
        "A.webp",
        "a/",
        "x" * 201,
        "a\n",
    ],
)
def test_a_name_that_could_leave_the_store_is_refused(store: ObjectStore, name: str) -> None:
    for act in (store.get, store.exists, store.delete):
        with pytest.raises(ValueError, match="not the name of an object"):
            act(name)
    with pytest.raises(ValueError, match="not the name of an object"):
        store.put(name, b"", "text/plain")


def test_a_folder_holds_no_half_written_file(tmp_path: Path) -> None:
    FolderStore(tmp_path).put("pictures/a.webp", b"whole", "image/webp")
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["a.webp"]


def test_objects_in_a_bucket_carry_prefix_type_and_caching(s3: str) -> None:
    store = _ready(bucket(s3))
    store.put("pictures/b.webp", b"x", "image/webp")
    store.put("statements/b.pdf", b"x", "application/pdf")
    client = boto3.client(
        "s3", endpoint_url=s3, region_name="us-east-1", aws_access_key_id=_KEY, aws_secret_access_key=_SECRET
    )
    picture = client.head_object(Bucket="goods", Key="eu/pictures/b.webp")
    assert (picture["ContentType"], picture["CacheControl"]) == (
        "image/webp",
        "public, max-age=31536000, immutable",
    )
    # What is no picture is kept by no cache.
    statement = client.head_object(Bucket="goods", Key="eu/statements/b.pdf")
    assert (statement["ContentType"], statement["CacheControl"]) == ("application/pdf", "private, no-store")


def test_a_wrong_secret_is_refused_and_not_taken_for_an_empty_bucket(s3: str) -> None:
    _ready(bucket(s3)).put("pictures/c.webp", b"x", "image/webp")
    wrong = bucket(s3, secret="another")
    for act in (wrong.get, wrong.exists, wrong.delete):
        with pytest.raises(ClientError):
            act("pictures/c.webp")
    with pytest.raises(ClientError):
        wrong.put("pictures/c.webp", b"y", "image/webp")
    assert bucket(s3).get("pictures/c.webp") == b"x"
