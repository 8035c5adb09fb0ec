"""`overlay agent describe`: an agent's description made, signed and checked (REG-13)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import orjson
import typer

from overlay.agent.described import read_file
from overlay.cli.agent_describe_check import check_file
from overlay.cli.files import Output, write_file
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json
from overlay.cli.running import run
from overlay.cli.whose import Own, home_of
from overlay.description.a2a_card import VERSIONS
from overlay.description.a2a_export import write_card
from overlay.description.a2a_signature import sign_card
from overlay.description.forms import Form
from overlay.description.proof import REGISTERING, sign_document
from overlay.description.text_writing import write_text
from overlay.description.writing import write_document
from overlay.domain.describing import Described, describe_agent, describe_self
from overlay.domain.folder import DomainFolder
from overlay.errors import BadInput
from overlay.settings import load_settings


def describe(
    agent: Annotated[str, typer.Argument(help="Which agent: name, or name@domain; of a peer, too.")] = "",
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.JSON_LD,
    a2a: Annotated[
        str, typer.Option("--a2a-version", help=f"Of the card's protocol: {', '.join(VERSIONS)}.")
    ] = VERSIONS[0],
    output: Output = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="Read this description, and say what it holds and proves.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option("--keys", help="With --check: a JWK set whose keys are trusted, too.")
    ] = None,
    sign: Annotated[
        Path | None, typer.Option("--sign", help="Sign this description, for AGENT to register from.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what the agent's owner wants to be seen by some only.")
    ] = False,
    home: Home = HERE,
    own: Own = None,
    json: Json = False,
) -> None:
    """The Agent Description document of an agent, signed where its keys are at hand: JSON-LD, an A2A agent
    card, or text. With --check, exit code 2: it is malformed; 1: it is not what it says to be, or not
    AGENT's.
    """
    if check is not None:
        check_file(check, agent, keys, home, as_json=json)
    elif sign is not None:
        _sign(sign, agent, home, own, output)
    elif own is not None and not agent:
        found, settings = home_of(home, "", own)
        _put(run(describe_self(found, settings, everything=everything)), form, a2a, output, as_json=json)
    elif agent:
        _put(
            run(describe_agent(DomainFolder.open(home), agent, everything=everything)),
            form,
            a2a,
            output,
            as_json=json,
        )
    else:
        raise BadInput("say which agent: its name, or --agent-home FOLDER; or --check FILE")


def _put(found: Described, form: Form, a2a: str, output: Path | None, *, as_json: bool) -> None:
    text, notes = _written(found, form, a2a)
    if output is not None:
        write_file(output, text.encode())
    if as_json:
        described = {"description": orjson.loads(text)} if form is not Form.TEXT else {"description": text}
        file = str(output or "")
        told = {"agent": found.description.did, "format": str(form), "notes": notes, "file": file}
        show_json({**told, **described})
    else:
        _say(text, output)
    if not as_json:
        for note in notes:
            typer.echo(printable(note), err=True)


def _written(found: Described, form: Form, a2a: str) -> tuple[str, list[str]]:
    """The text, and what is to be said of it."""
    if form is Form.TEXT:
        return write_text(found.description), []
    notes = [] if found.signer else ["not signed: the agent's keys are not here"]
    if form is Form.A2A:
        card, hidden = write_card(found.description, a2a)
        if found.signer:
            card = sign_card(card, found.signer)
        return _pretty(card), [*notes, *hidden]
    document = write_document(found.description)
    if found.signer:
        purpose, settings = found.description.registration, load_settings()
        document = sign_document(document, found.signer, purpose, time.time(), settings)
    return _pretty(document), notes


def _sign(file: Path, agent: str, home: Path, own: Path | None, output: Path | None) -> None:
    if bool(agent) == (own is not None):
        raise BadInput("say who signs: AGENT of a domain's folder, or --agent-home FOLDER")
    found, settings = home_of(home, agent, own)
    signer = found.load(settings).credentials
    written = read_file(file, settings)
    if written.form is not Form.JSON_LD:
        raise BadInput(f"{file} is no JSON-LD document: describe and sign are for those")
    content = {**written.content, "did": written.description.did or signer.party.did}
    text = _pretty(sign_document(content, signer, REGISTERING, time.time(), settings))
    if output is not None:
        write_file(output, text.encode())
    _say(text, output)


def _say(text: str, output: Path | None) -> None:
    say(text.rstrip("\n") if output is None else f"{output} is written.")


def _pretty(document: dict[str, object]) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
