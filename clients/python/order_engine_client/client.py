"""The engine's calls."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union, cast
from urllib.parse import quote

from .errors import InDoubt, Refused, UnexpectedAnswer, Unreachable
from .orders import Change, NewOrder, with_exact_decimals
from .streams import Feed, follow
from .transport import Gateway, Query, Settings, Transport, is_transient
from .wire import (
    AcceptedOrder,
    CancelledOrder,
    ExecutionStatsAnswer,
    OrderEvent,
    OrderListAnswer,
    OrderTypeName,
    OrderView,
    PoolsAnswer,
    QuotesAnswer,
    StatsAnswer,
    StatusName,
    TokenView,
    TransactionAnswer,
    WalletAnswer,
)

EXECUTE = "/api/orders/execute"


class Submitted(AcceptedOrder):
    """An accepted order: it is stored, and will reach an end."""

    clientOrderId: str
    # Whether an earlier request under the same `clientOrderId` had made it.
    replayed: bool


class OrderEngine:
    """A client of an engine, or of several gateways of one. Several threads may use it at once.

    `OrderEngine("http://127.0.0.1:3000", api_key=…)`; what else can be set is in `Settings`.
    """

    def __init__(self, urls: Union[str, Sequence[str]], api_key: Optional[str] = None, **settings: Any) -> None:
        self._transport = Transport(Settings(urls, api_key, **settings))

    @property
    def url(self) -> str:
        """The gateway that calls go to now."""
        return self._transport.gateway.url

    def close(self) -> None:
        """Closes the connections that this thread has opened."""
        self._transport.close()

    def __enter__(self) -> OrderEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(
        self, order: NewOrder, on_doubt: Optional[Callable[[str, Exception], None]] = None
    ) -> Submitted:
        """Submits an order, once.

        It gets a `clientOrderId` where it has none, which is its Idempotency-Key too, and is sent again under it until
        an answer tells what became of it. Where none does, `InDoubt` says under which name to ask again. A program
        that may die meanwhile makes and stores that name first. `on_doubt` is called for each try after which nobody
        knows.
        """
        body = with_exact_decimals(order)
        name = str(body.setdefault("clientOrderId", str(uuid.uuid4())))
        # Visible characters alone, whatever the name has.
        headers = {"Idempotency-Key": quote(name, safe="")}
        in_doubt = False

        def may_help(error: Exception) -> bool:
            nonlocal in_doubt
            # These are given only after the key was looked up, and are final.
            is_final = isinstance(error, Refused) and error.status in (409, 422)
            is_open = _may_have_made(error)
            in_doubt = (in_doubt or is_open) and not is_final
            if is_open and on_doubt is not None:
                on_doubt(name, error)
            return not is_final and (is_open or is_transient(error))

        try:
            answer = self._transport.repeat(
                lambda gateway: self._transport.once(gateway, "POST", EXECUTE, body=body, headers=headers), may_help
            )
        except Exception as error:
            if in_doubt:
                raise InDoubt(name, error) from error
            raise
        replayed = answer.headers.get("Idempotent-Replayed") == "true"
        return cast(Submitted, {**answer.body, "clientOrderId": name, "replayed": replayed})

    def execute(self, order: NewOrder, on_event: Optional[Callable[[OrderEvent], None]] = None) -> OrderView:
        """Submits an order, follows it to its end, and tells what became of it: `status` says whether it was
        executed."""
        order_id = self.submit(order)["orderId"]
        for event in self.follow(order_id):
            if on_event is not None:
                on_event(event)
        return self.order(order_id)

    def dry_run(self, order: NewOrder) -> QuotesAnswer:
        """What the order would get now; nothing is stored."""
        body = with_exact_decimals(order)
        return cast(QuotesAnswer, self._repeated("POST", EXECUTE, {"dryRun": True}, body))

    def follow(self, order_id: str, since: Optional[int] = None) -> Iterator[OrderEvent]:
        """Each event of an order once and in order, from its first one (or the one after `since`) to its last, across
        lost connections."""
        return follow(self._transport, order_id, -1 if since is None else since)

    def stream(self, statuses: Optional[Sequence[StatusName]] = None, cursor: Optional[str] = None) -> Feed:
        """The events of all orders, from now on or from after a `cursor`, across lost connections."""
        return Feed(self._transport, statuses, cursor)

    def order(self, order_id: str) -> OrderView:
        """An order and what became of it."""
        return cast(OrderView, self._get(_of(order_id))["order"])

    def order_by_client_id(self, client_order_id: str) -> OrderView:
        """The same, by your own name for it."""
        path = f"/api/orders/by-client-id/{quote(client_order_id, safe='')}"
        return cast(OrderView, self._get(path)["order"])

    def orders(
        self,
        status: Optional[StatusName] = None,
        token_in: Optional[str] = None,
        token_out: Optional[str] = None,
        order_type: Optional[OrderTypeName] = None,
        waiting: Optional[bool] = None,
        oco_group: Optional[str] = None,
        wallet: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> Iterator[OrderView]:
        """All orders that match, the newest first; page after page, of `limit` each, is read as they are taken."""
        query: Dict[str, Union[str, int, bool, None]] = {
            "status": status,
            "tokenIn": token_in,
            "tokenOut": token_out,
            "orderType": order_type,
            "waiting": waiting,
            "ocoGroup": oco_group,
            "wallet": wallet,
            "limit": limit,
        }
        cursor: Optional[str] = None
        while True:
            page = self.orders_page(query, cursor)
            yield from page["orders"]
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def orders_page(self, query: Optional[Query] = None, cursor: Optional[str] = None) -> OrderListAnswer:
        """One page, by the API's own parameters; `nextCursor` leads to the next one, and is None on the last."""
        return cast(OrderListAnswer, self._get("/api/orders", {**(query or {}), "cursor": cursor}))

    def events(self, order_id: str, since: Optional[int] = None) -> List[OrderEvent]:
        """The events that an order has had, after `since` or all."""
        return cast("List[OrderEvent]", self._get(f"{_of(order_id)}/events", {"since": since})["events"])

    def transaction(self, order_id: str) -> TransactionAnswer:
        """What an order's newest transaction told the chain's programs."""
        return cast(TransactionAnswer, self._get(f"{_of(order_id)}/transaction"))

    def change(self, order_id: str, change: Change) -> OrderView:
        """Changes an order that waits; what is absent stays. Refused with `NotWaiting` once it has fired."""
        answer = self._repeated("PATCH", _of(order_id), None, with_exact_decimals(change))
        return cast(OrderView, answer["order"])

    def cancel(self, order_id: str) -> CancelledOrder:
        """Cancels an order in time, or raises `NotCancellable`, with `order_status`."""
        tries = 0

        def once(gateway: Gateway) -> Any:
            nonlocal tries
            tries += 1
            return self._transport.once(gateway, "POST", f"{_of(order_id)}/cancel").body

        try:
            return cast(CancelledOrder, self._transport.repeat(once, is_transient))
        except Refused as error:
            # The lost answer to an earlier try had said so.
            if tries > 1 and error.order_status == "cancelled":
                return {"success": True, "orderId": order_id, "status": "cancelled", "message": "Order cancelled"}
            raise

    def quotes(
        self,
        token_in: str,
        token_out: str,
        amount: Union[str, Decimal, None] = None,
        amount_out: Union[str, Decimal, None] = None,
        max_amount_in: Union[str, Decimal, None] = None,
        slippage_bps: Optional[int] = None,
    ) -> QuotesAnswer:
        """Each venue's best offer for selling `amount`, or for buying `amount_out`, and the route that an order would
        take now."""
        given = {"amount": amount, "amountOut": amount_out, "maxAmountIn": max_amount_in}
        exact = with_exact_decimals({name: value for name, value in given.items() if value is not None})
        query = {"tokenIn": token_in, "tokenOut": token_out, "slippageBps": slippage_bps, **exact}
        return cast(QuotesAnswer, self._get("/api/quotes", query))

    def pools(self, token_in: str, token_out: str) -> PoolsAnswer:
        """Every pool known of a pair, and why it is not used."""
        return cast(PoolsAnswer, self._get("/api/pools", {"tokenIn": token_in, "tokenOut": token_out}))

    def tokens(self) -> List[TokenView]:
        """The listed tokens."""
        return cast("List[TokenView]", self._get("/api/tokens")["tokens"])

    def wallet(self, wallet: Optional[str] = None) -> WalletAnswer:
        """What a wallet holds and may spend: the first, or the one of this name or address. Where keys are set, for the
        admin key alone."""
        return cast(WalletAnswer, self._get("/api/wallet", {"wallet": wallet}))

    def stats(self) -> StatsAnswer:
        """What the whole cluster is doing."""
        return cast(StatsAnswer, self._get("/api/stats"))

    def execution_stats(self, minutes: Optional[int] = None) -> ExecutionStatsAnswer:
        """How well the orders of the last `minutes` (60) were executed."""
        return cast(ExecutionStatsAnswer, self._get("/api/stats/execution", {"minutes": minutes}))

    def call(
        self, method: str, path: str, query: Optional[Query] = None, body: Optional[Mapping[str, Any]] = None
    ) -> Any:
        """Any other call (docs/API.md), such as an operator's. `GET` is repeated where that may help, anything else is
        sent once."""
        if method == "GET":
            return self._repeated(method, path, query, body)
        return self._transport.once(self._transport.gateway, method, path, query, body).body

    def _get(self, path: str, query: Optional[Query] = None) -> Any:
        return self._repeated("GET", path, query, None)

    def _repeated(self, method: str, path: str, query: Optional[Query], body: Optional[object]) -> Any:
        return self._transport.repeat(
            lambda gateway: self._transport.once(gateway, method, path, query, body).body, is_transient
        )


def _of(order_id: str) -> str:
    return f"/api/orders/{quote(order_id, safe='')}"


def _may_have_made(error: Exception) -> bool:
    """Whether the order may have been made by the try that failed so."""
    if isinstance(error, Unreachable):
        return error.may_have_arrived
    if isinstance(error, Refused):
        return error.status in (500, 502, 504) or error.code == "outcome_unknown"
    # A proxy does not forward what it calls the caller's fault.
    return isinstance(error, UnexpectedAnswer) and (error.status or 500) >= 500
