"""A proxy on 127.0.0.1 that cuts its first connection at an exact octet, and records both sides."""

import re
import select
import socket
import struct
import threading

CLIENT, SERVER = "client", "server"


class CuttingProxy:
    """Forwards to a port; use as a context manager.

    cut: (CLIENT or SERVER, octets): so many octets of that side are forwarded on the first
    connection, and then it ends, with a reset if `resets`. When a further connection comes,
    `on_return` is called; if it is given that connection is refused.
    """

    def __init__(self, target, cut=None, resets=False, on_return=None):
        self.target, self.cut, self.resets, self.on_return = target, cut, resets, on_return
        self.recorded = {CLIENT: bytearray(), SERVER: bytearray()}
        self.was_cut = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        is_first = True
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if not is_first and self.on_return:
                client.close()
                self.on_return()
                continue
            threading.Thread(target=self._forward, args=(client, is_first), daemon=True).start()
            is_first = False

    def _forward(self, client, is_first):
        server = socket.create_connection(("127.0.0.1", self.target))
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        left = {CLIENT: None, SERVER: None}
        if is_first and self.cut:
            left[self.cut[0]] = self.cut[1]
        try:
            while 0 not in left.values():
                for one in select.select([client, server], [], [])[0]:
                    side, other = (CLIENT, server) if one is client else (SERVER, client)
                    chunk = one.recv(65536)
                    if not chunk:
                        return
                    if left[side] is not None:
                        chunk = chunk[: left[side]]
                        left[side] -= len(chunk)
                    if is_first:
                        self.recorded[side] += chunk
                    other.sendall(chunk)
                    if left[side] == 0:
                        break
            self.was_cut = True
        except OSError:
            pass
        finally:
            for one in (client, server):
                if self.was_cut and self.resets:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.close()


def places(recorded):
    """Where to cut: at each boundary of what was said, and inside lines, literals, tagged replies."""
    result = []
    for side in (CLIENT, SERVER):
        for begin, end in _spans(bytes(recorded[side])):
            size = end - begin
            result += [(side, begin + part) for part in {1, size // 3, size // 2, size - 2, size - 1}]
            result.append((side, end))
    result = sorted(set(result))
    return [(side, octets) for side, octets in result if 0 < octets <= len(recorded[side])]


def _spans(octets):
    """Lines and literals."""
    position = 0
    while position < len(octets):
        end = octets.find(b"\n", position) + 1 or len(octets)
        yield position, end
        literal = re.search(rb"\{(\d+)[+-]?\}\r\n$", octets[position:end])
        position = end
        if literal and int(literal[1]):
            yield end, min(len(octets), end + int(literal[1]))
            position = end + int(literal[1])
