"""The agent of the README."""

from overlay import Agent, Message

agent = Agent("echo-home")  # its folder; the first time, a join token comes from OVERLAY_JOIN_TOKEN


@agent.serves("text.echo")
async def echo(message: Message) -> bytes:
    """Answers with what it was asked."""
    return b"you said: " + message.body


if __name__ == "__main__":
    agent.run()
