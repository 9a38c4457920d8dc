"""Ours against Stripe's account of our money, to the unit.

- ``comparing``: movement by movement; ``matching``: what we have of each
- ``differences``: what it comes to; ``causes``: why, in plain words
"""
