"""Judging a theme before shoppers meet it: `awning theme check`.

- ``goods``, ``orders``: sample records, ordinary and extreme; ``pages``: every page that shows them
- ``rendering``: those pages as a store would answer with them
- ``markup``: what is wrong with a page; ``checking``: what is wrong with a theme
- ``browsing``: the same pages in a browser, for accessibility and pictures
"""
