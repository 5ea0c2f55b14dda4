"""A WebSocket's client side (RFC 6455) over the standard library: what the engine's streams need of it."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
from dataclasses import dataclass
from typing import List, Optional, Tuple, Union

from .errors import Unreachable
from .transport import LOST, Gateway, Transport, refusal

# From the protocol.
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUED, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10

# No event is longer, and no answer to a handshake.
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
HEAD_BYTES_MAX = 64 * 1024
# How a connection is said to have ended that nobody closed.
LOST_CODE = 1006


@dataclass(frozen=True)
class Ended:
    """The connection is closed."""

    code: int
    reason: str


class ProtocolError(OSError):
    """What came is no WebSocket's."""


class WebSocket:
    """An open connection. What nobody takes from it waits in the network and not in memory."""

    def __init__(self, stream: socket.socket, head: bytes) -> None:
        self._stream = stream
        self._buffer = bytearray(head)
        self._parts: List[bytes] = []

    def receive(self) -> Union[str, Ended]:
        """The next message, or how the connection ended."""
        try:
            while True:
                received = self._take(*self._frame())
                if received is not None:
                    return received
        except (OSError, UnicodeDecodeError) as error:
            self.close()
            return Ended(LOST_CODE, str(error) or type(error).__name__)

    def close(self) -> None:
        try:
            self._send(CLOSE, struct.pack("!H", 1000))
        except OSError:
            pass
        self._stream.close()

    def _frame(self) -> Tuple[bool, int, bytes]:
        first, short = self._read(2)
        if first & 0x70:
            raise ProtocolError("a frame with an extension that nobody asked for")
        if short & 0x80:
            raise ProtocolError("a masked frame from a server")
        length = short
        if short == 126:
            (length,) = struct.unpack("!H", self._read(2))
        elif short == 127:
            (length,) = struct.unpack("!Q", self._read(8))
        if length > MESSAGE_BYTES_MAX:
            raise ProtocolError("a message that is too long")
        return bool(first & 0x80), first & 0x0F, self._read(length)

    def _take(self, is_last: bool, opcode: int, payload: bytes) -> Union[str, Ended, None]:
        if opcode == PING:
            self._send(PONG, payload)
            return None
        if opcode == PONG:
            return None
        if opcode == CLOSE:
            code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
            self.close()
            return Ended(code, payload[2:].decode("utf-8", "replace"))
        if opcode not in (TEXT, CONTINUED):
            raise ProtocolError(f"a frame of the unknown kind {opcode}")
        if (opcode == TEXT) == bool(self._parts):
            raise ProtocolError("a message in another one")
        self._parts.append(payload)
        if sum(map(len, self._parts)) > MESSAGE_BYTES_MAX:
            raise ProtocolError("a message that is too long")
        if not is_last:
            return None
        text = b"".join(self._parts).decode("utf-8")
        self._parts = []
        return text

    def _read(self, length: int) -> bytes:
        while len(self._buffer) < length:
            piece = self._stream.recv(65536)
            if not piece:
                raise ProtocolError("the connection ended")
            self._buffer += piece
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _send(self, opcode: int, payload: bytes) -> None:
        # A control frame has no more.
        if len(payload) > 125:
            raise ProtocolError("a control frame that is too long")
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self._stream.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)


def open_socket(transport: Transport, gateway: Gateway, path: str) -> WebSocket:
    """Opens a connection; a refusal is raised as that of any call."""
    settings = transport.settings
    stream: Optional[socket.socket] = None
    try:
        stream = socket.create_connection((gateway.host, gateway.port), timeout=settings.answer_limit)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if gateway.is_tls:
            stream = transport.tls.wrap_socket(stream, server_hostname=gateway.host)
        key = base64.b64encode(os.urandom(16))
        stream.sendall(_handshake(transport, gateway, path, key))
        status, head, rest = _answer(stream)
        if status != 101:
            text = _body(stream, head, rest)
            raise refusal(gateway, status, text, head.get("retry-after"))
        expected = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        if head.get("sec-websocket-accept") != expected:
            raise ProtocolError("it does not speak WebSocket")
        stream.settimeout(settings.silence_limit)
        opened, stream = WebSocket(stream, rest), None
        return opened
    except LOST as error:
        raise Unreachable(f"no engine answers at {gateway.url}: {error}", True) from error
    finally:
        if stream is not None:
            stream.close()


def _handshake(transport: Transport, gateway: Gateway, path: str, key: bytes) -> bytes:
    host = f"[{gateway.host}]" if ":" in gateway.host else gateway.host
    headers = {
        **transport.headers,
        "Host": f"{host}:{gateway.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key.decode(),
    }
    lines = [f"GET {gateway.prefix}{path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a key or an address must not have line breaks")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _answer(stream: socket.socket) -> Tuple[int, "dict[str, str]", bytes]:
    read = bytearray()
    while b"\r\n\r\n" not in read:
        piece = stream.recv(4096)
        if not piece or len(read) > HEAD_BYTES_MAX:
            raise ProtocolError("the connection ended in the handshake")
        read += piece
    head, _, rest = bytes(read).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise ProtocolError("it does not speak HTTP")
    pairs = (line.partition(":") for line in lines)
    return int(words[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}, rest


def _body(stream: socket.socket, head: "dict[str, str]", rest: bytes) -> bytes:
    length = head.get("content-length", "0")
    wanted = min(int(length) if length.isdigit() else 0, HEAD_BYTES_MAX)
    while len(rest) < wanted:
        piece = stream.recv(4096)
        if not piece:
            break
        rest += piece
    return rest
