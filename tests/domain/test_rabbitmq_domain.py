"""A whole domain on RabbitMQ: the one boot of it in this room."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from overlay.agent.agent import Agent
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.domain.service import Service
from overlay.domain.status import domain_status
from overlay.endpoint.message import Message
from overlay.errors import NotFound
from overlay.transport.address import BrokerKind
from tests.live_domain import LIMIT_S, passable_folder


@pytest.mark.timeout(300)
async def test_a_rabbitmq_domain_comes_up_serves_agents_and_goes_down() -> None:
    path = passable_folder("overlay-rabbitmq-")  # its configuration takes no spaces
    config = create_domain(path / "r", Wish("r.example", BrokerKind.RABBITMQ))
    assert config.url.startswith("amqps://localhost:")
    folder = DomainFolder.open(path / "r")
    try:
        assert await Service(folder).start()
        echo = Agent(await resident(folder, "echo", ("text.echo",)))

        @echo.serves("text.echo")
        async def answer(message: Message) -> str:
            return f"you said: {message.text}"

        async with echo, Agent(await resident(folder, "asker", ())) as asker:
            assert (await asker.ask("text.echo", "hello", timeout_s=LIMIT_S)).text == "you said: hello"
            sent = await asker.send(echo.id, "keep this", skill="text.echo", reliable=True)
            async with asyncio.timeout(LIMIT_S):
                await sent.receipt()
            with pytest.raises(NotFound):
                await asker.ask("nobody@r.example", "hello")
        assert (await domain_status(folder)).well
    finally:
        await Service(folder).stop()
        await asyncio.to_thread(shutil.rmtree, path)
