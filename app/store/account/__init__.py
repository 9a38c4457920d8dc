"""A shopper's account in a store, and what needs none: finding an order, and what is kept about somebody."""
