"""DID documents and verifiable credentials. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class CredentialsSettings(BaseSettings):
    """DID documents and verifiable credentials."""

    did_cache_s: float = Field(
        600.0, ge=0, le=86400, description="How long a DID document fetched from the web is good"
    )
    did_again_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="How long a DID document that could not be had is not asked for again",
    )
    did_cache_size: int = Field(1000, ge=1, le=100000, description="DID documents that a process keeps")
    did_document_bytes: int = Field(
        64 * 1024, ge=1024, le=1 << 20, description="The longest DID document that is read"
    )
    did_timeout_s: float = Field(
        10.0, gt=0, le=60, description="How long a web server may take for a document or a status list"
    )
    did_private_addresses: bool = Field(
        default=False,
        description="Whether documents and status lists are fetched from addresses that are not public",
    )
    did_ca_file: str = Field(
        "", description="A PEM file of CAs that count for did:web beside those that everybody trusts"
    )
    credential_bytes: int = Field(
        16 * 1024, ge=1024, le=32 * 1024, description="The longest credential that is taken"
    )
    credential_days: float = Field(
        365.0, gt=0, le=825, description="Validity of a credential, unless its maker says less"
    )
    credential_status_s: float = Field(
        300.0,
        gt=0,
        le=86400,
        description="How long a list of revoked credentials is good: after that, none without a newer one",
    )
    credential_ask_s: float = Field(
        5.0,
        ge=0,
        le=86400,
        description="How long an agent waits until it asks its CA again for a credential that somebody wants",
    )
    credential_issuers_s: float = Field(
        60.0, ge=0, le=86400, description="How long an agent keeps its domain's list of issuers"
    )
    credential_issuers: int = Field(
        200, ge=1, le=2000, description="Issuers on a domain's list, its own CA not counted"
    )
    credential_cache_size: int = Field(
        10_000, ge=1, description="Credentials, and as many status lists, that a process keeps as verified"
    )
    credentials_held: int = Field(64, ge=1, le=1000, description="Credentials in the wallet of an agent")
