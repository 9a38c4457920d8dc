"""Floor 1: everything kept outside the process.

- ``database``: engines, one for each database role, and the declarative base
- ``tenancy``: which partner a transaction belongs to, and the row-level security behind it
- ``embedded``: the PostgreSQL that runs with no setup
- ``objects``: pictures, in S3 or in a folder
- ``revisions``: counters that tell the versions of a store's pages apart
- ``audit``: who changed what, when and why
- ``schema``: bringing a database to this version
- ``jobs``: work that commits or vanishes with the transaction that caused it
"""
