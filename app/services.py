"""What the faces and the worker are given: engines, clock, gateway, object store, mailer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine

from app.config import Config
from app.mail.mailer import FolderMailer, Mailer, SmtpMailer
from kit.clock import Clock, SystemClock
from payments.gateway.client import StripeGateway
from payments.gateway.protocol import Gateway
from storage.database import Database
from storage.embedded import EmbeddedServer
from storage.objects import FolderStore, ObjectStore, S3Store


@dataclass
class Services:
    """One process's way to the outside. Tests hand in working stand-ins for any of them."""

    config: Config
    database: Database
    clock: Clock
    gateway: Gateway
    objects: ObjectStore
    mailer: Mailer

    @cached_property
    def face(self) -> Engine:
        return self.database.face(pool_size=self.config.pool_size)

    @cached_property
    def console(self) -> Engine:
        return self.database.console(pool_size=self.config.pool_size)

    @cached_property
    def owner(self) -> Engine:
        return self.database.owner()


def database(config: Config) -> Database:
    """The installation's database: the server that was named, or the embedded one, which is started."""
    if config.database_url:
        return Database(config.database_url, config.face_database_url, config.console_database_url)
    url = EmbeddedServer(config.data_dir / "postgres").start()
    return embedded_database(url)


def embedded_database(url: str) -> Database:
    """The embedded server trusts its socket, so each face connects as the role that it is."""
    as_role = url.replace("awning_owner@", "{}@", 1)
    return Database(url, as_role.format("awning_face"), as_role.format("awning_console"))


def services(config: Config) -> Services:
    """Put together what the configuration says."""
    return Services(
        config=config,
        database=database(config),
        clock=SystemClock(),
        gateway=gateway(config),
        objects=objects(config),
        mailer=mailer(config),
    )


def gateway(config: Config) -> Gateway:
    """Stripe, or the sandbox where no key was given."""
    if config.stripe_api_key:
        return StripeGateway(api_key=config.stripe_api_key, webhook_secrets=config.stripe_webhook_secrets)
    return StripeGateway(
        api_key="sk_test_sandbox",
        webhook_secrets=[sandbox_secret(config)],
        api_base=config.sandbox_url or "http://127.0.0.1:4242",
    )


def sandbox_secret(config: Config) -> str:
    """What the sandbox signs its webhooks with."""
    return config.sandbox_secret or f"whsec_{config.secret[:32]}"


def objects(config: Config) -> ObjectStore:
    if config.s3_bucket:
        return S3Store(
            config.s3_bucket,
            endpoint_url=config.s3_endpoint or None,
            region=config.s3_region or None,
            access_key=config.s3_access_key or None,
            secret_key=config.s3_secret_key or None,
        )
    return FolderStore(config.data_dir / "objects")


def mailer(config: Config) -> Mailer:
    if config.smtp_url:
        return SmtpMailer(config.smtp_url)
    return FolderMailer(config.data_dir / "mail")
