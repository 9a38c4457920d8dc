"""Foreign keys, in a step of their own: a distributed installation creates tables first.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE collection_products ADD CONSTRAINT collection_products_collection_id_fkey FOREIGN KEY(collection_id) REFERENCES collections (collection_id)
    """,
    """
    ALTER TABLE collection_products ADD CONSTRAINT collection_products_product_id_fkey FOREIGN KEY(product_id) REFERENCES products (product_id)
    """,
    """
    ALTER TABLE memberships ADD CONSTRAINT memberships_person_id_fkey FOREIGN KEY(person_id) REFERENCES people (person_id)
    """,
    """
    ALTER TABLE one_time_links ADD CONSTRAINT one_time_links_person_id_fkey FOREIGN KEY(person_id) REFERENCES people (person_id)
    """,
    """
    ALTER TABLE partners ADD CONSTRAINT partners_price_list_id_fkey FOREIGN KEY(price_list_id) REFERENCES price_lists (price_list_id)
    """,
    """
    ALTER TABLE pictures ADD CONSTRAINT pictures_product_id_fkey FOREIGN KEY(product_id) REFERENCES products (product_id)
    """,
    """
    ALTER TABLE web_sessions ADD CONSTRAINT web_sessions_person_id_fkey FOREIGN KEY(person_id) REFERENCES people (person_id)
    """,
    """
    ALTER TABLE stores ADD CONSTRAINT stores_partner_id_fkey FOREIGN KEY(partner_id) REFERENCES partners (partner_id)
    """,
    """
    ALTER TABLE variants ADD CONSTRAINT variants_picture_id_fkey FOREIGN KEY(picture_id) REFERENCES pictures (picture_id)
    """,
    """
    ALTER TABLE variants ADD CONSTRAINT variants_product_id_fkey FOREIGN KEY(product_id) REFERENCES products (product_id)
    """,
    """
    ALTER TABLE carts ADD CONSTRAINT carts_partner_id_store_id_fkey FOREIGN KEY(partner_id, store_id) REFERENCES stores (partner_id, store_id)
    """,
    """
    ALTER TABLE customers ADD CONSTRAINT customers_partner_id_store_id_fkey FOREIGN KEY(partner_id, store_id) REFERENCES stores (partner_id, store_id)
    """,
    """
    ALTER TABLE hidden_products ADD CONSTRAINT hidden_products_partner_id_store_id_fkey FOREIGN KEY(partner_id, store_id) REFERENCES stores (partner_id, store_id)
    """,
    """
    ALTER TABLE hidden_products ADD CONSTRAINT hidden_products_product_id_fkey FOREIGN KEY(product_id) REFERENCES products (product_id)
    """,
    """
    ALTER TABLE look_versions ADD CONSTRAINT look_versions_partner_id_store_id_fkey FOREIGN KEY(partner_id, store_id) REFERENCES stores (partner_id, store_id)
    """,
    """
    ALTER TABLE orders ADD CONSTRAINT orders_partner_id_store_id_fkey FOREIGN KEY(partner_id, store_id) REFERENCES stores (partner_id, store_id)
    """,
    """
    ALTER TABLE retail_rules ADD CONSTRAINT retail_rules_partner_id_store_id_fkey FOREIGN KEY(partner_id, store_id) REFERENCES stores (partner_id, store_id)
    """,
    """
    ALTER TABLE stock_levels ADD CONSTRAINT stock_levels_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES variants (variant_id)
    """,
    """
    ALTER TABLE suggested_prices ADD CONSTRAINT suggested_prices_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES variants (variant_id)
    """,
    """
    ALTER TABLE wholesale_prices ADD CONSTRAINT wholesale_prices_price_list_id_fkey FOREIGN KEY(price_list_id) REFERENCES price_lists (price_list_id)
    """,
    """
    ALTER TABLE wholesale_prices ADD CONSTRAINT wholesale_prices_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES variants (variant_id)
    """,
    """
    ALTER TABLE cart_items ADD CONSTRAINT cart_items_partner_id_cart_id_fkey FOREIGN KEY(partner_id, cart_id) REFERENCES carts (partner_id, cart_id)
    """,
    """
    ALTER TABLE order_events ADD CONSTRAINT order_events_partner_id_order_id_fkey FOREIGN KEY(partner_id, order_id) REFERENCES orders (partner_id, order_id)
    """,
    """
    ALTER TABLE order_lines ADD CONSTRAINT order_lines_partner_id_order_id_fkey FOREIGN KEY(partner_id, order_id) REFERENCES orders (partner_id, order_id)
    """,
    """
    ALTER TABLE payment_attempts ADD CONSTRAINT payment_attempts_partner_id_order_id_fkey FOREIGN KEY(partner_id, order_id) REFERENCES orders (partner_id, order_id)
    """,
    """
    ALTER TABLE sent_mails ADD CONSTRAINT sent_mails_partner_id_order_id_fkey FOREIGN KEY(partner_id, order_id) REFERENCES orders (partner_id, order_id)
    """,
    """
    ALTER TABLE shipments ADD CONSTRAINT shipments_partner_id_order_id_fkey FOREIGN KEY(partner_id, order_id) REFERENCES orders (partner_id, order_id)
    """,
    """
    ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_partner_id_line_id_fkey FOREIGN KEY(partner_id, line_id) REFERENCES order_lines (partner_id, line_id)
    """,
    """
    ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_partner_id_order_id_fkey FOREIGN KEY(partner_id, order_id) REFERENCES orders (partner_id, order_id)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("money history is not taken back; restore a backup instead")
