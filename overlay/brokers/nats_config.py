"""The configuration of a domain's nats-server. Pure.

Five accounts. `APP` holds all parties and has no JetStream. `STORE` has JetStream, holds the provisioner,
and exports to APP what a party needs to store and to fetch. They are apart because a broker publishes
wherever a request's reply subject says: in one account an agent could name `$JS.API.STREAM.DELETE.OV` there.
`REGISTRY` has JetStream too, for the bucket of a registry of several processes; nothing goes in or out.
`AUTH` holds the doorkeepers (auth callout), `SYS` whoever lists and closes connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from overlay.errors import BadSettings
from overlay.transport.address import TlsFiles

APP_ACCOUNT = "APP"
SYS_USER = "sys"
AUTH_USER = "auth"
REGISTRY_USER = "registry"


@dataclass(frozen=True, slots=True)
class NatsServerConfig:
    """What one nats-server is told."""

    name: str
    host: str
    port: int
    tls: TlsFiles
    store: Path
    log: Path | None
    """None: standard error."""
    issuer: str
    """The public account key that signs admissions."""
    sys_password: str
    auth_password: str
    provisioner_password: str
    registry_password: str
    max_payload_bytes: int
    max_file_bytes: int
    max_connections: int
    max_subscriptions: int
    """Of one connection."""
    login_timeout_s: float
    pull_lifetime_s: float
    log_bytes: int


def nats_config(config: NatsServerConfig) -> str:
    """The text of the configuration file; it holds passwords. Raises BadSettings."""
    return _SERVER.format(
        name=_quoted(config.name),
        host=_quoted(config.host),
        port=config.port,
        max_payload=config.max_payload_bytes,
        max_connections=config.max_connections,
        max_subscriptions=config.max_subscriptions,
        log=_log(config),
        certificate=_quoted(str(config.tls.certificate)),
        key=_quoted(str(config.tls.key)),
        ca=_quoted(str(config.tls.ca)),
        timeout=f"{config.login_timeout_s:.3f}",
        store=_quoted(str(config.store)),
        max_file=config.max_file_bytes,
        sys_password=_quoted(config.sys_password),
        auth_password=_quoted(config.auth_password),
        provisioner_password=_quoted(config.provisioner_password),
        registry_password=_quoted(config.registry_password),
        pull_lifetime=_quoted(f"{int(config.pull_lifetime_s)}s"),
        issuer=_quoted(config.issuer),
    )


def _log(config: NatsServerConfig) -> str:
    if config.log is None:
        return ""
    lines = (f"log_file: {_quoted(str(config.log))}", f"logfile_size_limit: {config.log_bytes}")
    return "\n".join((*lines, "logfile_max_num: 4", ""))


def _quoted(text: str) -> str:
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise BadSettings(f"{text!r} holds a control character, which nats-server's configuration cannot")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_SERVER = """\
# Written by overlay; changes here are lost when it writes again.
server_name: {name}
host: {host}
port: {port}
max_payload: {max_payload}
max_connections: {max_connections}
max_subscriptions: {max_subscriptions}
{log}
tls {{
  cert_file: {certificate}
  key_file: {key}
  ca_file: {ca}
  verify: true
  timeout: {timeout}
}}

jetstream {{
  store_dir: {store}
  max_file_store: {max_file}
  sync_interval: always
}}

accounts {{
  SYS {{ users: [ {{ user: sys, password: {sys_password} }} ] }}
  AUTH {{ users: [ {{ user: auth, password: {auth_password} }} ] }}
  STORE {{
    jetstream: enabled
    users: [ {{ user: provisioner, password: {provisioner_password} }} ]
    exports: [
      {{ service: "ov.rel.>", accounts: [APP] }}
      {{ service: "$JS.API.CONSUMER.MSG.NEXT.OV.*", accounts: [APP],
         response_type: stream, threshold: {pull_lifetime} }}
      {{ service: "$JS.API.CONSUMER.INFO.OV.*", accounts: [APP] }}
      {{ service: "$JS.ACK.OV.>", accounts: [APP] }}
    ]
  }}
  REGISTRY {{
    jetstream: enabled
    users: [ {{ user: registry, password: {registry_password} }} ]
  }}
  APP {{
    imports: [
      {{ service: {{ account: STORE, subject: "ov.rel.>" }} }}
      {{ service: {{ account: STORE, subject: "$JS.API.CONSUMER.MSG.NEXT.OV.*" }}, to: "ovjs.next.*" }}
      {{ service: {{ account: STORE, subject: "$JS.API.CONSUMER.INFO.OV.*" }}, to: "ovjs.info.*" }}
      {{ service: {{ account: STORE, subject: "$JS.ACK.OV.>" }} }}
    ]
  }}
}}
system_account: SYS

authorization {{
  timeout: {timeout}
  auth_callout {{
    issuer: {issuer}
    account: AUTH
    auth_users: [ sys, auth, provisioner, registry ]
  }}
}}
"""
