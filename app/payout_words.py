"""What payouts and their accounts are said to be, in plain words, for all faces and mails."""

from __future__ import annotations

# Why a partner is left out of a run: as the company reads it.
EXCLUDED = {
    "negative": "Owes money; what it sells next makes up for it",
    "held": "Everything available is held, as on a dispute",
    "nothing": "Everything available is being sent already",
    "paused": "The partner is paused",
    "no_account": "Has no payout account yet",
    "account_closed": "Its account at Stripe was closed",
    "account_changed": "Changed its account less than 24 hours ago",
    "account_needs": "Stripe still needs something from it",
    "too_small": "Under the smallest payout",
    "by_hand": "Left out by hand",
}
# Why a payout failed: as the company reads it, and as the partner does.
FAILED = {
    "balance_changed": (
        "The balance changed after the run was drafted, as by a refund",
        "Your balance changed before it was sent, as when an order is refunded",
    ),
    "account_changed": (
        "The partner changed its account after the run was drafted",
        "Your payout account was changed before it was sent",
    ),
    "account_closed": (
        "The account at Stripe was closed",
        "Your payout account at Stripe was closed. Set up another one",
    ),
    "account_needs": (
        "Stripe does not let the account receive money now",
        "Stripe does not let your account receive money now. Open its page and hand in what it asks for",
    ),
}
WAITS = {
    "stripe": "Stripe does not answer; it is tried again",
    "balance": "Your balance at Stripe is too small; it is tried again each hour",
    "": "Being sent",
}
# What Stripe calls the things that it asks for, by how their names begin; the longest that fits counts.
_NEEDS = {
    "configuration.recipient.onboarding": "Your details and the bank account to be paid to",
    "configuration.recipient.default_outbound_destination": "The bank account to be paid to",
    "default_payout_method": "The bank account to be paid to",
    "external_account": "The bank account to be paid to",
    "identity.individual": "Something about the person behind the account",
    "identity.individual.given_name": "The first name of the person behind the account",
    "identity.individual.surname": "The family name of the person behind the account",
    "identity.individual.date_of_birth": "The date of birth of the person behind the account",
    "identity.individual.address": "The home address of the person behind the account",
    "identity.individual.phone": "A telephone number",
    "identity.individual.email": "An e-mail address",
    "identity.individual.id_numbers": "A tax or identity number of the person behind the account",
    "identity.individual.documents": "A picture of an identity document",
    "identity.individual.documents.primary_verification": "A picture of an identity document",
    "identity.individual.documents.secondary_verification": "A document that shows the home address",
    "identity.business_details": "Something about the business",
    "identity.business_details.registered_name": "The registered name of the business",
    "identity.business_details.address": "The address of the business",
    "identity.business_details.phone": "A telephone number of the business",
    "identity.business_details.id_numbers": "The tax or register number of the business",
    "identity.business_details.documents": "A document about the business, such as a register extract",
    "identity.entity_type": "Whether you are a business or a person",
    "identity.country": "The country of the business",
    "identity.attestations.terms_of_service": "Your agreement to Stripe’s terms",
    "identity.attestations": "A confirmation about the business",
    "contact_email": "An e-mail address",
    "defaults.profile": "What the business does, and its website",
}
SOMETHING = "Something that Stripe explains on its page"


def need_words(what: str) -> str:
    """What Stripe asks for, as a person says it."""
    fitting = [name for name in _NEEDS if what == name or what.startswith(f"{name}.")]
    return _NEEDS[max(fitting, key=len)] if fitting else SOMETHING


def failure_words(failure: str, *, partner: bool = False) -> str:
    """Why a payout failed. What is none of ours is Stripe's own sentence."""
    words = FAILED.get(failure)
    return words[partner] if words else failure.rstrip(".")
