"""One of the servers behind HAProxy: says who it is and which router the request came through.

python -m netns.demo.backend NAME     serves on 5696, and /health on 9998
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

SERVICE_PORT = 5696
HEALTH_PORT = 9998


def reply(body: str) -> bytes:
    return f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def answering(
    body_for: Callable[[str], str],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A handler that reads one request's head and answers with ``body_for(address of the sender)``."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply(body_for(writer.get_extra_info("peername")[0])))
            await writer.drain()
        writer.close()

    return handle


async def serve(name: str) -> None:
    await asyncio.start_server(answering(lambda router: f"{name} {router}"), "0.0.0.0", SERVICE_PORT, backlog=1024)
    await asyncio.start_server(answering(lambda _: '{"status":"UP"}'), "0.0.0.0", HEALTH_PORT)
    print(f"{name} serves on {SERVICE_PORT}, health on {HEALTH_PORT}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
