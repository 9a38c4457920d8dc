"""The company's books: what the ledger says of a period, by account, by tax rate and entry by entry.

- ``periods``: months, quarters and days of UTC
- ``accounts``: opening, debit, credit and closing of each account
- ``tax``: net and tax by country and rate, held against the ledger
- ``journal``: the entries behind each figure
"""
