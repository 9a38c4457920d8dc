"""Roles, grants and row-level security.

Two roles serve requests and own nothing. ``awning_face`` sees one partner at a time;
``awning_console`` sees all. A table with a partner has both row-level security and a key that begins
with the partner, because foreign-key checks bypass row-level security.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLES = ("awning_face", "awning_console")

TENANT_TABLES = (
    "partners",
    "stores",
    "look_versions",
    "retail_rules",
    "hidden_products",
    "carts",
    "cart_items",
    "customers",
    "orders",
    "order_lines",
    "order_events",
    "shipments",
    "sent_mails",
    "payment_attempts",
    "ledger_entries",
)

# What is not granted is refused. History (order lines, timeline, ledger, audit log) can only grow,
# so no role may update or delete it.
FACE = {
    "company": "SELECT",
    "price_lists": "SELECT",
    "wholesale_prices": "SELECT",
    "suggested_prices": "SELECT",
    "tax_rates": "SELECT",
    "delivery_rates": "SELECT",
    "products": "SELECT",
    "pictures": "SELECT",
    "variants": "SELECT",
    "collections": "SELECT",
    "collection_products": "SELECT",
    "stock_levels": "SELECT, UPDATE (held)",
    "store_revisions": "SELECT, UPDATE (revision)",
    "hostnames": "SELECT",
    "people": "SELECT, UPDATE (name, password_hash)",
    "memberships": "SELECT",
    "web_sessions": "SELECT, INSERT, UPDATE (seen_at, revoked_at, expires_at, partner_id)",
    "one_time_links": "SELECT, INSERT, UPDATE (used_at)",
    "sign_in_attempts": "SELECT, INSERT, UPDATE, DELETE",
    "audit_log": "INSERT",
    "stripe_events": "SELECT, INSERT, UPDATE (handled_at, outcome)",
    "partners": "SELECT",
    "stores": "SELECT, UPDATE (name, tagline, state, support_email, on_wholesale_rise, published_look_id,"
    " last_order_number)",
    "look_versions": "SELECT, INSERT",
    "retail_rules": "SELECT, INSERT, UPDATE (valid)",
    "hidden_products": "SELECT, INSERT, DELETE",
    "carts": "SELECT, INSERT, UPDATE (updated_at), DELETE",
    "cart_items": "SELECT, INSERT, UPDATE (quantity, seen), DELETE",
    "customers": "SELECT, INSERT, UPDATE (name, phone, address)",
    "orders": "SELECT, INSERT, UPDATE (customer_id, payment, stock, paid_at, available_on, flagged)",
    "order_lines": "SELECT, INSERT",
    "order_events": "SELECT, INSERT",
    "shipments": "SELECT",
    "sent_mails": "SELECT, INSERT",
    "payment_attempts": "SELECT, INSERT, UPDATE (state, session_id, url, payment_intent_id, charge_id)",
    "ledger_entries": "SELECT, INSERT",
}
CONSOLE = {
    "company": "SELECT, INSERT, UPDATE",
    "price_lists": "SELECT, INSERT, UPDATE",
    "wholesale_prices": "SELECT, INSERT, UPDATE (valid)",
    "suggested_prices": "SELECT, INSERT, UPDATE, DELETE",
    "tax_rates": "SELECT, INSERT, UPDATE, DELETE",
    "delivery_rates": "SELECT, INSERT, UPDATE, DELETE",
    "products": "SELECT, INSERT, UPDATE",
    "pictures": "SELECT, INSERT, UPDATE, DELETE",
    "variants": "SELECT, INSERT, UPDATE",
    "collections": "SELECT, INSERT, UPDATE, DELETE",
    "collection_products": "SELECT, INSERT, UPDATE, DELETE",
    "stock_levels": "SELECT, INSERT, UPDATE",
    "store_revisions": "SELECT, INSERT, UPDATE",
    "hostnames": "SELECT, INSERT, UPDATE, DELETE",
    "people": "SELECT, INSERT, UPDATE",
    "memberships": "SELECT, INSERT, UPDATE, DELETE",
    "web_sessions": "SELECT, INSERT, UPDATE",
    "one_time_links": "SELECT, INSERT, UPDATE",
    "sign_in_attempts": "SELECT, INSERT, UPDATE, DELETE",
    "audit_log": "SELECT, INSERT",
    "stripe_events": "SELECT, INSERT, UPDATE (handled_at, outcome)",
    "partners": "SELECT, INSERT, UPDATE (name, state, price_list_id, customer_fields)",
    "stores": "SELECT, INSERT, UPDATE (name, tagline, state, support_email, on_wholesale_rise,"
    " published_look_id, last_order_number)",
    "look_versions": "SELECT, INSERT",
    "retail_rules": "SELECT, INSERT, UPDATE (valid)",
    "hidden_products": "SELECT",
    "carts": "SELECT",
    "cart_items": "SELECT",
    "customers": "SELECT",
    "orders": "SELECT, UPDATE (fulfilment, stock, shipped_at, delivered_at, available_on, flagged)",
    "order_lines": "SELECT",
    "order_events": "SELECT, INSERT",
    "shipments": "SELECT, INSERT",
    "sent_mails": "SELECT, INSERT",
    "payment_attempts": "SELECT",
    "ledger_entries": "SELECT",
}


def upgrade() -> None:
    for role in ROLES:
        op.execute(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}')"
            f" THEN CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS; END IF; END $$"
        )
        op.execute(f"GRANT {role} TO CURRENT_USER")
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        op.execute(f"GRANT SELECT ON alembic_version TO {role}")
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")
    for table in TENANT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        mine = "partner_id = nullif(current_setting('awning.partner', true), '')::uuid"
        op.execute(
            f"CREATE POLICY one_partner ON {table} TO awning_face USING ({mine}) WITH CHECK ({mine})"
        )
        op.execute(f"CREATE POLICY all_partners ON {table} TO awning_console USING (true) WITH CHECK (true)")
    op.execute("INSERT INTO store_revisions (store_id) VALUES ('00000000-0000-0000-0000-000000000000')")


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
