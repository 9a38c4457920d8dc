"""Floor 0: money, time, identifiers and errors. Standard library only.

- ``money``: amounts in minor units with a currency, and exact splitting
- ``clock``: where "now" comes from
- ``ids``: UUIDv7 keys and unguessable tokens
- ``errors``: the shape of a refusal that a person can act upon
"""
