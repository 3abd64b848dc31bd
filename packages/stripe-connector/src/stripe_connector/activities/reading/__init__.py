"""Search and Read: from a resolved activity to its records.

`sources` picks the source: `search` reads a list, `planned` answers a query with several calls
(`planning`), `read` and `download` take ids, `rows` results of reports, and `driven` does it for
each record of another source. `refined` completes, converts and cuts the records.
"""
