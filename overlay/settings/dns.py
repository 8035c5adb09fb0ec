"""Finding domains by DNS. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class DnsSettings(BaseSettings):
    """Finding domains by DNS."""

    dns_servers: str = Field(
        "",
        description="Addresses of the DNS resolvers that are asked, with commas between; empty: the system's",
    )
    dns_port: int = Field(53, ge=1, le=65535, description="The port of the DNS resolvers")
    dns_timeout_s: float = Field(
        5.0, gt=0, le=60, description="How long one question to the DNS may take, all resolvers together"
    )
    dns_trust_ad: bool = Field(
        default=False,
        description="Whether a resolver on another machine is believed that it validated by DNSSEC: only if "
        "nobody can change anything between here and there",
    )
    dns_ttl_s: int = Field(
        3600, ge=0, le=604800, description="How long others may keep the records of `overlay dns export`"
    )
