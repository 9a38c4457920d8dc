"""Floor 6: every face of the program.

- ``store``, ``portal``, ``console``, ``site``: for shoppers, partners, the company's staff, everybody
- ``api``: prices for programs; ``webhooks``: what Stripe tells us; ``mail``: what we tell people
- ``worker``: jobs; ``cli``: commands; ``demo``: a whole installation to try
- ``hosts``: which face a host leads to; ``edge``: what all faces share
"""
