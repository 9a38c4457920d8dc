"""Who is owed what: entries that each move one amount from one account to another, and only grow.

- ``posting``: the entries of a fact, and writing them once
- ``balances``: what the entries add up to
"""
