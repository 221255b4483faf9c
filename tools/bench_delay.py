"""Passes TCP connections on to another port of loopback, each octet so many milliseconds later.

python3 bench_delay.py PORT DELAY: prints its own port, and serves until its standard input ends.
"""

import asyncio
import sys

MOST = 64 << 20  # octets that are on their way at a time


async def carry(reader, writer, delay):
    loop, on_the_way, room = asyncio.get_running_loop(), 0, asyncio.Event()
    room.set()

    def arrive(data):
        nonlocal on_the_way
        on_the_way -= len(data)
        room.set()
        if not writer.is_closing():
            writer.write(data) if data else writer.write_eof()

    while True:
        data = await reader.read(1 << 18)
        on_the_way += len(data)
        loop.call_later(delay, arrive, data)
        if not data:
            return
        while on_the_way > MOST:
            room.clear()
            await room.wait()
        await writer.drain()


async def serve(port, delay):
    async def connect(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        done = await asyncio.gather(
            carry(reader, back, delay), carry(there, writer, delay), return_exceptions=True
        )
        await asyncio.sleep(delay * 2)
        for end in (writer, back):
            end.close()
        return done

    server = await asyncio.start_server(connect, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    try:
        asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 2000))
    except KeyboardInterrupt:
        pass
