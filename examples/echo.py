"""The agent of the README."""

import asyncio

from overlay import Agent, Message

agent = Agent("echo-home")  # its folder; the first time, a join token comes from OVERLAY_JOIN_TOKEN


@agent.serves("text.echo")
async def echo(message: Message) -> bytes:
    """Answers with what it was asked."""
    return b"you said: " + message.body


async def main() -> None:
    """Serve until interrupted."""
    async with agent:
        await agent.forever()


if __name__ == "__main__":
    asyncio.run(main())
