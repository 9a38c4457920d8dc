"""What an installation is told from outside, by environment variables that begin with AWNING_.

``DATABASE_URL`` stands for itself, because everybody knows it by that name.
"""

from __future__ import annotations

import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Config(BaseSettings):
    """Settings of one installation. docs/operating.md explains each of them."""

    model_config = SettingsConfigDict(env_prefix="AWNING_", extra="ignore", populate_by_name=True)

    environment: Literal["development", "demo", "production"] = "development"
    data_dir: Path = Path("data")
    secret_key: str = ""

    database_url: str = Field(default="", validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    face_database_url: str = ""
    console_database_url: str = ""
    pool_size: int = 8

    kept_pages_mb: int = Field(default=48, ge=0)
    kept_variants: int = Field(default=20_000, ge=0)

    scheme: Literal["http", "https"] = "http"
    proxies: int = Field(default=0, ge=0, le=5)
    port: int = 8000
    public_port: int | None = None
    platform_domain: str = "localhost"
    stores_domain: str = "localhost"

    stripe_api_key: str = ""
    stripe_webhook_secrets: list[str] = []
    sandbox_url: str = ""
    sandbox_secret: str = ""

    smtp_url: str = ""
    mail_from: str = "orders@localhost"

    s3_bucket: str = ""
    s3_endpoint: str = ""
    s3_region: str = ""
    s3_access_key: str = ""
    s3_secret_key: str = ""

    @model_validator(mode="after")
    def _fit_for_production(self) -> Config:
        if self.environment != "production":
            return self
        missing = [
            name
            for name, value in (
                ("DATABASE_URL", self.database_url),
                ("AWNING_SECRET_KEY", self.secret_key),
                ("AWNING_STRIPE_API_KEY", self.stripe_api_key),
                ("AWNING_STRIPE_WEBHOOK_SECRETS", self.stripe_webhook_secrets),
                ("AWNING_SMTP_URL", self.smtp_url),
            )
            if not value
        ]
        if missing:
            raise ValueError(f"production needs {', '.join(missing)}")
        if self.sandbox_url or self.stripe_api_key.startswith("sk_test_sandbox"):
            raise ValueError("the sandbox moves no money, so production refuses it")
        if not self.proxies:
            raise ValueError("production needs AWNING_PROXIES: how many proxies stand in front, 1 as a rule")
        if self.scheme != "https" or len(self.secret_key) < 32:
            raise ValueError("production needs AWNING_SCHEME=https and a secret key of 32 characters or more")
        return self

    @property
    def site_host(self) -> str:
        return self.platform_domain

    @property
    def portal_host(self) -> str:
        return f"portal.{self.platform_domain}"

    @property
    def console_host(self) -> str:
        return f"console.{self.platform_domain}"

    @property
    def mailbox_host(self) -> str:
        return f"mailbox.{self.platform_domain}"

    @property
    def bank_url(self) -> str:
        """The sandbox's page on which a person plays the bank; empty where Stripe itself is asked."""
        return f"{self.sandbox_url}/_sandbox/bank" if self.sandbox_url and not self.stripe_api_key else ""

    def url(self, host: str, path: str = "") -> str:
        """The address of a path on one of our hosts. Never made from a request's Host header."""
        port = self.public_port or (None if self.scheme == "https" else self.port)
        return f"{self.scheme}://{host}{f':{port}' if port else ''}{path}"

    @property
    def secure_cookies(self) -> bool:
        return self.scheme == "https"

    @cached_property
    def secret(self) -> str:
        """The key that signs links and tokens. Outside production one is made and kept in data_dir."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret-key"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{secrets.token_hex(4)}.partial")
            partial.write_text(secrets.token_urlsafe(48))
            partial.chmod(0o600)
            # Two processes may start at once: a hard link fails for the second, which then reads.
            try:
                path.hardlink_to(partial)
            except FileExistsError:
                pass
            finally:
                partial.unlink()
        return path.read_text()
