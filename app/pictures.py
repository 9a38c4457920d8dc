"""Pictures of products on their way into the store of objects: fetched, checked, made in all sizes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from app.services import Services
from catalog.fetching import PictureNotFetched, fetch
from catalog.models import Picture
from kit.errors import Refusal
from storage.database import transaction
from storage.jobs import Job, enqueue
from storage.objects import ObjectStore
from storage.revisions import every_store_changed
from themes.pictures import AcceptedPicture, accept_picture, derivative_name, derivatives, full_name


def keep_picture(objects: ObjectStore, data: bytes) -> AcceptedPicture:
    """Check a picture and store it. Raises Refusal for one that is not accepted."""
    accepted = accept_picture(data)
    objects.put(accepted.name, accepted.data, "image/webp")
    return accepted


def keep_sizes(objects: ObjectStore, key: str) -> list[int]:
    """Make the sizes that pages ask for of a picture that is kept, and return their widths in pixels.

    Doing it again, as when two drafts take the same picture, changes nothing.
    """
    widths = set()
    for width, fmt, data in derivatives(objects.get(full_name(key))):
        objects.put(derivative_name(key, width, fmt), data, f"image/{fmt}")
        widths.add(width)
    return sorted(widths)


def fetch_picture(services: Services, picture_id: UUID) -> None:
    """Fetch a picture that an import named. What cannot be had is recorded with the reason; the
    product sells without it. Raises PictureNotReachable, so that the job is tried again."""
    with transaction(services.console) as session:
        picture = session.get(Picture, picture_id)
        if picture is None or picture.key is not None:
            return
        url = picture.source_url
    try:
        accepted = keep_picture(services.objects, fetch(url))
    except (PictureNotFetched, Refusal) as problem:
        with transaction(services.console) as session:
            session.execute(
                update(Picture).where(Picture.picture_id == picture_id).values(problem=str(problem))
            )
        return
    with transaction(services.console) as session:
        session.execute(
            update(Picture)
            .where(Picture.picture_id == picture_id)
            .values(key=accepted.key, width=accepted.width, height=accepted.height, problem="")
        )
        every_store_changed(session)
        enqueue(session, Job("picture.sizes", {"picture_id": str(picture_id)}))


def make_sizes(services: Services, picture_id: UUID) -> None:
    """Make the sizes of a stored picture, and say that they exist."""
    with transaction(services.console) as session:
        key = session.scalar(select(Picture.key).where(Picture.picture_id == picture_id))
    if key is None:
        return
    widths = keep_sizes(services.objects, key)
    with transaction(services.console) as session:
        session.execute(update(Picture).where(Picture.picture_id == picture_id).values(sizes=widths))
        every_store_changed(session)
