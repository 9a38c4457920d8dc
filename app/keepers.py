"""Every room that keeps something of shoppers, in the order in which the file that they get names them.

A new room adds itself here: then what it keeps is given out and erased with all the rest.
"""

from __future__ import annotations

from orders.cases.keeping import CASES
from orders.keepers import Keeper
from orders.newsletter.keeping import NEWSLETTER
from payments.personal.rooms import ACCOUNT, CUSTOMER, ORDERS

KEEPERS: tuple[Keeper, ...] = (CUSTOMER, ACCOUNT, ORDERS, CASES, NEWSLETTER)
