"""What every nats-server of a domain is told, whoever starts it: from settings and secrets."""

from __future__ import annotations

from pathlib import Path

from overlay.brokers.nats_config import NatsServerConfig
from overlay.brokers.nats_secrets import NatsSecrets
from overlay.errors import BadSettings
from overlay.settings import Settings
from overlay.transport.address import TlsFiles


def server_name(secrets: NatsSecrets) -> str:
    """By which the domain knows its own server."""
    return f"overlay-{secrets.issuer[-12:].lower()}"


def server_config(
    settings: Settings,
    secrets: NatsSecrets,
    *,
    listen: str,
    port: int,
    tls: TlsFiles,
    store: Path,
    log: Path | None,
) -> NatsServerConfig:
    """The paths are as the server sees them; without `log` it writes to stderr. Raises BadSettings."""
    own_bucket = settings.registry_store == "jetstream" and not settings.registry_store_url
    needed = settings.store_max_bytes + (settings.registry_store_max_bytes if own_bucket else 0)
    if settings.nats_max_file_bytes < needed:
        raise BadSettings(
            "nats_max_file_bytes is below store_max_bytes"
            + (" and registry_store_max_bytes together" if own_bucket else "")
            + f": {needed} bytes would not fit"
        )
    return NatsServerConfig(
        name=server_name(secrets),
        host=listen,
        port=port,
        tls=tls,
        store=store,
        log=log,
        issuer=secrets.issuer,
        sys_password=secrets.sys_password,
        auth_password=secrets.auth_password,
        provisioner_password=secrets.provisioner_password,
        registry_password=secrets.registry_password,
        max_payload_bytes=settings.max_payload_bytes,
        max_file_bytes=settings.nats_max_file_bytes,
        max_connections=settings.nats_max_connections,
        max_subscriptions=settings.nats_max_subscriptions,
        login_timeout_s=settings.nats_login_timeout_s,
        pull_lifetime_s=settings.nats_pull_lifetime_s,
        log_bytes=settings.nats_log_bytes,
    )
