"""Everything said to Stripe and heard from it. No other package of the program imports ``stripe``.

- ``protocol``: the calls that the rest makes, so that a test can hand in a gateway that talks to the
  sandbox; ``errors``: how they fail
- ``records``: what comes back; ``reading``: Stripe's objects, read into those
- ``client``: the gateway itself; ``transport``: its way to a sandbox in the same process
"""
