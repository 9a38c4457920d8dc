"""Giving money back for an order.

- ``asking``: what it would move, and writing down that it was asked for; ``reading``: what was given back
- ``sending``: having Stripe do it, and applying what it says; ``adoption``: those made in its dashboard
"""
