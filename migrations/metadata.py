"""Every mapped table in one place, for migrations and for tests that read the whole schema."""

import catalog.models
import orders.accounts.models
import orders.cases.models
import orders.models
import orders.newsletter.models
import payments.models
import payments.payouts.models
import payments.returns.models
import payments.statements.models
import pricing.bands
import pricing.ceilings
import pricing.discount_models
import pricing.models
import pricing.sale_models
import storage.audit
import storage.revisions
import tenants.models
import themes.models
from storage.database import Base

# Naming them keeps the imports, which is what fills the metadata.
ROOMS = (
    catalog.models,
    orders.cases.models,
    orders.accounts.models,
    orders.models,
    orders.newsletter.models,
    payments.models,
    payments.statements.models,
    payments.payouts.models,
    payments.returns.models,
    pricing.bands,
    pricing.ceilings,
    pricing.discount_models,
    pricing.models,
    pricing.sale_models,
    storage.audit,
    storage.revisions,
    tenants.models,
    themes.models,
)
metadata = Base.metadata
