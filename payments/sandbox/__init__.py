"""A Stripe that runs offline, for the demo, development and tests. Refused in production.

- ``app``: the whole of it; ``server``: over HTTP on loopback; ``transport``: without a socket
- ``api``: Stripe's paths; ``params``, ``forms``: their parameters; ``expansion``, ``listing``,
  ``idempotency``: what all of them share; ``errors``: refusals in Stripe's words
- ``sessions``, ``lines``, ``paying``, ``outcomes``, ``charges``, ``debits``, ``cards``: taking money
- ``refunds``, ``disputes``, ``transfers``, ``payouts``, ``accounts``, ``onboarding``, ``balance``:
  what becomes of it
- ``hosted``, ``rendering``, ``pages/``: the pages that a person sees
- ``events``, ``deliveries``, ``signing``, ``posting``: what is told to Awning
- ``control``, ``faults``, ``moment``, ``sweep``: playing the world; ``bank``, ``bankpage``, ``bankrows``,
  ``clicks``: the page on which a person does; ``state``, ``store``: remembering it
"""

from payments.sandbox.app import Sandbox
from payments.sandbox.errors import AnswerLost, SandboxRefused
from payments.sandbox.server import Server, serve
from payments.sandbox.transport import call

__all__ = ["AnswerLost", "Sandbox", "SandboxRefused", "Server", "call", "serve"]
