"""Registration: what an agent's entry has to say, who approves it, how often it may change. Pure."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

_DAY_S = 86400.0
_REQUIRABLE = (
    *("display_name", "description", "skills", "protocols", "interaction", "modalities", "languages"),
    *("services", "interfaces", "topics", "organisation", "location", "place", "latency_ms", "security"),
    "credentials",
)


class RegistrationSettings(BaseSettings):
    """Registration: what an agent's entry has to say, who approves it, how often it may change."""

    registry_require: tuple[str, ...] = Field(
        (),
        description='What every profile has to say, such as `["description", "languages"]` '
        "(REG-2); an agent whose profile says less is refused",
    )
    registrations_per_minute: int = Field(
        60, ge=1, description="How often one agent may enter or change its entry in a minute"
    )
    registry_per_organisation: int = Field(
        100_000, ge=1, description="Entries of one organisation, by what their certificates say"
    )
    registry_history: int = Field(
        20, ge=1, le=1000, description="Former versions of an entry that the registry remembers (REG-3)"
    )
    profile_credentials: int = Field(
        8, ge=0, le=32, description="Credentials that a profile may carry; all are verified"
    )
    skill_credentials: tuple[str, ...] = Field(
        ("skill",),
        description="Types of credentials by whose claim `skills` an agent may offer what its certificate "
        "does not name (REG-2); empty: none",
    )
    organisation_credentials: tuple[str, ...] = Field(
        ("organisation",),
        description="Types of credentials by whose claim `organisation` an agent may name it as its own",
    )
    registry_recheck_s: float = Field(
        300.0,
        gt=0,
        le=_DAY_S,
        description="After which the credentials of an entry are verified again: revocation",
    )
    registry_rechecks: int = Field(
        50, ge=1, le=1000, description="Entries whose credentials are verified again in one sweep"
    )
    registry_vetting_s: float = Field(
        5.0,
        gt=0,
        le=60,
        description="How long the credentials of a peer's agents are verified while it tells of them; what "
        "is not verified by then does not count",
    )
    status_text: int = Field(
        200, ge=0, le=2000, description="Characters of an agent's own word on its status"
    )
    status_load_step: float = Field(
        0.25, gt=0, le=1, description="By how much an agent's load has to change to be written down and told"
    )
    status_publish_s: float = Field(
        30.0, ge=0, le=3600, description="Between two such changes of load; of its state all are told at once"
    )
    registrations_open: int = Field(
        1000, ge=1, le=100_000, description="Registrations that may wait for an administrator (REG-11)"
    )
    registration_open_s: float = Field(
        7 * _DAY_S, gt=0, le=365 * _DAY_S, description="How long a registration waits for an administrator"
    )
    registration_kept_s: float = Field(
        30 * _DAY_S, gt=0, le=3650 * _DAY_S, description="How long an administrator's decision counts"
    )
    registration_wait_s: float = Field(
        60.0,
        ge=0,
        le=365 * _DAY_S,
        description="How long an agent that enters waits for an administrator to approve its entry",
    )
    registration_poll_s: float = Field(
        2.0,
        gt=0,
        le=3600,
        description="Between its looks whether that was done, and while the registry is full",
    )
    registration_policy_bytes: int = Field(
        64 * 1024, ge=1024, le=512 * 1024, description="The largest policy of what an administrator approves"
    )

    @field_validator("registry_require")
    @classmethod
    def _fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for field in value:
            if field not in _REQUIRABLE:
                raise ValueError(f"{field!r} is not one of {', '.join(_REQUIRABLE)}")
        return value
