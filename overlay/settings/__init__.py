"""Every setting and every limit, in one place. Pure, but for reading environment and file.

The same names in the environment (`OVERLAY_ACK_WAIT_S=30`), in `overlay.toml` (`ack_wait_s = 30`) and in
docs/settings.md, which is made from these files. Times are seconds (`_s`), sizes bytes (`_bytes`).
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import pydantic
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from overlay.errors import BadSettings
from overlay.settings.access import AccessSettings
from overlay.settings.anycast import AnycastSettings
from overlay.settings.ca import CaSettings
from overlay.settings.carriers import CarrierSettings
from overlay.settings.chains import ChainSettings
from overlay.settings.channels import ChannelSettings
from overlay.settings.chaos import ChaosSettings
from overlay.settings.content import ContentSettings
from overlay.settings.context import ContextSettings
from overlay.settings.credentials import CredentialsSettings
from overlay.settings.delivery import DeliverySettings
from overlay.settings.description import DescriptionSettings
from overlay.settings.discovery import DiscoverySettings
from overlay.settings.dns import DnsSettings
from overlay.settings.domain import DomainSettings
from overlay.settings.endpoint import EndpointSettings
from overlay.settings.far import FarSettings
from overlay.settings.gateway import GatewaySettings
from overlay.settings.messages import MessagesSettings
from overlay.settings.nats import NatsSettings
from overlay.settings.paths import PathSettings
from overlay.settings.quality import QualitySettings
from overlay.settings.rabbitmq import RabbitMQSettings
from overlay.settings.registration import RegistrationSettings
from overlay.settings.registry import RegistrySettings
from overlay.settings.registry_store import RegistryStoreSettings
from overlay.settings.routing import RoutingSettings
from overlay.settings.search import SearchSettings
from overlay.settings.sessions import SessionSettings
from overlay.settings.streams import StreamSettings
from overlay.settings.tasks import TaskSettings
from overlay.settings.transport import TransportSettings
from overlay.settings.trust import TrustSettings


class Settings(
    MessagesSettings,
    TransportSettings,
    RabbitMQSettings,
    NatsSettings,
    TrustSettings,
    EndpointSettings,
    QualitySettings,
    DeliverySettings,
    AccessSettings,
    CaSettings,
    ChannelSettings,
    StreamSettings,
    CarrierSettings,
    ChainSettings,
    ContentSettings,
    ContextSettings,
    CredentialsSettings,
    RegistrationSettings,
    RegistrySettings,
    DiscoverySettings,
    RegistryStoreSettings,
    SearchSettings,
    AnycastSettings,
    TaskSettings,
    DescriptionSettings,
    GatewaySettings,
    RoutingSettings,
    PathSettings,
    FarSettings,
    DnsSettings,
    DomainSettings,
    SessionSettings,
    ChaosSettings,
):
    """All settings. Unknown names and impossible values are refused."""

    model_config = SettingsConfigDict(env_prefix="OVERLAY_", extra="forbid", frozen=True)

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
        wrong = "; ".join(_wrong(item) for item in error.errors())
        raise BadSettings(f"wrong settings: {wrong}. docs/settings.md lists them all") from error
    except ValueError as error:
        raise BadSettings(f"{file} cannot be read as TOML: {error}") from error


def _wrong(item: ErrorDetails) -> str:
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] != "extra_forbidden":
        return f"{name}: {item['msg'].removeprefix('Value error, ')} (got {item['input']!r})"
    near = get_close_matches(name, Settings.model_fields, n=1)
    return f"{name}: no such setting" + (f" (did you mean {near[0]}?)" if near else "")
