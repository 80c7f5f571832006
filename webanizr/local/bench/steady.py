"""`python -m webanizr.local.bench.steady PORT PATH HOST BODIES RATE SECONDS`: steady posts, prints the p99 in ms.

Each post is due at a fixed moment, whatever the server does; its latency counts from then. So a server that stalls
can't hide it by holding the load up.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

CONNECTIONS = 32


async def main(port: int, path: str, host: str, bodies: list[bytes], rate: float, seconds: float) -> float:
    """Return the 99th percentile in ms; raises RuntimeError when an answer isn't 303."""
    count = min(int(rate * seconds), len(bodies))
    due: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
    taken: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            at, number = await due.get()
            if number < 0:
                writer.close()
                return
            address = f"10.{number % 251}.{number // 251 % 251}.1"
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Sec-Fetch-Site: same-origin\r\nX-Forwarded-For: {address}\r\n"
                f"Content-Length: {len(bodies[number])}\r\n\r\n"
            )
            writer.write(head.encode() + bodies[number])
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 303"):
                raise RuntimeError(answer.decode(errors="replace")[:300])
            taken.append(time.perf_counter() - at)

    posters = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    began = time.perf_counter() + 0.2
    for number in range(count):
        at = began + number / rate
        while (left := at - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        due.put_nowait((at, number))
        for poster in posters:
            if poster.done():
                poster.result()
    for _ in posters:
        due.put_nowait((0.0, -1))
    await asyncio.gather(*posters)
    return sorted(taken)[int(len(taken) * 0.99)] * 1000


if __name__ == "__main__":
    port, path, host, file, rate, seconds = sys.argv[1:]
    lines = Path(file).read_bytes().splitlines()
    print(asyncio.run(main(int(port), path, host, lines, float(rate), float(seconds))))
