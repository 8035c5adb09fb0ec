"""What makes one domain's set-up: `domain.toml` in its folder. Limits and times stand in `overlay.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pydantic
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, field_validator

from overlay.errors import BadSettings, OverlayError
from overlay.naming.ids import check_domain
from overlay.transport.address import BrokerAddress, BrokerKind


class DomainConfig(BaseModel):
    """One domain's set-up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str
    broker: BrokerKind
    url: str = Field(description="Where parties of this domain reach the broker")
    more_urls: list[str] = Field(
        default_factory=list, description="Where else they reach it, if `url` does not answer"
    )
    managed: bool = Field(description="Whether `overlay up` starts the broker itself")
    management: str = Field("", description="https://host:port of RabbitMQ's management API")
    part: str = Field("", description="Which part alone is in this folder (`overlay part`); empty: all")
    public_urls: list[str] = Field(
        default_factory=list, description="Where gateways of peers reach the broker; `url` if empty"
    )

    @field_validator("domain")
    @classmethod
    def _domain(cls, value: str) -> str:
        return check_domain(value)

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        return str(BrokerAddress.parse(value))

    @field_validator("public_urls", "more_urls")
    @classmethod
    def _urls(cls, value: list[str]) -> list[str]:
        return [str(BrokerAddress.parse(url)) for url in value]

    @property
    def address(self) -> BrokerAddress:
        """Where parties of this domain reach the broker."""
        return BrokerAddress.parse(self.url)

    @property
    def addresses(self) -> list[str]:
        """Where parties of this domain reach the broker, best first: what the domain's card says."""
        return [self.url, *self.more_urls]

    @property
    def addresses_for_peers(self) -> list[str]:
        """Where gateways of peers reach the broker."""
        return self.public_urls or [self.url]


def management_address(url: str) -> tuple[str, int]:
    """Host and port of RabbitMQ's management API. Raises BadSettings unless it is reached over TLS."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 15671
    except ValueError as error:
        raise BadSettings(f"{url!r} is no https:// address: {error}") from error
    if parts.scheme != "https" or not host:
        raise BadSettings(f"{url!r} is no https:// address: admission goes over TLS only")
    return host, port


def load_config(file: Path) -> DomainConfig:
    """Raises BadSettings, naming what is wrong."""
    try:
        return DomainConfig.model_validate(tomllib.loads(file.read_text()))
    except pydantic.ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise BadSettings(f"{file} is wrong: {wrong}") from error
    except (OSError, ValueError, OverlayError) as error:
        raise BadSettings(f"{file} cannot be read: {error}") from error


def config_text(config: DomainConfig) -> str:
    """The file's text."""
    head = (
        "# What makes this domain's set-up, made by `overlay init`. Limits and times stand in overlay.toml.\n"
    )
    return head + tomli_w.dumps(config.model_dump(mode="json"))
