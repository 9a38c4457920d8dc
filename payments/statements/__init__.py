"""A partner's account of a month: issued once, never changed, each carrying the hash of the one before it.

- ``periods``: months of UTC, and from when on one can be closed
- ``kinds``: what a fact of the ledger counts as
- ``models``: the table; ``reading``: a statement with its lines
- ``writing``: the file, byte for byte, and its hash
- ``issuing``: closing a month; ``checking``: a file held against itself; ``proving``: all that are stored
"""
