"""Looking at every preset of the installed themes in a demo of its own.

- ``dressing``: the demo, and putting a preset on one of its stores
- ``walking``: a shopper who sees every kind of page and buys, down to the receipt
- ``sheet``: all of it in one picture, which `make sheet` keeps in docs/pictures
- ``audit``: what Lighthouse, axe and the bytes say of it, which `make audit` prints; Lighthouse needs Node
"""
