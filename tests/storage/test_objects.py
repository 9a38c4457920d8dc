"""The folder store and the S3 store keep the same promises."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from storage.objects import FolderStore, ObjectMissing, ObjectStore, S3Store


class Bucket:
    """A stand-in for boto3's client: a dictionary with S3's words for absence."""

    class Error(Exception):
        def __init__(self, code: str) -> None:
            self.response = {"Error": {"Code": code}}

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    def put_object(self, **given: Any) -> None:
        self.objects[given["Key"]] = given

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 (boto3's own names)
        if Key not in self.objects:
            raise self.Error("NoSuchKey")
        return {"Body": io.BytesIO(self.objects[Key]["Body"])}

    def head_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        if Bucket == "forbidden":
            raise self.Error("403")
        if Key not in self.objects:
            raise self.Error("404")

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        self.objects.pop(Key, None)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    return S3Store("goods", prefix="eu/", client=Bucket())  # type: ignore[arg-type]


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


def test_objects_in_a_bucket_carry_prefix_type_and_caching() -> None:
    bucket = Bucket()
    S3Store("goods", prefix="eu/", client=bucket).put("pictures/a.webp", b"x", "image/webp")  # type: ignore[arg-type]
    stored = bucket.objects["eu/pictures/a.webp"]
    assert stored["ContentType"] == "image/webp"
    assert "immutable" in stored["CacheControl"]


def test_what_is_no_picture_is_kept_by_no_cache() -> None:
    bucket = Bucket()
    S3Store("goods", client=bucket).put("statements/a.pdf", b"x", "application/pdf")  # type: ignore[arg-type]
    assert bucket.objects["statements/a.pdf"]["CacheControl"] == "private, no-store"


def test_a_bucket_that_may_not_be_read_is_not_mistaken_for_an_empty_one() -> None:
    store = S3Store("forbidden", client=Bucket())  # type: ignore[arg-type]
    with pytest.raises(Bucket.Error):
        store.exists("a.webp")
