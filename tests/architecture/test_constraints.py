"""What a row may not be: each constraint is tried with a row that breaks it, and nothing else.

The rows are real ones, copied with a few columns changed. The tables' owner writes them, to whom nothing
is refused but what constraints refuse, in a transaction that is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Connection,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
    create_engine,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import IntegrityError

from migrations.metadata import metadata
from storage.tenancy import tenant_tables
from tests.world import CONTACT, World

TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)
TENANT_TABLES = tenant_tables(TABLES)

# Tables of which buying fills no row, each with the least that makes one.
_ROWS = (
    "INSERT INTO people VALUES (:id, :name, 'P', NULL, NULL, now())",
    "INSERT INTO memberships VALUES (:id, :ada, 'owner', now())",
    "INSERT INTO one_time_links VALUES (:bytes, 'reset', 'portal', :id, NULL, now(), now(), NULL)",
    "INSERT INTO web_sessions VALUES (:bytes, 'portal', :id, NULL, '', now(), now(), now(), NULL)",
    "INSERT INTO sign_in_attempts VALUES (:bytes, 1, now())",
    "INSERT INTO theme_failures VALUES ('x@1', 'x.html', 'x', now(), now())",
    "INSERT INTO stripe_events VALUES (:name, 'x', 'x', '{}', now(), NULL, NULL, 0, now())",
    "INSERT INTO collections VALUES (:id, :name, 'C', '', 1)",
    "INSERT INTO collection_products VALUES (:id, :product, 1)",
    "INSERT INTO pictures (picture_id, product_id, position) VALUES (:id, :product, 1)",
    "INSERT INTO hidden_products VALUES (:ada, :store, :product)",
    "INSERT INTO cart_items SELECT partner_id, cart_id, :variant, 1, 1, now() FROM carts WHERE partner_id = :ada",
    "INSERT INTO order_events VALUES (:ada, :id, :order, now(), 'x')",
    "INSERT INTO wholesale_changes (change_id, begins, actor, created_at) VALUES (:id, now(), 'x', now())",
    "INSERT INTO wholesale_notices VALUES (:ada, :id, 'announced', :id, NULL)",
    "INSERT INTO price_bands VALUES (:variant, 'USD', false, 5, 1, 2, 3, now())",
    "INSERT INTO ceiling_changes VALUES (:id, :variant, 'USD', 1, now(), 'x')",
    "INSERT INTO price_ceilings VALUES (:variant, 'USD', 1)",
    "INSERT INTO sale_events VALUES (:id, 'x', '', now(), now(), now() + interval '1 day', '{}', 'x', now())",
    "INSERT INTO sale_event_products VALUES (:id, :product, 1)",
    "INSERT INTO sale_event_choices VALUES (:ada, :id, :store, :id, true, 1, now(), 'x')",
    "INSERT INTO sale_event_notices VALUES (:ada, :id, 'announced', :id, NULL)",
    "INSERT INTO store_sales VALUES"
    " (:ada, :id, :store, 'product', :product, 1, tstzrange(now(), NULL), NULL, 'x', now())",
    "INSERT INTO shipments VALUES (:ada, :id, :order, 'x', 'x', 'x', now())",
    "INSERT INTO coupons VALUES (:ada, :id, :store, 'SPRING', 'percent', 1, 'product', :product, 1,"
    " tstzrange(now(), NULL), 1, 1, NULL, 'x', now())",
    "INSERT INTO promotions VALUES (:id, 'x', 'SPRING', 'percent', 1, NULL, 'product', :product, '{}',"
    " tstzrange(now(), NULL), 0, 1, 1, NULL, 'x', '', now())",
    "INSERT INTO order_discounts VALUES (:ada, :order, 'partner', :id, 'SPRING', 'x', 1, 1)",
    "INSERT INTO refunds VALUES (:ada, :id, :order, 'asked', 1, 'USD', 0, 0, 1, 'company', 0, 0, '', 'x', now(),"
    " 're_1')",
    "INSERT INTO refunds SELECT partner_id, gen_random_uuid(), order_id, 'asked', 1, 'EUR', 0, 0, 1, 'company', 0,"
    " 0, '', 'x', now() FROM orders WHERE partner_id = :ben",
    "INSERT INTO refund_lines SELECT partner_id, :id, line_id, 1, true, 1, 0, 0, 0, 0 FROM order_lines"
    " WHERE partner_id = :ada",
    "INSERT INTO statements VALUES (:ada, :id, 'USD', 2, '2026-01-01', '2026-02-01', 0, 0, 0, repeat('0', 64),"
    " repeat('1', 64), '2026-02-01', 1, 'x', 'x')",
    "INSERT INTO cancelled_units SELECT partner_id, :id, order_id, line_id, 1, true, 'x', now()"
    " FROM order_lines WHERE partner_id = :ada",
    "INSERT INTO refunds VALUES (:ada, gen_random_uuid(), :order, 'asked', 1, 'USD', 0, 0, 1, 'company', 0, 0, '',"
    " 'x', now(), 're_2')",
    "INSERT INTO returns VALUES (:ada, :id, :order, 'return', 'refunded', '', now(), NULL, NULL, NULL, NULL, NULL,"
    " :id, now())",
    "INSERT INTO returns SELECT partner_id, gen_random_uuid(), order_id, 'return', 'requested', '', now() FROM orders"
    " WHERE partner_id = :ben",
    "INSERT INTO return_lines SELECT partner_id, :id, line_id, 1, 'other' FROM order_lines WHERE partner_id = :ada",
    "INSERT INTO refund_requests VALUES (:ada, :id, :order, 'given', 1, 'USD', 0, 0, NULL, 'x', 'x', now(), :id,"
    " NULL, 'x', now())",
    "INSERT INTO refund_requests VALUES (:ada, gen_random_uuid(), :order, 'asked', 1, 'USD', 0, 0, NULL, 'x', 'x',"
    " now())",
    "INSERT INTO refund_requests SELECT partner_id, gen_random_uuid(), order_id, 'asked', 1, 'EUR', 0, 0, NULL, 'x',"
    " 'x', now() FROM orders WHERE partner_id = :ben",
    "INSERT INTO refund_request_lines SELECT partner_id, :id, line_id, 1 FROM order_lines WHERE partner_id = :ada",
    "INSERT INTO holds VALUES (:ada, :id, :order, 'risk', 'x', 'x', now())",
    "INSERT INTO disputes VALUES (:ada, :id, :order, 'du_1', 'open', 1, 'USD', 'fraudulent', now())",
    "INSERT INTO balance_points VALUES (:ada, 'USD', now(), 1)",
    "INSERT INTO payout_accounts VALUES (:ada, :id, 'US', 'acct_1', false, false, '[]', NULL, now(), NULL, 'x',"
    " now())",
    "INSERT INTO payout_accounts VALUES (:ada, gen_random_uuid(), 'US', 'acct_2', false, false, '[]', NULL, now(),"
    " NULL, 'x', now())",
    "UPDATE payout_runs SET state = 'withdrawn' WHERE state = 'draft'",
    "INSERT INTO payout_runs VALUES (:id, 'draft', 'x', now(), 'x')",
    "INSERT INTO payout_lines VALUES (:ada, :id, :id, :id, 5, 'USD', 'paid', '', '', 0, now(), '', 'tr_1', '', 0,"
    " now(), now())",
    "INSERT INTO payout_lines VALUES (:ada, gen_random_uuid(), :id, :id, 5, 'EUR', 'paid', '', '', 0, now(), '',"
    " 'tr_2', '', 0, now(), now())",
    "INSERT INTO payout_accounts VALUES (:ben, gen_random_uuid(), 'DE', 'acct_3', false, false, '[]', NULL, now(),"
    " NULL, 'x', now())",
    "INSERT INTO payout_lines VALUES (:ben, gen_random_uuid(), :id, NULL, 0, 'EUR', 'excluded', 'nothing', '', 0,"
    " NULL, '', NULL, '', 0, NULL, now())",
    "INSERT INTO payout_reversals VALUES (:ada, 'trr_1', :id, 1, now())",
    "INSERT INTO payout_notices VALUES (:ada, :id, :id, NULL)",
    "INSERT INTO look_drafts VALUES (:ada, :store, 1, 0, 'x', now())",
    "INSERT INTO look_drafts SELECT partner_id, store_id, 1, 0, 'x', now() FROM stores WHERE partner_id = :ben",
    "INSERT INTO look_steps VALUES (:ada, :store, 0, 'x', '{}', '{}', '', 'x', 1, 'x', now())",
    "INSERT INTO draft_links VALUES (:ada, :id, :store, :bytes, 'x', now(), now() + interval '1 day', NULL)",
    "INSERT INTO newsletter_subscribers VALUES (:ada, :id, :store, 'a@example.com', 'confirmed', 'x', '/', 'en', 0,"
    " now(), now(), now(), NULL)",
    "INSERT INTO newsletter_wishes VALUES (:ada, :order, 'x', now())",
    "INSERT INTO support_cases VALUES (:ada, :id, :store, 1, :order, '', 'a@example.com', 'A', 'other', 'en', 'open',"
    " true, now(), now(), now(), NULL)",
    "INSERT INTO support_cases SELECT partner_id, gen_random_uuid(), store_id, 1, NULL, '', 'b@example.com', 'B',"
    " 'other', 'en', 'open', false, NULL, now(), now(), NULL FROM stores WHERE partner_id = :ben",
    "INSERT INTO case_entries VALUES (:ada, :id, :id, now(), 'shopper', 'message', 'x', '', '', NULL)",
    "INSERT INTO accounts SELECT partner_id, gen_random_uuid(), store_id, customer_id, 'a@example.com', 'x', order_id,"
    " now(), now() FROM orders WHERE partner_id IN (:ada, :ben)",
    "INSERT INTO account_sessions SELECT partner_id, :bytes, account_id, now(), now() + interval '1 day' FROM accounts"
    " WHERE partner_id = :ada",
    "INSERT INTO account_addresses SELECT partner_id, :id, account_id, '{}', true, now() FROM accounts"
    " WHERE partner_id = :ada",
    "INSERT INTO shopper_links SELECT partner_id, :id, store_id, 'prove', 'a@example.com', account_id, NULL, NULL,"
    " NULL, 'en', :bytes, now(), now() + interval '1 day', NULL FROM accounts WHERE partner_id = :ada",
)
# How a row is changed so that it breaks this constraint and no other; values are SQL.
_BROKEN: dict[str, dict[str, str]] = {
    "account_addresses_one_default_key": {"address_id": "gen_random_uuid()"},
    "account_sessions_expires_at_check": {"expires_at": "created_at"},
    "accounts_email_check": {"email": "'A@example.com'"},
    "accounts_one_proven_key": {"account_id": "gen_random_uuid()"},
    "accounts_order_id_check": {"order_id": "NULL", "proven_at": "NULL"},
    "shopper_links_account_id_check": {"account_id": "NULL"},
    "shopper_links_expires_at_check": {"expires_at": "created_at"},
    "shopper_links_number_check": {"number": "1"},
    "shopper_links_password_hash_check": {"password_hash": "'x'"},
    "shopper_links_purpose_check": {"purpose": "'fun'", "account_id": "NULL"},
    "cancelled_units_quantity_check": {"quantity": "0"},
    "cart_items_quantity_check": {"quantity": "0"},
    "case_entries_body_check": {"body": "''"},
    "case_entries_kind_check": {"kind": "'rumour'", "side": "'store'"},
    "case_entries_shopper_check": {"kind": "'note'"},
    "case_entries_side_check": {"side": "'nobody'"},
    "ceiling_changes_amount_check": {"amount": "0"},
    "company_dispute_fee_by_check": {"dispute_fee_by": "'shopper'"},
    "company_lost_wholesale_check": {"lost_wholesale": "'goodwill'"},
    "company_hold_days_check": {"hold_days": "366"},
    "company_keep_orders_months_check": {"keep_orders_months": "601"},
    "company_hold_from_check": {"hold_from": "'order'"},
    "company_one_row_check": {"company_id": "2"},
    "company_smallest_margin_bps_check": {"smallest_margin_bps": "-1"},
    "coupons_code_check": {"code": "'no'"},
    "coupons_kind_check": {"kind": "'gift'"},
    "coupons_one_code_key": {"coupon_id": "gen_random_uuid()"},
    "coupons_scope_check": {"scope": "'planet'"},
    "coupons_smallest_order_check": {"smallest_order": "0"},
    "coupons_uses_check": {"most_uses": "0"},
    "coupons_valid_check": {"valid": "'empty'"},
    "coupons_value_check": {"value": "10001"},
    "delivery_rates_amount_check": {"amount": "-1"},
    "delivery_rates_days_check": {"days_to": "days_from - 1"},
    "draft_links_expires_at_check": {"expires_at": "created_at"},
    "draft_links_token_key": {"link_id": "gen_random_uuid()"},
    "look_drafts_counts_check": {"version": "-1"},
    "look_steps_step_check": {"step": "-1"},
    "hostnames_lower_check": {"host": "'Shop.example.com'"},
    "ledger_entries_accounts_check": {"debit": "'petty_cash'"},
    "ledger_entries_amount_check": {"amount": "0"},
    "ledger_entries_two_accounts_check": {"debit": "'goodwill'", "credit": "'goodwill'"},
    "memberships_role_check": {"role": "'god'"},
    "newsletter_subscribers_asks_check": {"asks": "-1"},
    "newsletter_subscribers_confirmed_at_check": {"confirmed_at": "NULL"},
    "newsletter_subscribers_email_check": {"email": "'A@example.com'"},
    "newsletter_subscribers_left_at_check": {"left_at": "now()"},
    "newsletter_subscribers_state_check": {"state": "'guess'"},
    "one_time_links_face_check": {"face": "'store'"},
    "one_time_links_purpose_check": {"purpose": "'fun'"},
    "order_lines_amounts_check": {"tax": "-1"},
    "order_lines_floor_check": {"unit_floor": "unit_wholesale - 1"},
    "order_lines_margin_check": {"margin": "margin + 1"},
    "order_lines_net_check": {"net": "-1", "company_discount": "net + company_discount + 1"},
    "order_lines_not_under_floor_check": {"unit_floor": "net + 1"},
    "order_lines_quantity_check": {"quantity": "0", "margin": "net"},
    "order_discounts_amount_check": {"net": "amount + 1"},
    "order_discounts_funder_check": {"funder": "'nobody'"},
    "orders_amounts_check": {"tax": "-1", "total": "goods + delivery - 1"},
    "orders_erased_at_check": {"erased_at": "now()"},
    "orders_fulfilment_check": {"fulfilment": "'lost'"},
    "orders_paid_at_check": {"payment": "'paid'", "paid_at": "NULL"},
    "orders_payment_check": {"payment": "'promised'"},
    "orders_stock_check": {"stock": "'gone'"},
    "orders_total_check": {"total": "total + 1"},
    "partners_state_check": {"state": "'gone'"},
    "disputes_amount_check": {"amount": "0"},
    "disputes_closed_at_check": {"closed_at": "now()"},
    "disputes_state_check": {"state": "'guess'", "closed_at": "now()"},
    "holds_active_key": {"hold_id": "gen_random_uuid()"},
    "holds_kind_check": {"kind": "'guess'"},
    "holds_released_check": {"released_at": "now()"},
    "orders_fee_share_bps_check": {"fee_share_bps": "10001"},
    "payment_attempts_amount_check": {"amount": "0"},
    "payment_attempts_state_check": {"state": "'stuck'"},
    "payout_accounts_able_check": {"able": "true", "stripe_id": "NULL"},
    "payout_accounts_country_check": {"country": "'Germany'"},
    "payout_accounts_pays_from_check": {"pays_from": "created_at - interval '1 day'"},
    "payout_lines_amount_check": {"amount": "0"},
    "payout_lines_reason_check": {"note": "'why'"},
    "payout_lines_reversed_check": {"reversed": "amount"},
    "payout_lines_sent_check": {"stripe_id": "NULL"},
    "payout_lines_settled_check": {"settled_at": "NULL"},
    "payout_lines_state_check": {"state": "'lost'", "stripe_id": "NULL", "settled_at": "NULL"},
    "payout_lines_waits_for_check": {"waits_for": "'stripe'"},
    "payout_reversals_amount_check": {"amount": "0"},
    "payout_runs_approved_check": {"state": "'withdrawn'", "approved_by": "NULL", "approved_at": "now()"},
    "payout_runs_one_draft_key": {
        "run_id": "gen_random_uuid()",
        "state": "'draft'",
        "approved_by": "NULL",
        "approved_at": "NULL",
    },
    "payout_runs_state_check": {"state": "'sent'", "approved_by": "NULL", "approved_at": "NULL"},
    "payout_runs_two_people_check": {
        "state": "'approved'",
        "approved_by": "drafted_by",
        "approved_at": "now()",
    },
    "payout_terms_day_check": {"day": "29"},
    "payout_terms_one_row_check": {"terms_id": "2"},
    "payout_terms_schedule_check": {"schedule": "'yearly'"},
    "people_console_role_check": {"console_role": "'god'"},
    "people_email_check": {"email": "'Maya@example.com'"},
    "promotions_code_check": {"code": "'no'"},
    "promotions_currency_check": {"currency": "'USD'"},
    "promotions_kind_check": {"kind": "'gift'"},
    "promotions_limit_bps_check": {"limit_bps": "10001"},
    "promotions_name_check": {"name": "''"},
    "promotions_one_code_key": {"promotion_id": "gen_random_uuid()"},
    "promotions_scope_check": {"scope": "'planet'"},
    "promotions_uses_check": {"most_per_store": "0"},
    "promotions_valid_check": {"valid": "'empty'"},
    "promotions_value_check": {"value": "10001"},
    "price_lists_fee_share_bps_check": {"fee_share_bps": "10001"},
    "price_lists_hold_from_check": {"hold_from": "'order'"},
    "price_lists_one_default_key": {"price_list_id": "gen_random_uuid()", "name": "'Another default'"},
    "products_option_names_check": {"option_names": "'{a,b,c,d}'"},
    "products_state_check": {"state": "'gone'"},
    "refund_lines_quantity_check": {"quantity": "0"},
    "refund_request_lines_quantity_check": {"quantity": "0"},
    "refund_requests_amount_check": {"amount": "0"},
    "refund_requests_decided_check": {"decided_by": "NULL"},
    "refund_requests_declined_for_check": {"declined_for": "'x'"},
    "refund_requests_funder_check": {"funder": "'nobody'"},
    "refund_requests_one_open_key": {
        "request_id": "gen_random_uuid()",
        "state": "'asked'",
        "refund_id": "NULL",
        "decided_by": "NULL",
        "decided_at": "NULL",
    },
    "refund_requests_parts_check": {"delivery": "-1"},
    "refund_requests_refund_id_check": {"refund_id": "NULL"},
    "refund_requests_state_check": {"state": "'guess'", "refund_id": "NULL"},
    "refunds_amount_check": {"amount": "0"},
    "refunds_funder_check": {"funder": "'nobody'"},
    "refunds_goodwill_back_check": {"goodwill_back": "-1"},
    "refunds_parts_check": {"delivery": "-1"},
    "refunds_state_check": {"state": "'guess'"},
    "retail_rules_layer_check": {"layer": "'guess'"},
    "retail_rules_method_check": {"method": "'guess'"},
    "retail_rules_not_under_floor_check": {"method": "'fixed'", "judged_floor": "NULL"},
    "retail_rules_one_at_a_time": {"rule_id": "gen_random_uuid()"},
    "retail_rules_rounding_check": {"rounding": "'77'"},
    "retail_rules_scope_check": {"scope": "'planet'"},
    "retail_rules_valid_check": {"valid": "'empty'"},
    "retail_rules_value_check": {"value": "-1"},
    "price_bands_partners_check": {"partners": "4"},
    "price_bands_quartiles_check": {"median": "high + 1"},
    "price_ceilings_amount_check": {"amount": "0"},
    "return_lines_quantity_check": {"quantity": "0"},
    "return_lines_reason_check": {"reason": "'none'"},
    "return_lines_received_check": {"received": "quantity + 1"},
    "returns_closed_at_check": {"closed_at": "NULL"},
    "returns_declined_for_check": {"declined_for": "'x'"},
    "returns_kind_check": {"kind": "'gift'"},
    "returns_received_at_check": {"state": "'received'", "refund_id": "NULL", "closed_at": "NULL"},
    "returns_refund_id_check": {"refund_id": "NULL"},
    "returns_state_check": {"state": "'guess'", "refund_id": "NULL"},
    "returns_withdrawal_check": {
        "kind": "'withdrawal'",
        "state": "'requested'",
        "refund_id": "NULL",
        "closed_at": "NULL",
    },
    "sale_event_choices_pass_on_bps_check": {"pass_on_bps": "10001"},
    "sale_event_notices_kind_check": {"kind": "'rumoured'"},
    "sale_event_products_off_bps_check": {"off_bps": "0"},
    "sale_events_name_check": {"name": "''"},
    "sale_events_period_check": {"ends": "begins"},
    "sale_events_withdrawn_at_check": {"withdrawn_at": "begins"},
    "statements_entries_check": {"entries": "-1"},
    "statements_first_check": {"number": "1"},
    "statements_hash_check": {"hash": "upper(repeat('a', 64))"},
    "statements_number_check": {"number": "0"},
    "statements_period_check": {"period_to": "period_from"},
    "statements_version_check": {"version": "0"},
    "stock_levels_held_check": {"held": "-1"},
    "stock_levels_not_oversold_check": {"held": "on_hand + 1"},
    "stores_on_wholesale_rise_check": {"on_wholesale_rise": "'panic'"},
    "stores_state_check": {"state": "'gone'"},
    "store_sales_off_bps_check": {"off_bps": "9001"},
    "store_sales_one_at_a_time": {"sale_id": "gen_random_uuid()"},
    "store_sales_scope_check": {"scope": "'planet'"},
    "store_sales_valid_check": {"valid": "'empty'"},
    "suggested_prices_amount_check": {"amount": "-1"},
    "support_cases_closed_at_check": {"closed_at": "now()"},
    "support_cases_company_waits_check": {"company_since": "NULL"},
    "support_cases_state_check": {"state": "'guess'"},
    "support_cases_subject_check": {"subject": "'weather'"},
    "tax_rates_rate_bps_check": {"rate_bps": "10001"},
    "variants_options_check": {"options": "'{a,b,c,d}'"},
    "variants_product_id_options_key": {"variant_id": "gen_random_uuid()", "sku": "'twin'"},
    "web_sessions_face_check": {"face": "'store'"},
    "wholesale_changes_withdrawn_at_check": {"withdrawn_at": "begins"},
    "wholesale_notices_kind_check": {"kind": "'rumoured'"},
    "wholesale_prices_amount_check": {"amount": "0"},
    "wholesale_prices_one_at_a_time": {"wholesale_id": "gen_random_uuid()"},
    "wholesale_prices_valid_check": {"valid": "'empty'"},
}


# A copy of these would overlap with the row that it was copied from, or be no code, which is refused
# before keys are.
_APART = {
    "payout_lines": {
        "state": "'excluded'",
        "reason": "'nothing'",
        "account_id": "NULL",
        "stripe_id": "NULL",
        "settled_at": "NULL",
    },
    "wholesale_prices": {"currency": "'XXX'"},
    "coupons": {"code": "'FRESH'"},
    "order_discounts": {"funder": "'company'"},
    "holds": {"kind": "'by_hand'"},
    # One request of an order may wait; the row that is copied was given.
    "refund_requests": {"order_id": "order_id"},
}


class Rows:
    """A database with rows in every table, as the owner of the tables."""

    def __init__(self, connection: Connection, world: World) -> None:
        self.connection = connection
        order_id = world.ada.buy((world.mug, 1))
        world.ben.buy((world.tote, 1), contact=replace(CONTACT, country="DE", region="", postcode="10115"))
        world.run_jobs()
        self.keys: dict[str, UUID | str | bytes] = {
            "id": uuid4(),
            "name": str(uuid4()),
            "bytes": uuid4().bytes,
            "ada": world.ada.partner_id,
            "ben": world.ben.partner_id,
            "store": world.ada.store_id,
            "order": order_id,
            "variant": world.variant(world.mug),
            "product": world.product(world.mug.replace("-oat", "")),
        }
        for table in TENANT_TABLES:
            # The owner is held to row-level security too, which gives it no row.
            connection.execute(text(f"ALTER TABLE {table.name} NO FORCE ROW LEVEL SECURITY"))
        for statement in _ROWS:
            connection.execute(text(statement), self.keys)

    def breaks(self, table: Table, changed: Mapping[str, str]) -> str:
        """Copy a row, changed; the name of the constraint that refused it, or nothing."""
        names = [column.name for column in table.columns if column.computed is None]
        values = ", ".join(changed.get(name, name) for name in names)
        chosen = "WHERE partner_id = :ada" if table in TENANT_TABLES else ""
        if table.name in ("stock_levels", "variants"):
            chosen = "WHERE variant_id = :variant"
        if table.name == "price_lists":
            chosen = "WHERE is_default"
        if table.name == "promotions":
            chosen = "WHERE promotion_id = :id"
        copy = f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} FROM {table.name} {chosen} LIMIT 1"
        savepoint = self.connection.begin_nested()
        try:
            copied = self.connection.execute(text(copy), self.keys).rowcount
        except IntegrityError as error:
            return str(getattr(error.orig, "diag").constraint_name)  # noqa: B009 - the type is the driver's own.
        finally:
            savepoint.rollback()
        assert copied, f"{table.name} has no row to copy"
        return ""


@pytest.fixture
def rows(world: World) -> Iterator[Rows]:
    engine = create_engine(world.services.database.owner_url)
    try:
        with engine.connect() as connection:
            yield Rows(connection, world)
    finally:
        engine.dispose()


def fresh(table: Table, *but: str) -> dict[str, str]:
    """Values that no other row has for what tells rows of this table apart, except in some columns."""
    kinds = {
        Uuid: "gen_random_uuid()",
        BigInteger: "424242",
        LargeBinary: "'\\x00'",
        ARRAY: "'{fresh}'",
        DateTime: "'2001-01-01'",
    }
    changed = {}
    for key in (*table.constraints, *(index for index in table.indexes if index.unique)):
        if isinstance(key, PrimaryKeyConstraint | UniqueConstraint | Index):
            last = list(key.columns)[-1]
            kind = next((sql for type_, sql in kinds.items() if isinstance(last.type, type_)), "'fresh'")
            changed[last.name] = "false" if isinstance(last.type, Boolean) else kind
    return {name: sql for name, sql in changed.items() if name not in but}


def test_no_two_rows_have_the_same_key(rows: Rows) -> None:
    found = {str(table.primary_key.name): rows.breaks(table, {}) for table in TABLES}
    for table in TABLES:
        for key in table.constraints:
            if isinstance(key, UniqueConstraint):
                last = list(key.columns)[-1].name
                found[str(key.name)] = rows.breaks(table, fresh(table, last))
    assert found == {name: name for name in found}


def test_a_row_names_only_what_is_there_and_is_its_own_partners(rows: Rows) -> None:
    found = {}
    for table in TABLES:
        for key in table.foreign_key_constraints:
            # Another partner's thing is as good as none; a shared thing is made up.
            column, target = key.elements[-1].parent.name, key.referred_table
            theirs = (
                f"(SELECT {key.elements[-1].column.name} FROM {target.name} WHERE partner_id = :ben LIMIT 1)"
            )
            another = theirs if target in TENANT_TABLES and len(key.elements) > 1 else "gen_random_uuid()"
            apart = _APART.get(table.name, {})
            found[str(key.name)] = rows.breaks(table, {**fresh(table), **apart, column: another})
    assert found == {name: name for name in found}


def test_every_rule_about_rows_is_kept(rows: Rows) -> None:
    found = {}
    ruled = set()
    for table in TABLES:
        rules = {str(rule.name) for rule in table.constraints if isinstance(rule, CheckConstraint)}
        rules |= {str(rule.name) for rule in table.constraints if isinstance(rule, ExcludeConstraint)}
        rules |= {str(index.name) for index in table.indexes if index.unique}
        for rule in rules & set(_BROKEN):
            found[rule] = rows.breaks(table, _BROKEN[rule])
        ruled |= rules
    assert found == {name: name for name in found}
    assert ruled == set(_BROKEN), "each rule has a row that breaks it"
