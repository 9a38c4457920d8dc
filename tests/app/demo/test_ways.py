"""Where a person of the demo finds the test bank."""

from __future__ import annotations

from sqlalchemy import text

from app.config import Config
from app.demo.run import _addresses
from storage.database import transaction
from tests.app.faces import Visitor
from tests.world import World


def test_the_demo_leads_to_the_test_bank(world: World) -> None:
    bank = world.services.config.bank_url
    assert bank.endswith("/_sandbox/bank")
    assert f'href="{bank}"' in Visitor(world, "mailbox").get("/").text
    # An installation that sells leads nobody there.
    assert bank not in Visitor(world, "site").get("/").text
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE company SET demo = true"))
    try:
        assert f'href="{bank}"' in Visitor(world, "site").get("/").text
    finally:
        with transaction(world.services.console) as session:
            session.execute(text("UPDATE company SET demo = false"))


def test_its_address_is_written_down_with_the_others() -> None:
    config = Config(environment="demo", port=8100, sandbox_url="http://localhost:8101", stripe_api_key="")
    assert _addresses(config)["bank"] == "http://localhost:8101/_sandbox/bank"
