"""Calls over HTTP: one answer or one error for each, repeated within bounds, at the next gateway where one fails."""

from __future__ import annotations

import http.client
import json
import random
import select
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union, cast
from urllib.parse import urlencode, urlsplit

from .errors import EngineError, Refused, UnexpectedAnswer, Unreachable
from .refusals import BY_CODE
from .wire import Problem

T = TypeVar("T")
Query = Mapping[str, Union[str, int, bool, None]]

# No answer of the engine is longer.
ANSWER_BYTES_MAX = 32 * 1024 * 1024
# What a network does to a connection, at any moment of its life.
LOST = (OSError, http.client.HTTPException)
# What a proxy says of a gateway that is away.
GATEWAY_IS_AWAY = (502, 503, 504)


@dataclass(frozen=True)
class Settings:
    """How a client behaves. Times are seconds."""

    # Where the engine is, such as `http://127.0.0.1:3000`; of several gateways all, the preferred first: where one
    # does not answer the next is asked.
    urls: Union[str, Sequence[str]]
    # The key, where the engine wants one.
    api_key: Optional[str] = None
    # How often a call is tried before its failure is raised, at each gateway once more.
    tries: int = 8
    # The wait before the second try, which doubles from there, and the longest unless the engine asks for more.
    first_wait: float = 0.25
    longest_wait: float = 5.0
    # Where the engine asks to wait longer, its refusal is raised instead.
    retry_after_max: float = 30.0
    # An answer that takes longer is taken for lost.
    answer_limit: float = 20.0
    # So is a stream that is silent for longer; the engine sends something every 20 s.
    silence_limit: float = 60.0
    # For `https`; None takes the system's authorities.
    ssl_context: Optional[ssl.SSLContext] = None


@dataclass(frozen=True)
class Gateway:
    """One address of the engine."""

    url: str
    host: str
    port: int
    is_tls: bool
    # What the engine's paths stand behind.
    prefix: str


@dataclass(frozen=True)
class Answer:
    body: Any
    headers: http.client.HTTPMessage


class Transport:
    """May be used by several threads at once: each has its own connections."""

    def __init__(self, settings: Settings) -> None:
        urls = [settings.urls] if isinstance(settings.urls, str) else list(settings.urls)
        if not urls:
            raise ValueError("urls must name at least one address of the engine")
        if settings.tries < 1:
            raise ValueError("tries must be at least 1")
        self._gateways = [gateway_at(url) for url in urls]
        self._at = 0
        self._own = threading.local()
        self.settings = settings
        self.tries = settings.tries + len(urls) - 1
        self.headers: Dict[str, str] = {}
        if settings.api_key is not None:
            self.headers["Authorization"] = f"Bearer {settings.api_key}"
        self._tls = settings.ssl_context
        if self._tls is None and any(gateway.is_tls for gateway in self._gateways):
            self._tls = ssl.create_default_context()

    @property
    def gateway(self) -> Gateway:
        """The gateway that calls go to now."""
        return self._gateways[self._at]

    @property
    def tls(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()

    def after(self, gateway: Gateway) -> Gateway:
        """The next gateway. Each call and each stream goes round by itself: what one of them meets moves no other."""
        return self._gateways[(self._gateways.index(gateway) + 1) % len(self._gateways)]

    def answered(self, gateway: Gateway) -> None:
        """What comes next begins there."""
        self._at = self._gateways.index(gateway)

    def repeat(self, once: Callable[[Gateway], T], may_help: Callable[[Exception], bool]) -> T:
        """Repeats what fails, where that may help: at once at a gateway that was not asked yet, else later."""
        gateway = self.gateway
        tries = 0
        while True:
            tries += 1
            try:
                answer = once(gateway)
                self.answered(gateway)
                return answer
            except EngineError as error:
                asked = retry_after_of(error)
                if not may_help(error) or tries >= self.tries or asked > self.settings.retry_after_max:
                    raise
                if is_away(error):
                    gateway = self.after(gateway)
                    if tries < len(self._gateways):
                        continue
                self.pause((tries - 1) // len(self._gateways), asked)

    def pause(self, failures: int, asked: float) -> None:
        """Waits: longer each time, spread at random, and as long as the engine asks for at least."""
        longest = min(self.settings.longest_wait, self.settings.first_wait * 2 ** min(failures, 30))
        time.sleep(asked + random.uniform(longest / 2, longest))

    def once(
        self,
        gateway: Gateway,
        method: str,
        path: str,
        query: Optional[Query] = None,
        body: Optional[object] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Answer:
        """One request and its answer."""
        data = None if body is None else json.dumps(body).encode()
        sent = {**self.headers, "Accept": "application/json", **(headers or {})}
        if data is not None:
            sent["Content-Type"] = "application/json"
        connection = self._connection(gateway)
        try:
            connection.request(method, gateway.prefix + path + query_text(query), data, sent)
            response = connection.getresponse()
            text = response.read(ANSWER_BYTES_MAX + 1)
            # Told how much to read, it says nothing of an answer that was cut off.
            if response.length and len(text) <= ANSWER_BYTES_MAX:
                raise http.client.IncompleteRead(text, response.length)
        except LOST as error:
            self._forget(gateway)
            raise Unreachable(f"no engine answers at {gateway.url}: {_why(error)}", True) from error
        except BaseException:
            # Interrupted: what comes later on this connection would be taken for another call's answer.
            self._forget(gateway)
            raise
        if len(text) > ANSWER_BYTES_MAX:
            self._forget(gateway)
            raise UnexpectedAnswer(f"{gateway.url} answers with too much")
        if not 200 <= response.status < 300:
            raise refusal(gateway, response.status, text, response.headers.get("Retry-After"))
        return Answer(parse(gateway, text) if text else None, response.headers)

    def close(self) -> None:
        """Closes this thread's connections."""
        for gateway in list(self._connections()):
            self._forget(gateway)

    def _connection(self, gateway: Gateway) -> http.client.HTTPConnection:
        kept = self._connections().get(gateway)
        # What the other side has closed is readable: nothing is sent into it.
        if kept is not None and kept.sock is not None and not select.select([kept.sock], [], [], 0)[0]:
            return kept
        self._forget(gateway)
        connection = self._new(gateway)
        try:
            connection.connect()
        except LOST as error:
            connection.close()
            raise Unreachable(f"no engine answers at {gateway.url}: {_why(error)}", False) from error
        self._connections()[gateway] = connection
        return connection

    def _new(self, gateway: Gateway) -> http.client.HTTPConnection:
        limit = self.settings.answer_limit
        if gateway.is_tls:
            return http.client.HTTPSConnection(gateway.host, gateway.port, timeout=limit, context=self.tls)
        return http.client.HTTPConnection(gateway.host, gateway.port, timeout=limit)

    def _connections(self) -> Dict[Gateway, http.client.HTTPConnection]:
        if not hasattr(self._own, "connections"):
            self._own.connections = {}
        return cast(Dict[Gateway, http.client.HTTPConnection], self._own.connections)

    def _forget(self, gateway: Gateway) -> None:
        connection = self._connections().pop(gateway, None)
        if connection is not None:
            connection.close()


def gateway_at(url: str) -> Gateway:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not the address of an engine; it looks like http://127.0.0.1:3000")
    is_tls = parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    return Gateway(url.rstrip("/"), parts.hostname, port, is_tls, parts.path.rstrip("/"))


def refusal(gateway: Gateway, status: int, text: bytes, retry_after: Optional[str]) -> EngineError:
    """What was refused."""
    try:
        wait = float(retry_after) if retry_after is not None else None
    except ValueError:
        wait = None
    try:
        problem = json.loads(text)
        code, _ = str(problem["code"]), str(problem["detail"])
    except (ValueError, LookupError, TypeError):
        said = f"{gateway.url} does not answer like an engine: it says {status} without a reason"
        return UnexpectedAnswer(said, status, wait)
    return BY_CODE.get(code, Refused)(cast(Problem, problem), wait)


def parse(gateway: Gateway, text: Union[bytes, str]) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnexpectedAnswer(f"{gateway.url} does not answer like an engine: {error}") from error


def is_transient(error: Exception) -> bool:
    """Whether a later try may get another answer."""
    if isinstance(error, Unreachable):
        return True
    if isinstance(error, Refused):
        # Nobody switches trading on while a program waits.
        return error.status in (429, 503) and error.code != "trading_disabled"
    return isinstance(error, UnexpectedAnswer) and error.status in (429, *GATEWAY_IS_AWAY)


def is_away(error: Exception) -> bool:
    """Whether another gateway may do better."""
    if isinstance(error, Unreachable):
        return True
    return isinstance(error, (Refused, UnexpectedAnswer)) and error.status in GATEWAY_IS_AWAY


def retry_after_of(error: Exception) -> float:
    if isinstance(error, (Refused, UnexpectedAnswer)):
        return max(error.retry_after or 0.0, 0.0)
    return 0.0


def query_text(query: Optional[Query]) -> str:
    pairs: List[Tuple[str, str]] = []
    for name, value in (query or {}).items():
        if value is not None:
            pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return f"?{urlencode(pairs)}" if pairs else ""


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
