"""What a newcomer says of itself, or a join token fixes: identity material and attributes (CA-1). Pure."""

from __future__ import annotations

import msgspec


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """Of a newcomer: what is empty is as its join token says. Of a token: what is empty is not fixed, but for
    skills and scopes, of which none is permitted then.
    """

    organisation: str = ""
    """To whom the agent belongs."""
    qualification: str = ""
    """What entitles the organisation, as it claims: a licence, an entry of a register."""
    developer: str = ""
    """Who made the agent."""
    function: str = ""
    """Its function type, `network.diagnosis`."""
    scopes: tuple[str, ...] = ()
    """Its permission scopes, `network.read`, each with all below it."""
    skills: tuple[str, ...] = ()
    """What it may offer, each with all below it."""

    def over(self, token: Application) -> Application:
        """This, completed by what the token says."""
        own = {name: value for name, value in msgspec.structs.asdict(self).items() if value}
        return msgspec.structs.replace(token, **own)


def as_application(said: msgspec.Struct) -> Application:
    """The application among what a question to the CA holds."""
    return Application(**{name: getattr(said, name) for name in Application.__struct_fields__})
