"""A sale event from announcement to end: the console, the mail, the portal, the store."""

from __future__ import annotations

import re
from datetime import timedelta

from icalendar import Calendar

from app.console.face import create as console_app
from storage.database import transaction
from tenants.access import invite, use_link
from tests.app.portal.visitors import PASSWORD, Visitor, member
from tests.world import World

CONSOLE = "http://console.localhost"


class Staff:
    """An owner at the company's console."""

    def __init__(self, world: World, role: str = "owner") -> None:
        self.client = console_app(world.services).test_client()
        email = f"{role}{world.number}@northlight.example"
        with transaction(world.services.console) as session:
            token = invite(
                session, email=email, name="Rosa", face="console", role=role, partner_id=None, now=world.now
            )
            use_link(session, token=token, face="console", password=PASSWORD, now=world.now)
        self.post("/sign-in", {"email": email, "password": PASSWORD}, seen="/sign-in")

    def get(self, path: str):  # type: ignore[no-untyped-def]
        return self.client.get(path, base_url=CONSOLE)

    def post(self, path: str, data: dict[str, str], *, seen: str = "/"):  # type: ignore[no-untyped-def]
        token = re.search(r'name="csrf-token" content="([0-9a-f]+)"', self.get(seen).text)
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **data}, base_url=CONSOLE)


def announce(world: World, staff: Staff, *, embargo: int = 1, begins: int = 3, ends: int = 10) -> None:
    def at(days: int) -> dict[str, str]:
        moment = world.now + timedelta(days=days)
        return {"day": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M}"}

    form = {"name": f"Spring {world.number}", "value": "25", "scope": "product", "note": "Radio, too."}
    form["product"] = f"mug-{world.number}"
    for name, days in (("visible", embargo), ("begins", begins), ("ends", ends)):
        form |= {f"{name}_{part}": value for part, value in at(days).items()}
    answered = staff.post("/promotions/events/new", form)
    assert answered.status_code == 303, answered.text


def link_to(visitor: Visitor, world: World) -> str:
    page = visitor.get("/events/").text
    found = re.search(rf'href="(/events/[0-9a-f-]{{36}})">Spring {world.number}<', page)
    assert found, page
    return found[1]


def price(world: World, slug: str) -> str:
    page = world.installation.store_app.test_client().get(
        f"/products/mug-{world.number}", base_url=f"http://{slug}.localhost"
    )
    found = re.search(r"<strong>([^<]+)</strong>", page.text)
    assert found
    return found[1]


def test_an_event_from_announcement_to_end(world: World) -> None:
    staff = Staff(world)
    announce(world, staff)
    assert "Hidden until" in staff.get("/promotions/events/").text
    assert f"Spring {world.number}" not in member(world, world.ada).get("/events/").text
    world.later(days=1, minutes=1)
    world.run_jobs()
    owner, other = member(world, world.ada), member(world, world.ben)
    page = owner.get(link_to(owner, world)).text
    assert "Radio, too." in page
    assert "Stays out" in page
    file = owner.get(f"{link_to(owner, world)}/calendar.ics")
    (entry,) = Calendar.from_ical(file.text).events
    assert str(entry["summary"]).startswith(f"Spring {world.number}")
    assert entry["dtend"].dt - entry["dtstart"].dt == timedelta(days=7)
    tried = owner.get(f"{link_to(owner, world)}?pass_on=100").text
    assert "$18.60" in tried
    assert owner.post(link_to(owner, world), {"joined": "yes", "pass_on": "100"}).status_code == 303
    assert other.post("/events/standing", {"joined": "yes", "pass_on": "50"}).status_code == 303
    assert price(world, world.ada.slug) == "$21.60"
    world.later(days=2)
    assert price(world, world.ada.slug) == "$18.60"
    assert "23,93" in price(world, world.ben.slug)
    listed = staff.get("/promotions/events/").text
    assert "Running" in listed
    order = world.ada.buy((world.mug, 1))
    assert order
    row = listed[listed.index(f"Spring {world.number}") :]
    assert re.search(r'<td class="num">[1-9]\d*<small class="c-pair">of \d+</small>', row)
    world.later(days=7)
    assert price(world, world.ada.slug) == "$21.60"
    assert link_gone(owner, world)


def link_gone(visitor: Visitor, world: World) -> bool:
    return f"Spring {world.number}" not in visitor.get("/events/").text


def test_partners_are_told_once_when_the_embargo_ends_and_of_a_withdrawal(world: World) -> None:
    staff = Staff(world)
    member(world, world.ada)
    announce(world, staff, embargo=0)
    world.later(minutes=1)
    world.run_jobs()
    name = f"Sale event Spring {world.number}"
    assert [subject[: len(name)] for subject in subjects(world, f"owner@{world.ada.slug}.example")] == [name]
    found = re.search(
        rf"Spring {world.number}.*?/promotions/events/([0-9a-f-]+)/end",
        staff.get("/promotions/events/").text,
        re.S,
    )
    assert found
    assert staff.post(f"/promotions/events/{found[1]}/end", {}).status_code == 303
    world.run_jobs()
    told = subjects(world, f"owner@{world.ada.slug}.example")
    assert sorted(told)[0] == f"{name} does not happen"
    assert len(told) == 2


def test_who_works_for_two_partners_hears_from_both(world: World) -> None:
    staff, address = Staff(world), f"both{world.number}@example.com"
    with transaction(world.services.console) as session:
        for shop in (world.ada, world.ben):
            invite(
                session, email=address, name="Noor", face="portal", role="manager",
                partner_id=shop.partner_id, now=world.now,
            )  # fmt: skip
    announce(world, staff, embargo=0)
    world.later(minutes=1)
    world.run_jobs()
    first, second = subjects(world, address)
    assert first == second
    assert first.startswith(f"Sale event Spring {world.number}")


def subjects(world: World, address: str) -> list[str]:
    """The subjects of the mails that somebody got."""
    sent = world.services.mailer.messages()  # type: ignore[attr-defined]
    return [str(message["Subject"]) for _, message in sent if str(message["To"]) == address]


def test_what_is_wrong_is_said_beside_it(world: World) -> None:
    staff, owner = Staff(world), member(world, world.ada)
    for given, sentence in (
        ({"value": "95"}, "at most 90 percent"),
        ({"value": "x"}, "percentage"),
        ({"ends_day": ""}, "Choose when it ends."),
        ({"ends_day": "2020-01-01"}, "A sale event ends after it begins."),
        ({"name": ""}, "Give the event a name"),
        ({"scope": "product", "product": "nothing"}, "Name a product"),
    ):
        day = f"{world.now + timedelta(days=9):%Y-%m-%d}"
        form = {"name": "Spring", "value": "20", "scope": "all", "ends_day": day, **given}
        answered = staff.post("/promotions/events/new", form)
        assert answered.status_code == 422, sentence
        assert sentence in answered.text, sentence
    announce(world, staff, embargo=0)
    for wrong in ("101", "-1", "half"):
        answered = owner.post(link_to(owner, world), {"joined": "yes", "pass_on": wrong})
        assert answered.status_code == 422
        assert owner.post("/events/standing", {"joined": "yes", "pass_on": wrong}).status_code == 422
    assert "Not chosen" in owner.get("/events/").text


def test_roles(world: World) -> None:
    staff = Staff(world, "viewer")
    assert staff.get("/promotions/events/").status_code == 200
    assert staff.post("/promotions/events/new", {"name": "x"}).status_code == 403
    reader = member(world, world.ada, "analyst")
    assert reader.get("/events/").status_code == 200
    assert reader.post("/events/standing", {"joined": "yes", "pass_on": "5"}).status_code == 403


def test_the_home_page_shows_what_runs_and_comes_and_whether_it_was_answered(world: World) -> None:
    # Whatever other tests announced is over by then.
    world.later(days=60)
    staff = Staff(world)
    announce(world, staff)
    owner, other = member(world, world.ada), member(world, world.ben)
    assert f"Spring {world.number}" not in owner.get("/").text
    world.later(days=1, minutes=1)
    page = owner.get("/").text
    assert f"Spring {world.number}" in page
    assert "To be answered: up to 25% off wholesale" in page
    assert f'data-until="{world.now + timedelta(days=2, minutes=-1):%Y-%m-%dT%H:%M}' in page
    reader = member(world, world.ada, "analyst").get("/").text
    assert "Not answered yet: up to 25% off wholesale" in reader
    assert owner.post(link_to(owner, world), {"joined": "yes", "pass_on": "60"}).status_code == 303
    assert "Your store takes part and passes on 60%" in owner.get("/").text
    assert other.post(link_to(other, world), {"joined": "no"}).status_code == 303
    assert "Your store stays out" in other.get("/").text
    world.later(days=2)
    assert f'data-until="{world.now + timedelta(days=7, minutes=-1):%Y-%m-%dT%H:%M}' in owner.get("/").text
    world.later(days=7)
    assert f"Spring {world.number}" not in owner.get("/").text
