"""The services of a domain on this machine, and the demo. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class DomainSettings(BaseSettings):
    """The services of a domain on this machine, and the demo."""

    service_start_timeout_s: float = Field(
        60.0, gt=0, description="How long a service may take until it serves, and a broker until it answers"
    )
    service_stop_timeout_s: float = Field(15.0, gt=0, description="After which a service is killed")
    broker_check_s: float = Field(
        1.0, gt=0, description="How often `overlay up` looks whether its broker lives"
    )
    service_restart_wait_s: float = Field(
        0.5, gt=0, description="Before a service that died is started again; grows to thirty times this"
    )

    health_beat_s: float = Field(5.0, gt=0, description="Between signs of life of a service, in its folder")
    health_silence_s: float = Field(
        30.0, gt=0, description="Without any after which `overlay health` says that it does not serve"
    )
    demo_cases_at_once: int = Field(4, ge=1, le=256, description="Cases that the demo works on at once")
    demo_file_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, description="The largest file of complaints that the demo reads"
    )
    demo_ask_s: float = Field(
        60.0, gt=0, le=600, description="How long an agent of the demo waits for an answer"
    )
    demo_case_s: float = Field(120.0, gt=0, le=3600, description="How long one case of the demo may take")
    demo_find_s: float = Field(
        30.0, gt=0, le=600, description="After which the registries of the demo must know all agents"
    )
    demo_drain_s: float = Field(
        0.5, gt=0, le=60, description="How long agents of an interrupted demo go on with what they began"
    )
