"""The story has an installation of its own: its calendar runs far ahead, and its company is nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payments.verify import verify
from storage.database import transaction
from tests.conftest import database_of_its_own
from tests.sql_rules import watch
from tests.world import Installation


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(database_of_its_own("awning_story"), tmp_path_factory.mktemp("story"))
    watch(installation.services.face)
    yield installation
    with transaction(installation.services.console) as session:
        findings = list(verify(session))
    installation.close()
    assert not findings, findings
