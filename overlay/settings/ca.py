"""The CA: lifetimes, tokens, audit. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class CaSettings(BaseSettings):
    """The CA: lifetimes, tokens, audit."""

    root_certificate_days: float = Field(
        3650.0, gt=0, le=7300, description="Validity of a new domain's root certificate"
    )
    agent_certificate_days: float = Field(
        90.0, gt=0, le=825, description="Validity of an agent's certificate, and of the operator's"
    )
    service_certificate_days: float = Field(
        365.0, gt=0, le=825, description="Validity of certificates of services, gateways and brokers"
    )
    link_certificate_days: float = Field(
        90.0, gt=0, le=825, description="Validity of the certificate of a peer's gateway at our broker"
    )
    join_token_s: float = Field(
        3600.0, gt=0, le=604800, description="How long a join token may be used, unless its maker says so"
    )
    join_token_max_s: float = Field(
        86400.0, gt=0, le=604800, description="The longest that a join token may be made for"
    )
    join_grace_s: float = Field(
        120.0, ge=0, le=3600, description="How long the holder of a spent token may fetch its answer again"
    )
    join_tokens_open: int = Field(
        1000, ge=1, le=100000, description="Join tokens that are neither spent nor expired"
    )
    ca_valid_per_name: int = Field(
        4, ge=2, le=100, description="Certificates of one name that are valid side by side (renewals)"
    )
    ca_renew_again_s: float = Field(
        600.0,
        ge=0,
        le=86400,
        description="For how long a peer's gateway whose answer was lost is given the same certificate again",
    )
    ca_page: int = Field(200, ge=1, le=1000, description="Certificates in one answer of `list`")
    ca_tell_s: float = Field(
        5.0, gt=0, le=60, description="How long the CA waits for the registry to remove a revoked agent"
    )
    ca_sweep_s: float = Field(
        10.0, gt=0, le=3600, description="Between looks for spent tokens and untold revocations"
    )
    audit_buffer: int = Field(
        256, ge=1, le=10000, description="Audit entries of mere questions that may wait to be written"
    )

    # revocation and recovery
    denied_page: int = Field(
        1000, ge=1, le=10_000, description="Revoked certificates in one answer of the CA, and in one push"
    )
    crl_hours: float = Field(
        24.0,
        gt=0,
        le=8760,
        description="How long a published X.509 revocation list is good; there is a new one after half of it",
    )
    crl_part_bytes: int = Field(
        256 * 1024, ge=1024, le=512 * 1024, description="Bytes of that list in one answer of the CA"
    )
    ca_tell_at_once: int = Field(
        16, ge=1, le=1000, description="Revoked certificates whose access the CA ends side by side"
    )
    denied_fetch_spread_s: float = Field(
        5.0,
        ge=0,
        le=600,
        description="Within what time, drawn at random, a party that missed news of a revocation asks the CA",
    )
    rollover_lead_s: float = Field(
        600.0,
        ge=0,
        le=30 * 86400,
        description="How long a new root is announced before it issues, and all hear of it",
    )

    # applications that an administrator decides
    applications_open: int = Field(
        100, ge=1, le=100_000, description="Applications that wait for an administrator at the same time"
    )
    application_open_s: float = Field(
        7 * 86400.0, gt=0, le=90 * 86400, description="How long an application may wait for its decision"
    )
    application_collect_s: float = Field(
        7 * 86400.0,
        gt=0,
        le=90 * 86400,
        description="How much longer the newcomer may come back to hear it, however late it was decided",
    )
    join_wait_s: float = Field(
        3600.0,
        ge=0,
        le=90 * 86400,
        description="How long a newcomer waits for an administrator until it has to be started again",
    )
    join_retry_s: float = Field(
        2.0,
        gt=0,
        le=3600,
        description="Until a waiting newcomer asks again for the first time; then ever longer",
    )
    join_retry_max_s: float = Field(60.0, gt=0, le=3600, description="The longest between two such questions")
