"""The lines of a Checkout Session: what is bought, how it is delivered, and what it comes to."""

from __future__ import annotations

from payments.sandbox.errors import Json, invalid
from payments.sandbox.params import boolean, choice, currency, fields, integer, many, mapping, text
from payments.sandbox.state import State

_BEHAVIOUR = choice("exclusive", "inclusive", "unspecified")
_BOUND = fields(
    {"unit": choice("business_day", "day", "hour", "month", "week"), "value": integer(1)},
    required=("unit", "value"),
)

LINE_ITEM = fields(
    {
        "adjustable_quantity": fields(
            {"enabled": boolean(), "minimum": integer(0), "maximum": integer(1)}, required=("enabled",)
        ),
        "metadata": mapping(),
        "price_data": fields(
            {
                "currency": currency(),
                "product_data": fields(
                    {
                        "name": text(),
                        "description": text(40_000),
                        "images": many(text(2048), 8),
                        "metadata": mapping(),
                        "tax_code": text(),
                        "unit_label": text(),
                    },
                    required=("name",),
                ),
                "tax_behavior": _BEHAVIOUR,
                "unit_amount": integer(0, 99_999_999_999),
            },
            required=("currency", "product_data", "unit_amount"),
        ),
        "quantity": integer(1, 999_999),
    },
    required=("price_data",),
)

SHIPPING_OPTION = fields(
    {
        "shipping_rate_data": fields(
            {
                "delivery_estimate": fields({"maximum": _BOUND, "minimum": _BOUND}),
                "display_name": text(100),
                "fixed_amount": fields(
                    {"amount": integer(0), "currency": currency()}, required=("amount", "currency")
                ),
                "metadata": mapping(),
                "tax_behavior": _BEHAVIOUR,
                "tax_code": text(),
                "type": choice("fixed_amount"),
            },
            required=("display_name", "fixed_amount"),
        )
    },
    required=("shipping_rate_data",),
)


def one_currency(params: Json) -> str:
    """Return the currency that all of a session's amounts share. Raises StripeError when they differ."""
    named = {line["price_data"]["currency"] for line in params["line_items"]}
    named |= {
        option["shipping_rate_data"]["fixed_amount"]["currency"]
        for option in params.get("shipping_options", [])
    }
    named |= {params["currency"]} if "currency" in params else set()
    if len(named) != 1:
        raise invalid(
            "All line items and shipping options of a Checkout Session must have the same currency.",
            param="line_items",
        )
    found: str = named.pop()
    return found


def make_line(state: State, line: Json) -> Json:
    """Keep the product and the price that a line describes, and return the line as an object."""
    data = line["price_data"]
    product = _product(state, data["product_data"])
    price: Json = {
        "id": state.new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": state.now(),
        "currency": data["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product["id"],
        "recurring": None,
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": data["unit_amount"],
        "unit_amount_decimal": str(data["unit_amount"]),
    }
    quantity = line.get("quantity", 1)
    amount = data["unit_amount"] * quantity
    return {
        "id": state.new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": data["currency"],
        "description": product["name"],
        "metadata": line.get("metadata", {}),
        "price": price,
        "quantity": quantity,
    }


def _product(state: State, data: Json) -> Json:
    now = state.now()
    product: Json = {
        "id": state.new_id("prod"),
        "object": "product",
        "active": False,
        "created": now,
        "default_price": None,
        "description": data.get("description"),
        "images": data.get("images", []),
        "livemode": False,
        "marketing_features": [],
        "metadata": data.get("metadata", {}),
        "name": data["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": data.get("tax_code"),
        "unit_label": data.get("unit_label"),
        "updated": now,
        "url": None,
    }
    # A product that is made inline can be expanded later, so it has to be kept on its own.
    state.store.insert(product)
    return product


def make_option(state: State, option: Json) -> Json:
    """Keep the shipping rate that an option describes, and return the option."""
    data = option["shipping_rate_data"]
    estimate = data.get("delivery_estimate")
    rate: Json = {
        "id": state.new_id("shr"),
        "object": "shipping_rate",
        "active": True,
        "created": state.now(),
        "delivery_estimate": estimate
        and {"maximum": estimate.get("maximum"), "minimum": estimate.get("minimum")},
        "display_name": data["display_name"],
        "fixed_amount": data["fixed_amount"],
        "livemode": False,
        "metadata": data.get("metadata", {}),
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tax_code": data.get("tax_code"),
        "type": "fixed_amount",
    }
    state.store.insert(rate)
    return {"shipping_amount": rate["fixed_amount"]["amount"], "shipping_rate": rate["id"]}


def choose_delivery(session: Json, rate: str) -> None:
    """Let the session be delivered by one of its options; its total follows.

    Raises StripeError when the session does not offer the rate.
    """
    option = next((each for each in session["shipping_options"] if each["shipping_rate"] == rate), None)
    if option is None:
        raise invalid(f"The session does not offer the shipping rate {rate}.", param="shipping_rate")
    amount = option["shipping_amount"]
    session["shipping_cost"] = {
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "shipping_rate": rate,
    }
    session["total_details"]["amount_shipping"] = amount
    session["amount_total"] = session["amount_subtotal"] + amount
