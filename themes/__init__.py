"""Floor 3: how a store looks.

- ``registry``: theme folders, their parents, and which file a name stands for
- ``settings``: what a theme lets a partner choose, and the judging of what was chosen
- ``sections``: pages composed of sections in an order
- ``colour``: brand colours made readable, and a palette read from a logo
- ``tokens``: a look as CSS custom properties, with the hash it is served under
- ``pictures``: uploaded pictures, checked and re-encoded
- ``models``: the tables of looks, drafts and links to drafts
- ``content``, ``draft_changes``, ``drafts``: a look that is worked on, step by step
- ``differences``: what publishing a draft would change
- ``publishing``, ``draft_links``: letting others see it

Each folder here that has a ``theme.toml`` is a theme. Nothing in this package knows Flask or Jinja.
"""
