"""What a reduced price cost before: the 30 days whose lowest price some countries ask for."""

from __future__ import annotations

# Where a price is said to be reduced, these countries ask for the lowest one of the 30 days before: article
# 6a of Directive 98/6/EC, which the states of the European Economic Area beside the Union apply as well.
ASK_LOWEST = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()
)

# Every moment of those 30 days at which the price may have changed, with all that it was made from.
PRICES_BEFORE = """
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(
             w30.amount, r30.scope, r30.method, r30.value, r30.rounding, r30.judged_wholesale,
             e30.off_bps, e30.pass_on_bps, s30.off_bps)) AS past
      FROM (SELECT least(CASE WHEN e.pass_on_bps > 0 THEN e.since END, s.since) AS since) lowered
     CROSS JOIN LATERAL (
       SELECT lowered.since - interval '30 days' AS at
       UNION SELECT unnest(ARRAY[lower(y.valid), upper(y.valid)]) FROM wholesale_prices y
              WHERE y.variant_id = v.variant_id AND y.currency = terms.currency
                AND y.price_list_id IN (terms.price_list_id, terms.default_list_id)
       UNION SELECT unnest(ARRAY[lower(y.valid), upper(y.valid)]) FROM retail_rules y
              WHERE y.partner_id = :partner_id AND y.store_id = :store_id
                AND (y.scope_id IN (v.variant_id, pr.product_id) OR y.scope IN ('collection', 'store'))
       UNION SELECT unnest(ARRAY[y.begins, y.ends]) FROM sale_events y
               JOIN sale_event_products z ON z.event_id = y.event_id AND z.product_id = pr.product_id
       UNION SELECT y.since FROM sale_event_choices y
              WHERE y.partner_id = :partner_id AND y.store_id = :store_id
       UNION SELECT unnest(ARRAY[lower(y.valid), upper(y.valid)]) FROM store_sales y
              WHERE y.partner_id = :partner_id AND y.store_id = :store_id
     ) m
      JOIN LATERAL ({wholesale}) w30 ON true
      JOIN LATERAL ({rule}) r30 ON true
      LEFT JOIN LATERAL ({event}) e30 ON true
      LEFT JOIN LATERAL ({sale}) s30 ON true
     WHERE terms.asks_lowest AND m.at >= lowered.since - interval '30 days' AND m.at < lowered.since
  ) past ON terms.asks_lowest AND (e.event_id IS NOT NULL OR s.sale_id IS NOT NULL)
"""
