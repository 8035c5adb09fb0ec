"""`overlay agent publish`: one message to all who subscribe to a topic."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.cli.acting import acting
from overlay.cli.bodies import read_body
from overlay.cli.join_token import TokenFile
from overlay.cli.options import HERE, Home, Json, MeOrNew
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.cli.whose import Own
from overlay.naming.subjects import Priority


def publish(
    topic: Annotated[str, typer.Argument(help="Such as network.incident.")],
    body: Annotated[str, typer.Argument(help="The text; - reads standard input.")],
    me: MeOrNew = "operator-desk",
    reliable: Annotated[
        bool, typer.Option("--reliable", help="Stored until it is handled by each of them.")
    ] = False,
    domain: Annotated[
        list[str] | None, typer.Option(help="Only to subscribers of this domain; may be repeated.")
    ] = None,
    priority: Annotated[Priority, typer.Option(help="How important it is.")] = Priority.NORMAL,
    home: Home = HERE,
    own: Own = None,
    token: TokenFile = None,
    json: Json = False,
) -> None:
    """Send to whoever subscribes to a topic, here and in peered domains: nobody has to be named."""
    told = read_body(body, token)

    async def work() -> int:
        async with await acting(home, me, own, token) as agent:
            return await agent.publish(
                topic, told, reliable=reliable, priority=priority, domains=tuple(domain or ())
            )

    count = run(work())
    if json:
        show_json({"topic": topic, "subscribers": count})
    elif count:
        say(f"sent to {count} subscriber{'s' * (count != 1)} of {topic}")
    else:
        say(f"nobody subscribes to {topic}")
