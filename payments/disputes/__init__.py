"""A shopper's bank asks for a payment back: what that moves, until it is decided and when it is.

- ``applying``: what Stripe says of a dispute, into the ledger; ``reading``: disputes, read
- ``sending``: asking Stripe, answering the bank, giving up
"""
