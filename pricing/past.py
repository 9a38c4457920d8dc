"""What a reduced price cost before: the 30 days whose lowest price some countries ask for."""

from __future__ import annotations

from pricing.precedence import RULE_TARGETS

# Where a price is said to be reduced, these countries ask for the lowest one of the 30 days before: article
# 6a of Directive 98/6/EC, which the states of the European Economic Area beside the Union apply as well.
ASK_LOWEST = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()
)

# Since when a product is reduced, and every moment of the 30 days before at which the price of all its
# variants may have changed. Where nothing lowers it, there is nothing to look back from, and no row.
REDUCED_SINCE = """
  LEFT JOIN LATERAL (
    SELECT since.at AS since, ARRAY(
             SELECT since.at - interval '30 days'
             UNION SELECT m.at FROM (
               SELECT unnest(ARRAY[y.begins, y.ends]) AS at
                 FROM unnest({targets}) target
                CROSS JOIN LATERAL (
                  SELECT x.begins, x.ends FROM retail_rules x
                   WHERE x.partner_id = :partner_id AND x.store_id = :store_id AND x.scope_id = target
                     AND x.ends > since.at - interval '30 days' OFFSET 0) y
               UNION ALL SELECT unnest(ARRAY[y.begins, y.ends]) FROM sale_events y
                       JOIN sale_event_products z ON z.event_id = y.event_id AND z.product_id = pr.product_id
               UNION ALL SELECT y.since FROM sale_event_choices y
                      WHERE y.partner_id = :partner_id AND y.store_id = :store_id
               UNION ALL SELECT unnest(ARRAY[lower(y.valid), upper(y.valid)]) FROM store_sales y
                      WHERE y.partner_id = :partner_id AND y.store_id = :store_id
             ) m WHERE m.at > since.at - interval '30 days' AND m.at < since.at
           ) AS moments
      FROM (SELECT least(CASE WHEN e.pass_on_bps > 0 THEN e.since END, s.since) AS at) since
     WHERE terms.asks_lowest AND (e.event_id IS NOT NULL OR s.sale_id IS NOT NULL)
  ) lowered ON true
""".replace("{targets}", RULE_TARGETS.format(product="pr.product_id"))

# What a variant's price was made from at each of those moments, and at those of its own.
PRICES_BEFORE = """
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(
             w30.amount, r30.scope, r30.method, r30.value, r30.rounding, r30.judged_wholesale,
             e30.off_bps, e30.pass_on_bps, s30.off_bps)) AS past
      FROM (
       SELECT unnest(lowered.moments) AS at
       UNION ALL SELECT own.at FROM (
         SELECT unnest(ARRAY[lower(y.valid), upper(y.valid)]) AS at FROM wholesale_prices y
          WHERE y.variant_id = v.variant_id AND y.currency = terms.currency
            AND y.price_list_id IN (terms.price_list_id, terms.default_list_id)
         UNION ALL SELECT unnest(ARRAY[y.begins, y.ends]) FROM retail_rules y
                WHERE y.partner_id = :partner_id AND y.store_id = :store_id AND y.scope_id = v.variant_id
                  AND y.ends > lowered.since - interval '30 days'
       ) own WHERE own.at > lowered.since - interval '30 days' AND own.at < lowered.since
     ) m
      JOIN LATERAL ({wholesale}) w30 ON true
      JOIN LATERAL ({rule}) r30 ON true
      LEFT JOIN LATERAL ({event}) e30 ON true
      LEFT JOIN LATERAL ({sale}) s30 ON true
     WHERE lowered.since IS NOT NULL
  ) past ON true
"""
