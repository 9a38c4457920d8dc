"""Thousands of prices at once: seen before they are saved, saved as they were seen, and taken back."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from sqlalchemy import text

from app.tables import read_table
from kit.money import Money
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tests.app.portal.visitors import Visitor, member
from tests.pricing.test_setting_prices import price, set_own
from tests.world import World, eur, usd


def hidden(page: str) -> dict[str, str]:
    """The fields that a preview's form carries."""
    form = page[page.index('class="commit"') :]
    form = form[: form.index("</form>")]
    found = {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    }
    lines = re.search(r'<textarea name="lines"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)
    if lines:
        found["lines"] = unescape(lines[1])
    found.pop("csrf_token", None)
    return found


def paste(owner: Visitor, lines: str) -> str:
    answered = owner.post("/prices/preview", {"pasted": lines})
    assert answered.status_code == 200, answered.text
    return str(answered.text)


def save(owner: Visitor, page: str, **more: str) -> tuple[int, str]:
    answered = owner.post("/prices/preview", {**hidden(page), "act": "save", **more})
    return answered.status_code, answered.text


def rule(owner: Visitor, **fields: str) -> str:
    asked = {"kind": "rule", "method": "markup", "value": "100", "rounding": "none", **fields}
    answered = owner.post("/prices/preview", asked)
    assert answered.status_code == 200
    return str(answered.text)


def test_a_rule_for_all_rows_of_a_search_changes_exactly_those(world: World) -> None:
    owner = member(world, world.ada)
    asked = {"act": "apply", "all": "1", "method": "markup", "value": "100", "rounding": "99"}
    page = owner.post(f"/prices?q={world.mug}", asked).text
    assert "1 price would change" in page
    assert "Nothing is saved yet" in page
    assert price(world.ada, world.mug) == usd("21.60")
    world.later(minutes=1)
    assert save(owner, page)[0] == 303
    assert price(world.ada, world.mug) == usd("23.99")
    assert price(world.ben, world.mug) == eur("25.71")
    toast = owner.get("/prices").text
    what = re.search(r'name="what" value="([^"]+)"', toast)
    assert what
    world.later(minutes=1)
    assert owner.post("/prices/undo", {"what": what[1]}).status_code == 303
    assert price(world.ada, world.mug) == usd("21.60")


def test_what_was_typed_is_not_lost_by_a_rule_for_all(world: World) -> None:
    owner, mug = member(world, world.ada), world.variant(world.mug)
    typed = {f"p-{mug}": "30", f"w-{mug}": "21.60"}
    answered = owner.post(
        "/prices", {**typed, "act": "apply", "all": "1", "value": "100", "method": "markup"}
    )
    assert answered.status_code == 422
    assert "Save or discard the price that you typed first" in answered.text
    assert (
        owner.post("/prices", {"act": "apply", "all": "1", "value": "many", "method": "markup"}).status_code
        == 422
    )


def test_pasted_prices_are_refused_one_by_one_and_the_rest_can_be_saved(world: World) -> None:
    owner = member(world, world.ada)
    page = paste(
        owner, f"{world.mug}\t30.00\n{world.tote}\t1.00\nnobody\t5\n{world.scarce_mug}\tmany\n{world.mug}\t31"
    )
    assert "1 price would change" in page
    assert "Leave the 4 refused as they are" in page
    for reason in ("under the minimum", "no such SKU", "not an amount in USD", "stands in line 1 already"):
        assert reason in unescape(page)
    status, told = save(owner, page)
    assert (status, "Say that the 4 refused may stay" in told) == (422, True)
    assert price(world.ada, world.mug) == usd("21.60")
    world.later(minutes=1)
    assert save(owner, told, leave="1")[0] == 303
    assert price(world.ada, world.mug) == usd("30.00")
    assert price(world.ada, world.tote) == usd("18.00")


def test_what_moved_in_between_is_shown_again_instead_of_saved(world: World) -> None:
    owner = member(world, world.ada)
    page = paste(owner, f"{world.mug}\t30.00\n{world.tote}\t25.00")
    world.later(minutes=1)
    with transaction(world.services.console) as session:
        set_wholesale(
            session,
            prices=[NewWholesale(world.variant(world.mug), world.installation.price_list_id, usd("40.00"))],
            begins=world.now, actor="tests", now=world.now,
        )  # fmt: skip
    status, told = save(owner, page)
    assert status == 409
    assert "Something has changed since you looked" in told
    assert "1 price would change" in told
    assert price(world.ada, world.tote) == usd("18.00")
    assert save(owner, told, leave="1")[0] == 303
    assert price(world.ada, world.tote) == usd("25.00")


def test_following_the_rule_again_for_all_is_seen_first(world: World) -> None:
    set_own(world.ada, world.mug, usd("25.00"))
    set_own(world.ben, world.mug, eur("35.00"))
    world.later(minutes=1)
    owner = member(world, world.ada)
    page = rule(owner, method="follow", q=world.mug)
    assert "1 price would change" in page
    assert save(owner, page)[0] == 303
    assert price(world.ada, world.mug) == usd("21.60")
    assert price(world.ben, world.mug) == eur("35.00")
    # Nothing is left to change, and nothing can be saved.
    again = rule(owner, method="follow", q=world.mug)
    assert "No price would change" in again
    assert save(owner, again)[0] == 422


def test_the_preview_says_what_it_comes_to_at_last_months_sales(world: World) -> None:
    world.ada.buy((world.mug, 2))
    world.later(minutes=1)
    owner = member(world, world.ada)
    page = unescape(paste(owner, f"{world.mug}\t23.10"))
    assert "+$3.00" in page
    assert "at the 2 units of these sold in the last 30 days" in page


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_goes_out_comes_back_and_is_seen_before_it_is_saved(world: World, kind: str) -> None:
    owner = member(world, world.ada)
    given = owner.get(f"/prices.{kind}")
    assert given.headers["Content-Disposition"].endswith(f'-prices.{kind}"')
    table = read_table(given.data)
    mine = next(cells for _, cells in table.rows if cells[0] == world.mug)
    assert [mine[table.heads.index(head)] for head in ("wholesale", "lowest", "currency")][2] == "USD"
    assert Money.parse(mine[table.heads.index("price")], "USD") == usd("21.60")
    # The same file back changes nothing.
    answered = owner.post("/prices/file", {"file": (io.BytesIO(given.data), f"prices.{kind}")})
    assert answered.status_code == 200
    assert "No price would change" in answered.text
    if kind == "csv":
        changed = given.data.decode().replace(",21.60,", ",28.00,", 1).encode()
        page = owner.post("/prices/file", {"file": (io.BytesIO(changed), "prices.csv")}).text
        assert "1 price would change" in page
        assert save(owner, page)[0] == 303
    # All rows of a preview can be taken away, the refused ones with their reasons.
    fields = hidden(paste(owner, f"{world.tote}\t1.00\nnobody\t5"))
    told = read_table(owner.post(f"/prices/preview.{kind}", fields).data)
    reasons = [cells[-1] for _, cells in told.rows]
    assert "Your store has no such SKU." in reasons
    assert any("under the minimum" in reason for reason in reasons)
    assert owner.get("/prices.pdf").status_code == 404


def test_each_line_of_a_file_says_what_is_wrong_with_it(world: World) -> None:
    owner = member(world, world.ada)
    for lines, reason in (
        (f"{world.tote},10.99", "The lowest you can ask is"),
        ("nothing-like-it,30.00", "no such SKU"),
        (f"{world.mug},26.00", "stands in line 2 already"),
        (f"{world.tote},cheap", "is not an amount"),
        ('"=HYPERLINK(""http://x"")",25.00', "no such SKU"),
    ):
        data = f"sku,price\n{world.mug},25.00\n{lines}\n".encode()
        page = owner.post("/prices/file", {"file": (io.BytesIO(data), "prices.csv")}).text
        assert reason in unescape(page), lines
        assert save(owner, page)[0] == 422, lines
        assert price(world.ada, world.mug) == usd("21.60")


def test_a_file_of_another_spreadsheet_is_understood(world: World) -> None:
    owner = member(world, world.ada)
    data = f"\ufeffSKU;Product;Price\n{world.mug};Mug;25,50\n{world.tote};Tote;\n".encode()
    page = owner.post("/prices/file", {"file": (io.BytesIO(data), "prices.csv")}).text
    assert save(owner, page)[0] == 303
    assert price(world.ada, world.mug) == usd("25.50")
    assert price(world.ada, world.tote) == usd("18.00")
    assert price(world.ben, world.mug) == eur("25.71")


def test_a_file_that_cannot_be_read_is_refused_and_nothing_happens(world: World) -> None:
    owner = member(world, world.ada)
    for data in (b"", b"name;amount\nx;1\n", b"PK\x03\x04", b"sku,price\n,\n", b"\xff\xfe\x00\x01"):
        answered = owner.post("/prices/file", {"file": (io.BytesIO(data), "prices.csv")})
        assert answered.status_code == 422, data
    assert owner.post("/prices/preview", {"pasted": ""}).status_code == 422
    assert owner.get("/prices/preview").status_code == 303
    assert owner.get("/prices/paste").status_code == 200


@pytest.mark.parametrize("role", ["support", "analyst"])
def test_only_owner_and_manager_may_preview_and_save(world: World, role: str) -> None:
    reader = member(world, world.ada, role)
    assert reader.post("/prices/preview", {"pasted": f"{world.mug}\t30"}).status_code == 403
    assert reader.get("/prices.csv").status_code == 200
    assert "does not change them" in reader.get("/prices/paste").text


def test_a_saved_bulk_is_one_entry_of_the_log_and_history_keeps_what_was(world: World) -> None:
    owner = member(world, world.ada)
    assert save(owner, paste(owner, f"{world.mug}\t30\n{world.tote}\t31"))[0] == 303
    with transaction(world.services.console) as session:
        entry = session.execute(
            text("SELECT before, after FROM audit_log WHERE partner_id = :p AND action = 'retail.set'"),
            {"p": world.ada.partner_id},
        ).one()
    assert entry.after == {world.mug: 3000, world.tote: 3100}
    assert entry.before == {world.mug: 2160, world.tote: 1800}
