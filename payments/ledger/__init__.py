"""Who is owed what: entries that each move one amount from one account to another, and only grow.

- ``posting``: the entries of a fact, and writing them once
- ``shares``: what some units of a line are worth to each account
- ``balances``: what the entries add up to, counted from ``points``
- ``earnings`` and ``earned``: the entries themselves, and what they bring day by day
"""
