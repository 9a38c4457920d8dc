"""Support cases: what a shopper writes to a store, what the store answers, and the company beside them."""
