"""What a RabbitMQ node is told: rabbitmq.conf, its plugins, its definitions, its environment. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from overlay.errors import BadSettings
from overlay.naming.ids import PROVISIONER
from overlay.transport.rabbitmq_queues import EXCHANGE

ADMIN = "ADMIN"
"""The user of the management API. Upper case is in no name, so no certificate logs in as it."""
REVOKED = "revoked"
"""The folder of revocation lists."""
PLUGINS = "[rabbitmq_auth_mechanism_ssl,rabbitmq_management].\n"

_QUEUES = r"(inbox|proc|svc|out|park|chan|hello|link)\.[a-z0-9._-]+"
_SHA256 = "rabbit_password_hashing_sha256"
LOOPBACK = "127.0.0.1"
_ERLANG = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
"""Two schedulers that do not spin, and no Erlang distribution beyond this machine."""


@dataclass(frozen=True, slots=True)
class RabbitPorts:
    """Where a node listens; AMQPS on its host, the others on loopback only."""

    amqps: int
    management: int
    epmd: int
    distribution: int


@dataclass(frozen=True, slots=True)
class ManagementAccess:
    """How to reach the management interface of a node: whoever has this administers it."""

    port: int
    host: str
    """The name that the node's certificate holds."""
    ca: Path
    password: str = field(repr=False)
    address: str = LOOPBACK
    """Where to connect; another machine for a node that somebody else runs."""


@dataclass(frozen=True, slots=True)
class RabbitLimits:
    """The bounds of a node, from `Settings`."""

    max_message_bytes: int
    channel_max: int
    memory_share: float
    disk_free_bytes: int
    consumer_timeout_s: float


def rabbitmq_conf(
    folder: Path,
    ip: str,
    ports: RabbitPorts,
    limits: RabbitLimits,
    managed_on: str = LOOPBACK,
    log: str = "rabbit.log",
) -> str:
    """The text of rabbitmq.conf for a node that sees its files in `folder`, with AMQPS on `ip` and its
    management interface on `managed_on`; without `log` it writes to standard output. Raises BadSettings.
    """
    ca, certificate, key = (conf_value(folder / name) for name in ("ca.pem", "certificate.pem", "key.pem"))
    return "\n".join(
        (
            "listeners.tcp = none",
            f"listeners.ssl.1 = {conf_value(_bracketed(ip))}:{ports.amqps}",
            "ssl_cert_login_from = common_name",
            "auth_mechanisms.1 = EXTERNAL",
            f"management.ssl.ip = {conf_value(managed_on)}",
            f"management.ssl.port = {ports.management}",
            f"management.ssl.cacertfile = {ca}",
            f"management.ssl.certfile = {certificate}",
            f"management.ssl.keyfile = {key}",
            "management.ssl.versions.1 = tlsv1.3",
            "management.ssl.versions.2 = tlsv1.2",
            f"load_definitions = {conf_value(folder / 'definitions.json')}",
            f"max_message_size = {limits.max_message_bytes}",
            f"channel_max = {limits.channel_max}",
            f"consumer_timeout = {int(limits.consumer_timeout_s * 1000)}",
            f"vm_memory_high_watermark.relative = {limits.memory_share}",
            f"disk_free_limit.absolute = {limits.disk_free_bytes}",
            f"log.console = {'false' if log else 'true'}",
            f"log.file = {conf_value(log) if log else 'false'}",
            "",
        )
    )


def advanced_config(folder: Path) -> str:
    """The text of advanced.config: TLS of AMQPS, for rabbitmq.conf has no words for revocation lists. No TLS
    session is taken up again, or a certificate would not be looked at again. Raises BadSettings.
    """
    inside = conf_value(folder)
    return f"""[{{rabbit, [{{ssl_options, [
  {{cacertfile, "{inside}/ca.pem"}},
  {{certfile, "{inside}/certificate.pem"}},
  {{keyfile, "{inside}/key.pem"}},
  {{versions, ['tlsv1.3', 'tlsv1.2']}},
  {{verify, verify_peer}},
  {{fail_if_no_peer_cert, true}},
  {{depth, 1}},
  {{reuse_sessions, false}},
  {{crl_check, best_effort}},
  {{crl_cache, {{ssl_crl_hash_dir, {{internal, [{{dir, "{inside}/{REVOKED}"}}]}}}}}}
]}}]}}].
"""


def _bracketed(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip


def conf_value(value: Path | str) -> str:
    """`value` as the right side of a line of rabbitmq.conf. Raises BadSettings if it would not stay there."""
    text = str(value)
    if not text.isprintable() or any(mark in text for mark in "#'\"\\$ "):
        raise BadSettings(
            f"{text!r} cannot be written to rabbitmq.conf: use a path without spaces, quotes, #, $ or \\"
        )
    return text


def definitions_json(password: str) -> str:
    """Who and what is there from the first moment: ADMIN, the provisioner, virtual host `/`, the exchange."""
    write = rf"^{_QUEUES}\z"
    return json.dumps(
        {
            "vhosts": [{"name": "/"}],
            "users": [
                _user(ADMIN, password_hash(password), "administrator"),
                _user(PROVISIONER, "", ""),
            ],
            "permissions": [
                {
                    "user": PROVISIONER,
                    "vhost": "/",
                    "configure": rf"^({EXCHANGE}|{_QUEUES})\z",
                    "write": write,
                    "read": rf"^{EXCHANGE}\z",
                }
            ],
            "topic_permissions": [],
            "exchanges": [
                {
                    "name": EXCHANGE,
                    "vhost": "/",
                    "type": "topic",
                    "durable": True,
                    "auto_delete": False,
                    "internal": False,
                    "arguments": {},
                }
            ],
        },
        indent=1,
    )


def _user(name: str, hashed: str, tags: str) -> dict[str, str]:
    return {"name": name, "password_hash": hashed, "hashing_algorithm": _SHA256, "tags": tags}


def password_hash(password: str) -> str:
    """RabbitMQ's salted SHA-256; good only for long random passwords, which ours are. The salt is taken
    from the password, so that the same definitions are written at each start.
    """
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def node_environment(folder: Path, node_name: str, ports: RabbitPorts) -> dict[str, str]:
    """The whole environment of a node: nothing of ours or of the system's RabbitMQ reaches it."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "HOME": str(folder / "home"),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(ports.epmd),
        "RABBITMQ_NODENAME": f"{node_name}@localhost",
        "RABBITMQ_DIST_PORT": str(ports.distribution),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        # There is none: or /etc/rabbitmq/conf.d of the system's own RabbitMQ would be read as well.
        "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "environment"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
        "ERL_CRASH_DUMP_SECONDS": "0",
        # The start script then becomes the server instead of waiting for it: one process, one id.
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def epmd_command(program: Path, ports: RabbitPorts) -> tuple[str, ...]:
    """A port mapper of the node's own: started before the node, or the node would leave one behind."""
    return (str(program), "-port", str(ports.epmd), "-address", LOOPBACK)
