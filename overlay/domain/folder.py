"""Where everything of a domain lies. Pure, but for asking whether it is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from overlay.errors import BadSettings
from overlay.transport.address import TlsFiles


@dataclass(frozen=True, slots=True)
class DomainFolder:
    """One domain's folder.

    domain.toml     what makes the set-up       overlay.toml   limits and times (docs/settings.md)
    ca/             root, its key, policy, memory              broker/   the broker's own folder
    services/<x>/   homes of ca, registry, gw, operator        registry.db
    links/<domain>/ our certificate at a peer's broker         run/      process IDs and logs
    agents/<name>/  homes of agents that live here
    """

    path: Path

    @classmethod
    def open(cls, path: Path) -> DomainFolder:
        """An existing domain's folder. Raises BadSettings."""
        folder = cls(path.expanduser().resolve())
        if not folder.config.is_file():
            raise BadSettings(
                f"{path} is not a domain folder (it has no domain.toml): make one with "
                f"`overlay init {path} --domain a.example`, or name another with --home"
            )
        return folder

    @property
    def config(self) -> Path:
        """`DomainConfig`."""
        return self.path / "domain.toml"

    @property
    def settings(self) -> Path:
        """`Settings`."""
        return self.path / "overlay.toml"

    @property
    def root_certificate(self) -> Path:
        """The CA's certificate, PEM: the one trust anchor of the domain."""
        return self.path / "ca" / "root.pem"

    @property
    def root_key(self) -> Path:
        """The CA's key, PEM; only the CA's process and the operator's commands read it."""
        return self.path / "ca" / "root.key"

    @property
    def crl(self) -> Path:
        """The CA's revocation list, PEM, for everybody: whoever serves it by HTTP reads it here."""
        return self.path / "ca" / "revoked.crl"

    @property
    def ca_store(self) -> Path:
        """What the CA must never forget."""
        return self.path / "ca" / "ca.db"

    @property
    def policy(self) -> Path:
        """Which applications the CA accepts (`overlay.ca.applications.policy`); there may be none."""
        return self.path / "ca" / "policy.toml"

    @property
    def registry_store(self) -> Path:
        """The registry's memory."""
        return self.path / "registry.db"

    @property
    def broker(self) -> Path:
        """The broker's own folder."""
        return self.path / "broker"

    @property
    def broker_tls(self) -> TlsFiles:
        """What the broker proves itself with."""
        return TlsFiles(self.root_certificate, self.broker / "server.pem", self.broker / "server.key")

    @property
    def secrets(self) -> Path:
        """The domain's own passwords and keys for its broker."""
        return self.path / "broker" / "secrets.json"

    @property
    def callout_secrets(self) -> Path:
        """The share of `secrets` in a folder that holds the admission of a domain on NATS alone."""
        return self.path / "broker" / "callout.json"

    @property
    def registry_secrets(self) -> Path:
        """The share of `secrets` in a folder that holds the registry of a domain on NATS alone."""
        return self.path / "broker" / "registry.json"

    def service(self, name: str) -> Path:
        """The home of a service, the gateway or the operator."""
        return self.path / "services" / name

    def agent(self, name: str) -> Path:
        """The home of an agent that lives in this folder."""
        return self.path / "agents" / name

    @property
    def agents(self) -> Path:
        """The homes of agents that live in this folder."""
        return self.path / "agents"

    def link(self, domain: str) -> Path:
        """Our gateway's certificate at the broker of `domain`."""
        return self.path / "links" / domain

    @property
    def link_key(self) -> Path:
        """Our gateway's key at the brokers of peers."""
        return self.path / "links" / "link.key"

    @property
    def run(self) -> Path:
        """Process IDs and logs."""
        return self.path / "run"
