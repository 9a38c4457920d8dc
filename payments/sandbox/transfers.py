"""Transfers: money moved to a partner's connected account, and taken back."""

from __future__ import annotations

from payments.sandbox.accounts import may_receive
from payments.sandbox.balance import available, move
from payments.sandbox.errors import Json, StripeError, invalid, missing
from payments.sandbox.listing import page, whole
from payments.sandbox.params import boolean, choice, currency, integer, listing, mapping, request, text
from payments.sandbox.state import State

CREATE = request(
    {
        "amount": integer(1),
        "currency": currency(),
        "description": text(),
        "destination": text(),
        "metadata": mapping(),
        "source_transaction": text(),
        "source_type": choice("bank_account", "card", "fpx"),
        "transfer_group": text(),
    },
    required=("amount", "currency", "destination"),
)
LIST = listing({"destination": text(), "transfer_group": text()})
REVERSE = request(
    {
        "amount": integer(1),
        "description": text(),
        "metadata": mapping(),
        "refund_application_fee": boolean(),
    }
)


def create_transfer(state: State, params: Json) -> Json:
    """Move money to a connected account, from the balance or out of one charge (source_transaction).

    Raises StripeError when the account cannot receive, or the money is not there.
    """
    account = state.find(params["destination"])
    if account is None or account["object"] != "v2.core.account" or account["closed"]:
        raise missing("destination", params["destination"], param="destination")
    if not may_receive(account):
        raise StripeError(
            400,
            "Your destination account needs to have at least one of the following capabilities enabled: "
            "transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    source = _source(state, params)
    if source is None and params["amount"] > available(state, params["currency"]):
        raise StripeError(
            400,
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your "
            "available balance by creating Charges using the 4000000000000077 test card.",
            code="balance_insufficient",
        )
    identifier = state.new_id("tr")
    transaction = move(
        state,
        kind="transfer",
        amount=-params["amount"],
        currency=params["currency"],
        source=identifier,
        available_on=max(source["available_on"], state.now()) if source else None,
        description=params.get("description"),
    )
    transfer: Json = {
        "id": identifier,
        "object": "transfer",
        "amount": params["amount"],
        "amount_reversed": 0,
        "balance_transaction": transaction["id"],
        "created": state.now(),
        "currency": params["currency"],
        "description": params.get("description"),
        "destination": params["destination"],
        "destination_payment": state.new_id("py"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "reversals": whole([], f"/v1/transfers/{identifier}/reversals"),
        "reversed": False,
        "source_transaction": params.get("source_transaction"),
        "source_type": params.get("source_type", "card"),
        "transfer_group": params.get("transfer_group"),
    }
    # A transfer is found again by the charge it came from through the same column as a movement's source.
    state.store.insert(
        transfer, {"source": params["source_transaction"]} if "source_transaction" in params else {}
    )
    state.emit("transfer.created", transfer)
    return transfer


def _source(state: State, params: Json) -> Json | None:
    """Return the balance transaction of the charge that the transfer comes out of, if it names one."""
    name = params.get("source_transaction")
    if name is None:
        return None
    charge = state.require("charge", name, param="source_transaction")
    if charge["balance_transaction"] is None or charge["currency"] != params["currency"]:
        raise invalid(
            f"The charge {name} cannot be the source of a transfer in {params['currency']}.",
            param="source_transaction",
        )
    earlier = sum(each["amount"] for each in state.select("transfer", {"source": name}))
    if earlier + params["amount"] > charge["amount"]:
        raise StripeError(
            400,
            f"Transfers using this transaction as a source must not exceed the source amount of "
            f"{charge['amount']} {charge['currency']}.",
            code="transfer_source_balance_parameters_mismatch",
            param="amount",
        )
    return state.require("balance_transaction", charge["balance_transaction"])


def reverse_transfer(state: State, identifier: str, params: Json) -> Json:
    """Take back an amount of a transfer, or all that is left of it. Raises StripeError beyond that."""
    transfer = state.require("transfer", identifier, param="transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.get("amount", left)
    if left == 0 or amount > left:
        raise invalid(
            f"Reversal amount ({amount} {transfer['currency']}) is greater than the unreversed amount on the "
            f"transfer ({left} {transfer['currency']}).",
            param="amount",
        )
    own = state.new_id("trr")
    transaction = move(
        state,
        kind="transfer_refund",
        amount=amount,
        currency=transfer["currency"],
        source=own,
        description=params.get("description"),
    )
    reversal: Json = {
        "id": own,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": transaction["id"],
        "created": state.now(),
        "currency": transfer["currency"],
        "destination_payment_refund": state.new_id("pyr"),
        "metadata": params.get("metadata", {}),
        "source_refund": None,
        "transfer": identifier,
    }
    state.store.insert(reversal, {"source": identifier})
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    known = state.select("transfer_reversal", {"source": identifier}, limit=11)
    transfer["reversals"] |= {"data": known[:10], "has_more": len(known) > 10}
    state.store.update(transfer)
    state.emit("transfer.reversed", transfer)
    return reversal


def list_reversals(state: State, identifier: str, params: Json) -> Json:
    state.require("transfer", identifier, param="transfer")
    url = f"/v1/transfers/{identifier}/reversals"
    return page(state, "transfer_reversal", params, url, {"source": identifier})


def list_transfers(state: State, params: Json) -> Json:
    """Return a page of transfers, filtered by destination or transfer group."""
    names = ("destination", "transfer_group")
    return page(
        state, "transfer", params, "/v1/transfers", {name: params[name] for name in names if name in params}
    )
