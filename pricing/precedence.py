"""What holds for a listing at a moment, where several could: one text of SQL for each such question.

Whatever reads prices asks by these texts: for one store or for all, for now or for any other moment.
Each is a SELECT of at most one row, with the names of the outer statement's columns filled in.
"""

from __future__ import annotations

from kit.ids import NIL

# The partner's own list goes before the default list, which has what the own one lacks.
WHOLESALE_IN_FORCE = """
    SELECT x.amount, x.valid FROM wholesale_prices x
     WHERE x.variant_id = {variant} AND x.currency = {currency} AND x.valid @> {at}
       AND x.price_list_id IN ({own_list}, {default_list})
     ORDER BY x.price_list_id = {own_list} DESC LIMIT 1
"""

# What a rule that prices a product may be for, besides its variants: itself, its collections, the store.
RULE_TARGETS = """ARRAY[{product}, CAST('<nil>' AS uuid)] || ARRAY(
             SELECT m.collection_id FROM collection_products m WHERE m.product_id = {product})""".replace(
    "<nil>", str(NIL)
)

# The most specific rule prices a listing, and of that a planned one before the standing. Plans of the stores
# are made once for any store, and a store may have a price of its own for each of a hundred thousand
# variants: each thing that a rule may be for is a search by an index of its rules and of when they end.
RULE_IN_FORCE = """
    SELECT e.* FROM unnest(ARRAY[{variant}] || {targets}) target
     CROSS JOIN LATERAL (
       SELECT x.* FROM retail_rules x
        WHERE x.partner_id = {partner} AND x.store_id = {store} AND x.scope_id = target AND x.ends > {at}
       OFFSET 0) e
     WHERE e.begins <= {at} AND e.withdrawn_at IS NULL
     ORDER BY array_position(ARRAY['variant', 'product', 'collection', 'store'], e.scope), e.layer,
              CASE WHEN e.scope = 'collection' THEN (
                SELECT c.position FROM collections c WHERE c.collection_id = e.scope_id) END, e.rule_id
     LIMIT 1
""".replace("{targets}", RULE_TARGETS)

# What a store chose for an event: its newest choice, and the standing one only where it has none. An event
# counts for nobody who may not know of it yet at the moment of asking, also when asked of the future.
CHOICE_IN_FORCE = """
    SELECT k.joined, k.pass_on_bps, k.since FROM sale_event_choices k
     WHERE k.partner_id = {partner} AND k.store_id = {store} AND k.since <= {at}
       AND (k.event_id = {event} OR k.event_id IS NULL)
     ORDER BY k.event_id IS NULL, k.since DESC, k.choice_id DESC LIMIT 1
"""
MAY_SEE_EVENT = """{event}.withdrawn_at IS NULL AND {event}.visible_from <= {asked}
       AND (cardinality({event}.price_lists) = 0 OR {own_list} = ANY({event}.price_lists))"""

# Events do not add up: of several that the store joined, the one that lowers wholesale most.
EVENT_IN_FORCE = """
    SELECT ev.event_id, ev.name, ev.ends, ep.off_bps, ch.pass_on_bps, greatest(ev.begins, ch.since) AS since
      FROM sale_event_products ep
      JOIN sale_events ev
        ON ev.event_id = ep.event_id AND ev.begins <= {at} AND ev.ends > {at} AND {may_see}
      JOIN LATERAL ({choice}) ch ON ch.joined
     WHERE ep.product_id = {product}
     ORDER BY ep.off_bps DESC, ev.begins, ev.event_id LIMIT 1
""".replace("{may_see}", MAY_SEE_EVENT.replace("{event}", "ev")).replace(
    "{choice}", CHOICE_IN_FORCE.replace("{event}", "ev.event_id")
)

# Nor do a store's own sales.
SALE_IN_FORCE = """
    SELECT q.sale_id, q.off_bps, lower(q.valid) AS since, upper(q.valid) AS ends FROM store_sales q
     WHERE q.partner_id = {partner} AND q.store_id = {store}
       AND q.valid @> {at} AND q.withdrawn_at IS NULL
       AND (q.scope = 'store' OR (q.scope = 'product' AND q.scope_id = {product})
         OR (q.scope = 'collection' AND q.scope_id IN (
               SELECT m.collection_id FROM collection_products m WHERE m.product_id = {product})))
     ORDER BY q.off_bps DESC, q.sale_id LIMIT 1
"""
