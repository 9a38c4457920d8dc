"""The main job, without a browser: a shopper buys, and the partner is owed the margin."""

from orders.reading import newest_orders, read_order
from payments.ledger.balances import balances
from payments.ledger.earnings import earnings
from tests.world import World, eur, usd


def test_a_sale_is_the_partners_and_nobody_elses(world: World) -> None:
    order_id = world.ada.buy((world.mug, 2), (world.tote, 1))

    with world.ada.transaction() as session:
        order = read_order(session, partner_id=world.ada.partner_id, order_id=order_id)
        owed = balances(session, partner_id=world.ada.partner_id, now=world.now)
    with world.ben.transaction() as session:
        theirs = newest_orders(session, partner_id=world.ben.partner_id, unpaid=True)

    assert order.payment == "paid"
    # Wholesale is 12.00 and 10.00; 80 % on top gives 21.60 and 18.00.
    assert order.goods == usd("61.20")
    assert order.delivery == usd("0.00")
    assert order.margin == usd("27.20")
    assert [balance.pending for balance in owed] == [usd("27.20")]
    assert theirs == []


def test_tax_inside_the_price_is_no_margin(world: World) -> None:
    from dataclasses import replace

    from tests.world import CONTACT

    berlin = replace(CONTACT, country="DE", region="", city="Berlin", postcode="10115")
    order_id = world.ben.buy((world.mug, 1), contact=berlin)
    with world.ben.transaction() as session:
        order = read_order(session, partner_id=world.ben.partner_id, order_id=order_id)
    # 12.00 wholesale and 80 % is 21.60 net; with 19 % tax 25.71, of which 4.11 rounds up to tax.
    line = order.lines[0]
    assert line.amount == eur("25.71")
    assert line.net + line.tax == line.amount
    assert line.margin == line.net - eur("12.00")
    assert order.total == eur("25.71") + eur("4.50")


def test_jobs_send_receipt_and_notice_once(world: World) -> None:
    order_id = world.ada.buy((world.tote, 1))
    world.deliver_webhooks()
    world.run_jobs()
    with world.ada.transaction() as session:
        order = read_order(session, partner_id=world.ada.partner_id, order_id=order_id)
        lines = earnings(session, now=world.now, partner_id=world.ada.partner_id)
    assert {entry.kind for entry in order.timeline} == {"placed", "paid", "mail_receipt", "mail_notice"}
    assert [line.amount for line in lines] == [usd("8.00")]
