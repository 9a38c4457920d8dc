"""Fail when the mapped tables and a database made by the migrations differ."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from alembic.util import CommandError

from storage import schema
from storage.database import Database
from storage.embedded import EmbeddedServer


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="awning-migrations-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "pg")
    try:
        owner = Database(server.start()).owner()
        schema.migrate(owner)
        schema.check(owner)
    except CommandError as error:
        print(f"The migrations are not up to date: {error}")
        return 1
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
    print("The migrations are up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
