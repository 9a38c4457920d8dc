"""A crowd of partners and a large catalogue, written straight into the database: minutes otherwise.

Rows are made by statements of the database's superuser, with a fixed seed, so that each run measures
the same installation.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

STORES = 2000
GOODS = 500
LARGE = 100_000

# Each thousand variants are of 250 products; prices are 20.00 to 59.75 in steps of a quarter.
_CATALOGUE = (
    """
    CREATE TEMP TABLE made_products AS
    SELECT gen_random_uuid() AS product_id, n FROM generate_series(1, :variants / 4) n
    """,
    """
    INSERT INTO products (product_id, handle, title, state, position, created_at, updated_at)
    SELECT product_id, :prefix || '-' || n, 'Ware ' || :prefix || ' ' || n, 'active', 1000 + n, now(), now()
      FROM made_products
    """,
    """
    CREATE TEMP TABLE made_variants AS
    SELECT gen_random_uuid() AS variant_id, product_id, n, place
      FROM made_products, generate_series(1, 4) place
    """,
    """
    INSERT INTO variants (variant_id, product_id, sku, options, position)
    SELECT variant_id, product_id, :prefix || '-' || n || '-' || place, ARRAY['Size ' || place], place
      FROM made_variants
    """,
    """
    INSERT INTO stock_levels (variant_id, on_hand, counted, oversell)
    SELECT variant_id, 1000000, true, false FROM made_variants
    """,
    """
    INSERT INTO wholesale_prices (wholesale_id, variant_id, currency, price_list_id, amount, valid, actor,
                                  created_at)
    SELECT gen_random_uuid(), variant_id, 'EUR', :price_list_id, 1000 + (n * 4 + place) % 160 * 25,
           tstzrange(now() - interval '1 day', NULL), 'bench', now()
      FROM made_variants
    """,
    "DROP TABLE made_products, made_variants",
    "ANALYZE products, variants, stock_levels, wholesale_prices",
)

# Markups are 40 to 135 % in steps of 5, with four roundings and the four choices for a rise.
_STORES = (
    """
    CREATE TEMP TABLE made_stores AS
    SELECT gen_random_uuid() AS partner_id, gen_random_uuid() AS store_id, n
      FROM generate_series(1, :stores) n
    """,
    """
    INSERT INTO partners (partner_id, name, price_list_id, created_at)
    SELECT partner_id, 'Crowd ' || n, CASE WHEN n % 5 = 0 THEN :second_list_id ELSE :price_list_id END, now()
      FROM made_stores
    """,
    """
    INSERT INTO stores (partner_id, store_id, slug, name, state, currency, country, locale, tax_inclusive,
                        support_email, on_wholesale_rise, created_at)
    SELECT partner_id, store_id, 'crowd-' || n, 'Crowd ' || n, 'live', 'EUR', 'DE', 'en_DE', true,
           'shop@bench.example', (ARRAY['lift', 'keep_amount', 'keep_percentage', 'pause'])[1 + n % 4], now()
      FROM made_stores
    """,
    "INSERT INTO store_revisions (store_id) SELECT store_id FROM made_stores",
    """
    INSERT INTO retail_rules (partner_id, rule_id, store_id, scope, scope_id, method, value, rounding, valid,
                              actor, created_at)
    SELECT partner_id, gen_random_uuid(), store_id, 'store', CAST(:nil AS uuid), 'markup',
           4000 + n % 20 * 500, (ARRAY['none', '99', '90', 'nearest_5'])[1 + n / 20 % 4],
           tstzrange(now() - interval '1 day', NULL), 'bench', now()
      FROM made_stores
    """,
    # Every store has a price of its own for one variant in twenty, and hides one product in fifty.
    """
    INSERT INTO retail_rules (partner_id, rule_id, store_id, scope, scope_id, method, value, rounding,
                              judged_wholesale, judged_floor, valid, actor, created_at)
    SELECT s.partner_id, gen_random_uuid(), s.store_id, 'variant', v.variant_id, 'fixed',
           ceil((w.amount + 1) * 1.19) + (v.place * 37 + s.n) % 900, 'none', w.amount,
           ceil((w.amount + 1) * 1.19), tstzrange(now() - interval '1 day', NULL), 'bench', now()
      FROM made_stores s
      JOIN (SELECT variant_id, row_number() OVER (ORDER BY sku) AS place FROM variants
             WHERE sku LIKE :prefix || '-%') v ON (v.place + s.n) % 20 = 0
      JOIN wholesale_prices w ON w.variant_id = v.variant_id AND w.price_list_id = :price_list_id
    """,
    """
    INSERT INTO hidden_products (partner_id, store_id, product_id)
    SELECT s.partner_id, s.store_id, p.product_id
      FROM made_stores s JOIN products p ON p.handle LIKE :prefix || '-%' AND (p.position + s.n) % 50 = 0
    """,
    # Every store sold ten units of ten variants in the last weeks.
    """
    CREATE TEMP TABLE made_orders AS
    SELECT s.partner_id, s.store_id, gen_random_uuid() AS order_id, s.n FROM made_stores s
    """,
    """
    INSERT INTO orders (partner_id, order_id, store_id, number, cart_id, payment, currency, goods, delivery,
                        delivery_tax, tax, total, tax_inclusive, delivery_name, email, address, locale,
                        fingerprint, hold_from, hold_days, placed_at, paid_at)
    SELECT partner_id, order_id, store_id, 1001, gen_random_uuid(), 'paid', 'EUR', 400000, 0, 0, 76000,
           476000, true, 'Post', 'buyer@bench.example', '{}', 'en_DE', sha256(n::text::bytea), 'delivery', 14,
           now() - interval '5 days', now() - interval '5 days'
      FROM made_orders
    """,
    """
    INSERT INTO order_lines (partner_id, line_id, order_id, position, variant_id, sku, product_title,
                             variant_title, quantity, unit_retail, unit_wholesale, unit_floor, net, tax_bps,
                             tax, margin)
    SELECT o.partner_id, gen_random_uuid(), o.order_id, v.place, v.variant_id, v.sku, 'Ware', '', 1, 4760,
           1000, 1001, 4000, 1900, 760, 3000
      FROM made_orders o
      JOIN (SELECT variant_id, sku, row_number() OVER (ORDER BY sku) AS place FROM variants
             WHERE sku LIKE :prefix || '-%') v ON (v.place + o.n) % 50 = 0
    """,
    "DROP TABLE made_stores, made_orders",
    "ANALYZE partners, stores, retail_rules, hidden_products, orders, order_lines",
)


def add_catalogue(root: Engine, *, prefix: str, variants: int, price_list_id: object) -> None:
    """Add products of four variants each, with stock and wholesale in EUR on one list."""
    with root.connect() as connection:
        for statement in _CATALOGUE:
            connection.execute(
                text(statement), {"prefix": prefix, "variants": variants, "price_list_id": price_list_id}
            )


def add_stores(
    root: Engine, *, stores: int, prefix: str, price_list_id: object, second_list_id: object
) -> None:
    """Add partners with a store each: a store rule, prices of their own, hidden products, and sales."""
    keys = {
        "stores": stores,
        "prefix": prefix,
        "price_list_id": price_list_id,
        "second_list_id": second_list_id,
        "nil": "00000000-0000-0000-0000-000000000000",
    }
    with root.connect() as connection:
        for statement in _STORES:
            connection.execute(text(statement), keys)
