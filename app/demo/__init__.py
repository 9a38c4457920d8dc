"""A whole installation to try: goods, three stores, ninety days of orders, and everything it runs on.

- ``run``: one command that makes and serves it
- ``seed``, ``history``, ``goods``, ``stores``: what it is filled with
- ``art``: the pictures; ``mailbox``: what was mailed; ``sign_in``: links that sign in with one click
"""
