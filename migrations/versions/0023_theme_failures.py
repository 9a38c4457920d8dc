"""Where themes fail, for the company to see.

Revision ID: 0023
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# A store says where its theme failed; the company puts away what was mended.
FACE = {"theme_failures": "SELECT, INSERT, UPDATE (problem, last_at)"}
CONSOLE = {"theme_failures": "SELECT, DELETE"}


def upgrade() -> None:
    op.execute("""
        CREATE TABLE theme_failures (
            theme TEXT NOT NULL,
            template TEXT NOT NULL,
            problem TEXT NOT NULL,
            first_at TIMESTAMP WITH TIME ZONE NOT NULL,
            last_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT theme_failures_pkey PRIMARY KEY (theme, template)
        )
    """)
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")


def downgrade() -> None:
    op.execute("DROP TABLE theme_failures")
