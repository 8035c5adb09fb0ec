"""`overlay agent show` and `overlay agent renew`: who an agent is, and for how long."""

from __future__ import annotations

import time

from overlay.agent.new_certificate import renew_now
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json, utc
from overlay.cli.running import run
from overlay.cli.whose import Own, Whose, home_of
from overlay.endpoint.party import Party
from overlay.trust.renewal_time import renewal_due, renewal_time
from overlay.trust.serials import serial_text


def show(me: Whose = "", own: Own = None, home: Home = HERE, json: Json = False) -> None:
    """Who the agent is, until when, and when its certificate will be renewed. Nobody is asked."""
    found, settings = home_of(home, me, own)
    told = _told(found.load(settings))
    if json:
        show_json(told | {"home": str(found.folder)})
        return
    for name, value in told.items():
        text = utc(value) if isinstance(value, float) else str(value)
        if name == "renewed_from" and told["renewal_due"]:
            text += ", which is now"
        if name != "renewal_due":
            say(f"{name.replace('_', ' '):14} {printable(text) or '-'}")


def renew(me: Whose = "", own: Own = None, home: Home = HERE, json: Json = False) -> None:
    """Renew the agent's certificate now, with new keys. Its running processes go on with it by themselves."""
    found, settings = home_of(home, me, own)
    told = _told(run(renew_now(found, settings)))
    if json:
        show_json(told)
    else:
        say(f"{told['agent']} has certificate {told['serial']} until {utc(float(str(told['until'])))}")


def _told(party: Party) -> dict[str, object]:
    credentials, settings = party.credentials, party.settings
    identity, roots = credentials.identity, party.domain_card.bundle.roots
    return {
        "agent": str(identity.party),
        "serial": serial_text(identity.serial),
        "until": identity.not_after,
        "renewed_from": renewal_time(credentials.certificate, settings),
        "renewal_due": renewal_due(credentials.certificate, roots, time.time(), settings),
        "skills": ", ".join(identity.skills),
        "scopes": ", ".join(identity.attributes.scopes),
        "function": identity.attributes.function,
        "organisation": identity.attributes.organisation,
    }
