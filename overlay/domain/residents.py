"""Agents whose homes lie in the domain's own folder: made when they are first used."""

from __future__ import annotations

from pathlib import Path

from overlay.agent.joining import Joining
from overlay.agent.membership import join
from overlay.ca.applications.join_token import JoinToken, parse_token
from overlay.ca.protocol import MakeToken
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.endpoint.home import Home
from overlay.errors import BadSettings
from overlay.naming.ids import SESSIONS, check_name, is_reserved
from overlay.private_files import private_folder, read_private
from overlay.settings import load_settings
from overlay.turn import turn


async def resident(
    folder: DomainFolder, name: str, skills: tuple[str, ...], *, of_domain: bool = False
) -> Path:
    """The home of agent `name` of this domain; the operator lets it join where it has none yet.
    `of_domain`: the domain itself wants it, for its session service.

    Raises BadName, BadSettings when its certificate does not permit `skills`, Refused, Unreachable.
    """
    if is_reserved(check_name(name)) or (name == SESSIONS and not of_domain):
        raise BadSettings(f"{name!r} is the domain's own name: choose another for an agent")
    home = Home(folder.agent(name))
    settings = load_settings(folder.settings)
    if home.exists():
        permitted = home.load(settings).credentials.identity.skills
        missing = [skill for skill in skills if not any(_within(skill, other) for other in permitted)]
        if missing:
            raise BadSettings(
                f"the certificate of {name} does not permit {', '.join(missing)}: choose another name, or "
                f"replace it: remove {home.folder} and join with `overlay ca token {name} --again --skill …`"
            )
        return home.folder
    private_folder(folder.agents)
    async with turn(folder.agents / f".{name}.lock"):
        if not home.exists():
            token = Joining(home.folder).token() or _given(folder, name)  # one that waits goes on
            if token is None:
                async with operator(folder) as hand:
                    token = parse_token(await hand.ca.token(MakeToken(name, skills)))
            await join(home, token, settings)
    return home.folder


def _given(folder: DomainFolder, name: str) -> JoinToken | None:
    """A join token that somebody put there, where the operator's hand is elsewhere."""
    file = folder.agents / f"{name}.token"
    return parse_token(read_private(file).decode()) if file.exists() else None


def _within(skill: str, permitted: str) -> bool:
    return skill == permitted or skill.startswith(permitted + ".")
