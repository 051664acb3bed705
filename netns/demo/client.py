"""The client: a new request every few milliseconds, whether or not the earlier ones were answered.

    python -m netns.demo.client ADDRESS PORT INTERVAL     prints "sent answered router backend", times in ns, per answer

A request that got no answer in ``PATIENCE`` seconds is given up and printed as "sent -". Waiting for it instead would
make an outage seem longer than it is, and a lost SYN is repeated only after a second.
"""

import asyncio
import os
import sys
import time
from typing import Final

PATIENCE: Final = 0.5
REQUEST: Final = b"GET / HTTP/1.0\r\n\r\n"


async def ask(address: str, port: int) -> str:
    """The answer's body."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(REQUEST)
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.0 200"):
        raise ConnectionError("no answer")
    return body.decode()


async def request(address: str, port: int) -> None:
    sent = time.time_ns()
    try:
        async with asyncio.timeout(PATIENCE):
            backend, router = (await ask(address, port)).split()
    except (OSError, TimeoutError, ValueError):
        line = f"{sent} -\n"
    else:
        line = f"{sent} {time.time_ns()} {router} {backend}\n"
    os.write(1, line.encode())


async def keep_asking(address: str, port: int, interval: float) -> None:
    under_way: set[asyncio.Task[None]] = set()
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        task = asyncio.create_task(request(address, port))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        due = max(due + interval, loop.time() - interval)
        await asyncio.sleep(due - loop.time())


if __name__ == "__main__":
    asyncio.run(keep_asking(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
