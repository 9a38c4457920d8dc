"""Every mapped table in one place, for migrations and for tests that read the whole schema."""

import catalog.models
import orders.models
import payments.models
import pricing.models
import tenants.models
import themes.models  # noqa: F401
from storage.database import Base

metadata = Base.metadata
