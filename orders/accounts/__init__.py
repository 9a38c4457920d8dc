"""Shoppers' accounts: each belongs to one customer of one store.

- ``models``: the tables
- ``making``, ``signing``, ``changing``, ``closing``: an account's life
- ``links``: what is mailed to an address, so that it proves itself
- ``orders``, ``addresses``, ``reordering``: what stands in an account
"""
