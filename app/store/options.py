"""A product's options as links: which variant a click on a value leads to, and whether it can be had."""

from __future__ import annotations

from dataclasses import dataclass

from pricing.listing import ProductListing, VariantListing


@dataclass(frozen=True, slots=True)
class OptionValue:
    """``sku`` is the variant that choosing this value leads to. ``swatch`` is a CSS colour or empty."""

    value: str
    sku: str
    selected: bool
    available: bool
    swatch: str


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """One option with its values; ``current`` is the selected one."""

    name: str
    current: str
    values: tuple[OptionValue, ...]
    coloured: bool


def option_groups(product: ProductListing, selected: VariantListing) -> list[OptionGroup]:
    """Return the product's options as seen from the selected variant.

    A value leads to the variant that differs in this option alone. Where no such variant exists, it
    leads to the first that has the value, one that can be bought before one that cannot. A value counts
    as available while any variant can be bought that shares it and the options chosen before it: a
    colour is not sold out because one of its sizes is.
    """
    groups = []
    by_options = {variant.options: variant for variant in product.variants}
    for position, name in enumerate(product.option_names):
        if position >= len(selected.options):
            break
        values = []
        for value in product.option_values(position):
            prefix = (*selected.options[:position], value)
            wanted = (*prefix, *selected.options[position + 1 :])
            target = by_options.get(wanted) or _nearest(product, position, value)
            values.append(
                OptionValue(
                    value,
                    target.sku,
                    value == selected.options[position],
                    any(
                        each.available for each in product.variants if each.options[: position + 1] == prefix
                    ),
                    product.swatches.get(value, ""),
                )
            )
        coloured = any(value.swatch for value in values)
        groups.append(OptionGroup(name, selected.options[position], tuple(values), coloured))
    return groups


def _nearest(product: ProductListing, position: int, value: str) -> VariantListing:
    having = [
        each for each in product.variants if position < len(each.options) and each.options[position] == value
    ]
    return next((variant for variant in having if variant.available), having[0])
