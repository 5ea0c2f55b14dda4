"""Streams that outlive their connections: after each loss they go on where they stopped, at the next gateway where
one is away."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator, Optional, Sequence, Union, cast
from urllib.parse import quote

from .errors import Closed, UnexpectedAnswer, Unreachable
from .transport import Gateway, Transport, is_away, is_transient, parse, query_text, retry_after_of
from .websocket import Ended, WebSocket, open_socket
from .wire import ENDS, FeedEvent, OrderEvent, Resync, StatusName

# A connection that lasted so long was a good one, although nothing came over it.
GOOD_SECONDS = 30.0
# The engine's close codes (docs/API.md, Following orders).
END = 1000
FINAL = {4000: "it could not read what was sent", 4001: "the key was revoked"}


class Connection:
    """Opens connections one after the other, with growing pauses, until too many in a row brought nothing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._socket: Optional[WebSocket] = None
        self._gateway: Gateway = transport.gateway
        self._opened_at = 0.0
        self._failures = 0

    def open(self, path: Callable[[], str]) -> None:
        """`path` is where to connect, and so where to go on."""
        while self._socket is None:
            try:
                self._socket = open_socket(self._transport, self._gateway, path())
                self._transport.answered(self._gateway)
                self._opened_at = time.monotonic()
            except Exception as error:
                if not is_transient(error):
                    raise
                self._failed(error)

    def receive(self) -> Union[str, Ended, None]:
        """The next message of the open connection; `Ended` where the engine says that no more will come, `None` where
        the connection was lost and another one may be opened."""
        if self._socket is None:
            return None
        received = self._socket.receive()
        if isinstance(received, str):
            return received
        self._socket = None
        if received.code == END:
            return received
        if received.code in FINAL:
            raise Closed(received.code, received.reason or FINAL[received.code])
        what = f"{received.code} {received.reason}".strip()
        self.lost(Unreachable(f"the stream of {self._gateway.url} is lost again and again ({what})", True))
        return None

    def lost(self, error: Exception) -> None:
        """The connection ended: the next one may be opened after this. Raises the error where too many in a row did."""
        self.close()
        if time.monotonic() - self._opened_at >= GOOD_SECONDS:
            self._failures = 0
        self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        asked = retry_after_of(error)
        if self._failures >= self._transport.tries or asked > self._transport.settings.retry_after_max:
            raise error
        if is_away(error):
            self._gateway = self._transport.after(self._gateway)
        self._transport.pause(self._failures - 1, asked)

    def succeeded(self) -> None:
        """Something came: failures are counted from one again."""
        self._failures = 0

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def follow(transport: Transport, order_id: str, since: int = -1) -> Iterator[OrderEvent]:
    """Each event of an order once and in order, its last one included."""
    connection = Connection(transport)

    def path() -> str:
        after = f"?since={since}" if since >= 0 else ""
        return f"/api/orders/{quote(order_id, safe='')}/stream{after}"

    try:
        while True:
            connection.open(path)
            text = connection.receive()
            if isinstance(text, Ended):
                return
            if text is None:
                continue
            event = _read(transport, text)
            seq = event.get("seq")
            if not isinstance(seq, int):
                raise _unexpected(transport, "a message that is no event")
            # What the engine repeats after a reconnect is told once.
            if seq <= since:
                continue
            if seq != since + 1:
                connection.lost(_unexpected(transport, f"event {seq} came behind event {since}"))
                continue
            since = seq
            connection.succeeded()
            yield cast(OrderEvent, event)
            if event["status"] in ENDS:
                return
    finally:
        connection.close()


class Feed:
    """The events of all orders that the key may see, from now on or from after a `cursor`.

    Where some may be missing a `{"type": "resync"}` stands in their place: read what matters again then. An event may
    come twice, or after a later one of its order: keep the highest `seq` of each. A context manager that iterates.
    """

    def __init__(
        self, transport: Transport, statuses: Optional[Sequence[StatusName]] = None, cursor: Optional[str] = None
    ) -> None:
        self._transport = transport
        self._connection = Connection(transport)
        self._statuses = statuses
        # Where to go on: give it to the next program's stream. None before the first event.
        self.cursor = cursor
        self._was_open = False
        self._may_miss = False

    def open(self) -> Feed:
        """Opens it now: whatever happens from here on will come. So open it first, and then read the lists."""
        self._connection.open(self._path)
        self._was_open = True
        return self

    def __iter__(self) -> Feed:
        return self

    def __next__(self) -> Union[FeedEvent, Resync]:
        while True:
            self.open()
            if self._may_miss:
                self._may_miss = False
                return {"type": "resync"}
            text = self._connection.receive()
            if text is None:
                continue
            if isinstance(text, Ended):
                # This stream has no end.
                self._connection.lost(_unexpected(self._transport, "the stream of all orders ends again and again"))
                continue
            message = _read(self._transport, text)
            self._connection.succeeded()
            if message.get("type") == "resync":
                return {"type": "resync"}
            if "type" in message:
                continue
            if not isinstance(message.get("cursor"), str):
                raise _unexpected(self._transport, "a message that is no event")
            self.cursor = message["cursor"]
            return cast(FeedEvent, message)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Feed:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _path(self) -> str:
        # Opened again without a place to go on from: what happened meanwhile was not seen.
        if self._was_open and self.cursor is None:
            self._may_miss = True
        statuses = ",".join(self._statuses) if self._statuses else None
        return "/api/stream" + query_text({"status": statuses, "cursor": self.cursor})


def _read(transport: Transport, text: str) -> Any:
    message = parse(transport.gateway, text)
    if not isinstance(message, dict):
        raise _unexpected(transport, "a message that is no object")
    return message


def _unexpected(transport: Transport, what: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"{transport.gateway.url} does not answer like an engine: {what}")
