"""Sending partners what they earned: to an account of their own at Stripe, in runs that two people approve.

- ``terms``: from when on, how often and from how much; ``models``: the tables
- ``accounts``: a partner's account, and changing it; ``notices``: who is told
- ``runs``: drafting, leaving out, approving, withdrawing; ``reading``: all of that, read
- ``sending``: a transfer, and what Stripe says of it; ``sweep``: asking for what no event told
"""
