"""Where RabbitMQ's start script is."""

from __future__ import annotations

from pathlib import Path

from overlay.brokers.programs import find_program

_INSTALL = (
    "run `apt-get install rabbitmq-server` (or your system's equivalent), "
    "or let the setting rabbitmq_server name the script"
)
# The script in Debian's search path insists on root; the package's own does not.
_PACKAGED = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def find_rabbitmq_server(given: Path | None = None) -> Path:
    """The script of the setting, of the system's package, or of the search path. Raises BadSettings."""
    packaged = _PACKAGED if _PACKAGED.is_file() else None
    return find_program("rabbitmq-server", install=_INSTALL, given=given or packaged)


def find_rabbitmqctl(server: Path | None = None) -> Path:
    """The tool beside the start script. Raises BadSettings."""
    return find_program(
        "rabbitmqctl", install=_INSTALL, given=find_rabbitmq_server(server).parent / "rabbitmqctl"
    )


def find_epmd() -> Path:
    """Erlang's port mapper. Raises BadSettings."""
    return find_program("epmd", install=_INSTALL)
