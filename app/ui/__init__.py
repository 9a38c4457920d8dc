"""What portal, console, site and mailbox look like: one environment, one layout, one set of parts.

- ``rendering``: the Jinja environment with everything a template may call, and pages as answers
- ``shell``: what stands around a page: brand, navigation, who is signed in
- ``formats``: money, dates and numbers in the reader's language and zone
- ``amounts``: reading amounts and percentages that a person typed
- ``icons``: inline icons; ``charts``: where the points of a line lie
- ``toasts``: one sentence for the page after a redirect

Nothing in this package knows what the program is about.
"""

from app.ui.rendering import environment, prepare

__all__ = ("environment", "prepare")
