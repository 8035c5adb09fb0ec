"""Sessions, and the records of channels that keep history. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class SessionSettings(BaseSettings):
    """Sessions, and the records of channels that keep history."""

    session_service: bool = Field(
        True, description="Whether `overlay up` runs the session service, `sessions@domain`"
    )
    session_page: int = Field(
        256, ge=1, le=10_000, description="Lines of a record that the service tells at a time"
    )
    session_page_bytes: int = Field(
        512 * 1024, ge=1024, description="The same in bytes; one line always goes, however large it is"
    )
    session_wait_s: float = Field(
        20.0, ge=0, le=300, description="How long a question for new events waits for one, at most"
    )
    session_watchers: int = Field(
        4000, ge=1, le=100_000, description="Questions that may wait so; more are answered at once"
    )
    session_poll_s: float = Field(
        0.5, gt=0, le=60, description="Before who was answered at once, with nothing, asks again"
    )
    session_check_s: float = Field(
        1.0, gt=0, le=60, description="How often the service asks the registry who is in its channels"
    )
    session_stale_s: float = Field(
        30.0,
        gt=0,
        le=3600,
        description="How long what the registry said last counts while it does not answer",
    )
    session_answer_s: float = Field(
        5.0,
        gt=0,
        le=300,
        description="How long the service may take to answer; then it is asked again, which changes nothing",
    )
    session_patience_s: float = Field(
        60.0,
        gt=0,
        le=86_400,
        description="How long an agent asks again while the session service does not answer",
    )
    session_retry_s: float = Field(
        0.2, gt=0, le=60, description="Before it asks again for the first time; grows tenfold"
    )
    session_ids: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="Lines before these whose IDs are remembered, so that none is written twice",
    )
    session_lines: int = Field(
        1_000_000,
        ge=10,
        le=100_000_000,
        description="Lines that a record may have; then the service takes nothing more in it",
    )
    session_checkpoint_bytes: int = Field(
        256 * 1024, ge=1, le=8 * 1024 * 1024, description="The largest state that a checkpoint may hold"
    )
    session_kept_days: float = Field(
        7.0,
        gt=0,
        le=3650,
        description="How long sessions that ended, and records of released channels, are kept",
    )
    sessions_listed: int = Field(
        100, ge=1, le=10_000, description="Sessions that the service tells at a time"
    )
