"""The API's types. Made by scripts/client-types from docs/openapi.json, docs/asyncapi.json and
docs/API.md. Not for editing."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, Optional, Tuple, TypedDict, Union

# The version of the engine whose documents these types are made from.
VERSION = "0.1.0"

# Fields of an order whose digits are taken as written: never floats.
DECIMAL_FIELDS: Tuple[str, ...] = (
    "activationPrice",
    "amount",
    "amountIn",
    "amountOut",
    "limitPrice",
    "maxAmountIn",
    "minAmountOut",
    "minLiquidity",
    "triggerPrice",
    "triggerValue",
)

# The statuses that end an order.
ENDS: Tuple[str, ...] = (
    "confirmed",
    "failed",
    "cancelled",
    "expired",
)

# On which side of its price an order fires.
ConditionName = Literal["at_or_above", "at_or_below"]

# A decimal amount as text, such as "1.5".
DecimalText = str

# The state of something the process depends on.
DependencyState = Literal["up", "down"]

# What an order offers for its place in a block: a level, or a price in micro-lamports for each compute
# unit.
FeeLevelName = Union[Literal["low", "medium", "high", "urgent"], int]

# What a swap's transaction does with native SOL.
NativeSol = Literal["wrapped_before_swap", "unwrapped_after_swap"]

# When an order executes.
OrderTypeName = Literal["market", "limit", "stop", "take_profit", "trailing_stop", "sniper"]

# The program on a venue that holds the pool.
PoolName = Literal["cpmm", "amm_v4", "damm_v2", "dlmm"]

# Whether requests should come here.
Readiness = Literal["ready", "degraded", "unavailable", "stopping"]

# Where an order stands. The last four are ends.
StatusName = Literal["pending", "routing", "building", "submitted", "confirmed", "failed", "cancelled", "expired"]

# What fires a sniper.
TriggerName = Literal["pool_created", "price_above", "price_below", "volume_spike"]

# A decentralised exchange.
VenueName = Literal["raydium", "meteora"]

# What there is to wait for.
WaitingFor = Literal["resume", "wallet", "signature", "price", "pool", "volume"]

# How a price is looked at.
WatchMode = Literal["subscription", "polling"]


class AcceptedOrder(TypedDict):
    """The answer to an accepted order: it is stored and cannot be lost."""

    message: str
    orderId: str
    # The gateway's estimate; null if it has none yet.
    queue: Optional[QueueEstimate]
    status: StatusName
    success: bool
    # The socket on which to follow the order.
    wsUrl: str


class AccountUseView(TypedDict):
    """An account that an instruction names."""

    address: str
    # What it is to the instruction; null where that is not known.
    role: Optional[str]
    signer: bool
    writable: bool


class AdminAudit(TypedDict):
    """Operators' acts, newest first."""

    entries: List[AuditView]
    nextCursor: Optional[str]
    success: bool


class AdminDead(TypedDict):
    """Failed orders that were not retried, newest first."""

    nextCursor: Optional[str]
    orders: List[OrderView]
    success: bool


class AdminDeclareDead(TypedDict):
    """An operator's word that an order's transaction is dead."""

    # Why it is sure, for the audit log and the order.
    reason: str


class AdminDeclaredDead(TypedDict):
    """The word that counts: this one, or the first one."""

    declaredDead: DeclaredDeadView
    orderId: str
    success: bool


class AdminHalt(TypedDict):
    """Why the engine shall sign and send nothing."""

    # For the audit log and whoever looks.
    reason: Optional[str]


class AdminPaused(TypedDict):
    """The answer to a pause, a halt, or their end."""

    # The halt that stands, if one does.
    halted: Optional[HaltView]
    paused: bool
    success: bool


class AdminQueue(TypedDict):
    """The queue as the store sees it, and the queue's own numbers."""

    # Unreadable entries, newest first, unchanged.
    deadEntries: List[str]
    # The queue's own entries; null while the queue is down.
    entries: Optional[QueueEntries]
    # The halt that stands, if one does; it pauses the engine as well.
    halted: Optional[HaltView]
    # Whether operators have paused the engine.
    paused: bool
    queue: QueueStats
    success: bool


class AdminRetried(TypedDict):
    """The order that was accepted in place of a dead one."""

    # The new order.
    orderId: str
    # The dead one, which stays as it ended.
    retryOf: str
    success: bool


class AdminWebhooks(TypedDict):
    """The outbox, and the webhooks that were given up: the newest order's first."""

    # How many were given up and not retried.
    dead: int
    nextCursor: Optional[str]
    # When the event of the oldest order's pending one was recorded.
    oldestPendingAt: Optional[str]
    # How many the receiver has not taken yet.
    pending: int
    success: bool
    # A page of the dead ones.
    webhooks: List[DeadWebhookView]


class AdminWebhooksRetried(TypedDict):
    """How many dead webhooks are pending again."""

    retried: int
    success: bool


class AdminWorkers(TypedDict):
    """The live workers."""

    success: bool
    workers: List[WorkerView]


class AuditView(TypedDict):
    """An operator's act."""

    action: str
    actor: str
    at: str
    detail: Optional[str]
    id: int
    subject: Optional[str]


class BooksAnswer(TypedDict):
    """What the engine's trades came to, from receipts alone."""

    # Whether every transaction is counted that is recorded. Where it is not, the next answer has counted
    # more.
    complete: bool
    # Day by day, the newest first.
    days: List[DayView]
    # The first day of which everything is told, where older ones are left out.
    daysFrom: Optional[str]
    # Fills that are counted.
    fills: int
    # Transactions of pairs that are too many to be counted: they are in no figure.
    leftOut: int
    # Of all time, the pairs with most fills first, at most 1,000.
    positions: List[PositionView]
    success: bool
    # When the last transaction was recorded that is counted.
    upTo: Optional[str]
    # What each wallet took in and gave away, of all time.
    wallets: List[WalletBooksView]


class _BuildingEvent(TypedDict):
    """What is always there of `BuildingEvent`."""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    dex: VenueName
    expectedAmountOut: str
    # `building`: what the route pays more than the best single pool, in hundredths of a percent.
    gainBps: int
    # The least amount accepted: the larger of the minimum that follows from slippage and the client's own.
    minAmountOut: str
    orderId: str
    pool: PoolName
    # `building`: every pool that competed, where that was recorded.
    pools: List[PoolQuoteView]
    # `building`: each venue's best offer.
    quotes: List[QuoteView]
    # The pools used: `building` with the amounts expected, `confirmed` with those exchanged.
    route: List[LegView]
    # Counts from 0 without gaps.
    seq: int
    status: Literal["building"]
    timestamp: str


class BuildingEvent(_BuildingEvent, total=False):
    """A route is chosen"""

    # `building` of an order that buys an exact amount: the most that it may cost.
    maxAmountIn: str
    # The address of the pool that takes most of what is sold, where it was recorded.
    poolAddress: str


class ByStatus(TypedDict):
    """How many orders have each status."""

    building: int
    cancelled: int
    confirmed: int
    expired: int
    failed: int
    pending: int
    routing: int
    submitted: int


class CancelledEvent(TypedDict):
    """Withdrawn in time. The end"""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    orderId: str
    # `cancelled` and `expired`: why.
    reason: str
    # Counts from 0 without gaps.
    seq: int
    status: Literal["cancelled"]
    timestamp: str


class CancelledOrder(TypedDict):
    """The answer to a cancelled order."""

    message: str
    orderId: str
    status: StatusName
    success: bool


class ChangeOrder(TypedDict, total=False):
    """What to change of an order that waits. What is absent stays as it is."""

    # Of a `trailing_stop`.
    activationPrice: DecimalText
    # Of a `limit` order.
    limitPrice: DecimalText
    # Of a `sniper`.
    maxFeeBps: int
    minAmountOut: DecimalText
    # Of a `sniper`.
    minLiquidity: DecimalText
    # Of a `sniper`.
    requireRenounced: bool
    # Of a `trailing_stop`.
    trailBps: int
    # Of a `stop` or `take_profit` order.
    triggerPrice: DecimalText
    # Of a `sniper` that has one.
    triggerValue: DecimalText
    # Counted from the order's acceptance.
    validForSeconds: int


class _ConfirmedEvent(TypedDict):
    """What is always there of `ConfirmedEvent`."""

    amountOut: str
    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    dex: VenueName
    dexType: VenueName
    executedPrice: str
    orderId: str
    pool: PoolName
    # The pools used: `building` with the amounts expected, `confirmed` with those exchanged.
    route: List[LegView]
    # Counts from 0 without gaps.
    seq: int
    status: Literal["confirmed"]
    timestamp: str
    # The transaction's signature in base58.
    txHash: str


class ConfirmedEvent(_ConfirmedEvent, total=False):
    """The swap took effect. The end"""

    # The address of the pool that takes most of what is sold, where it was recorded.
    poolAddress: str
    # `confirmed`: what the transaction cost, where the chain tells it.
    receipt: ReceiptView


class DayView(TypedDict):
    """One day's trades of a pair by one wallet."""

    # In UTC.
    day: str
    figures: FiguresView
    pair: PairView
    wallet: Optional[str]


class DeadWebhookView(TypedDict):
    """A webhook that was given up."""

    deadAt: str
    # Why the last try failed, or why there was none.
    error: str
    # The receiver knows it by this `webhook-id`.
    id: str
    orderId: str
    seq: int
    # That of its event.
    status: StatusName
    # When the event was recorded.
    timestamp: str
    # How often it was tried.
    tries: int


class DeclaredDeadView(TypedDict):
    """An operator's word that a transaction is dead."""

    at: str
    reason: str


class DoubtView(TypedDict):
    """What is known of a transaction that should have come to an end."""

    # An operator said that it is dead. The order goes on once it can no longer land.
    declaredDead: Optional[DeclaredDeadView]
    # It should have come to an end, and nobody can prove it dead: the order waits.
    unprovable: Optional[UnprovableView]


class _EventView(TypedDict):
    """What is always there of `EventView`."""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    orderId: str
    # Counts from 0 without gaps.
    seq: int
    status: StatusName
    timestamp: str


class EventView(_EventView, total=False):
    """Something that happened to an order. The status determines which fields are present."""

    amountOut: str
    dex: VenueName
    dexType: VenueName
    # What went wrong, for people.
    error: str
    # What went wrong, for programs.
    errorCode: str
    # The same text as `error`.
    errorReason: str
    executedPrice: str
    expectedAmountOut: str
    # `building`: what the route pays more than the best single pool, in hundredths of a percent.
    gainBps: int
    # How the transaction fared that did not land, on `failed` and on `pending` after such an execution.
    landing: LandingView
    # `building` of an order that buys an exact amount: the most that it may cost.
    maxAmountIn: str
    # The least amount accepted: the larger of the minimum that follows from slippage and the client's own.
    minAmountOut: str
    pool: PoolName
    # The address of the pool that takes most of what is sold, where it was recorded.
    poolAddress: str
    # `building`: every pool that competed, where that was recorded.
    pools: List[PoolQuoteView]
    # `building`: each venue's best offer.
    quotes: List[QuoteView]
    # `cancelled` and `expired`: why.
    reason: str
    # `confirmed`: what the transaction cost, where the chain tells it.
    receipt: ReceiptView
    # `pending` after a failed execution: when the next one may begin. Of an order that waits for its price
    # again: when it is looked at again.
    retryAt: str
    # The pools used: `building` with the amounts expected, `confirmed` with those exchanged.
    route: List[LegView]
    # `routing` of an order that had waited: what fired it.
    trigger: TriggerView
    # The transaction's signature in base58.
    txHash: str


class EventsAnswer(TypedDict):
    """The events of one order."""

    events: List[EventView]
    orderId: str
    status: StatusName
    success: bool


class ExecutionStatsAnswer(TypedDict):
    """How well lately accepted orders were executed."""

    # Whether these are all of them. Where there are too many, the newest were looked at.
    complete: bool
    # Each kind of pool. An execution through several kinds counts for each of them.
    kinds: List[ExecutionView]
    # Orders accepted within so many minutes were looked at.
    minutes: int
    # How many orders were looked at.
    orders: int
    success: bool
    total: ExecutionView


class ExecutionView(TypedDict):
    """Executions, counted together. What cannot be told of so few is null."""

    # What fills paid more than the best single pool had offered.
    againstBestSingle: Optional[SpreadView]
    # What fills paid more than was quoted; below zero where they paid less.
    againstQuoted: Optional[SpreadView]
    # Null where all are counted.
    dex: Optional[VenueName]
    # What fills and reverts paid in fees.
    feeLamports: int
    # Fills among the transactions sent, in hundredths of a percent.
    fillRateBps: Optional[int]
    fills: int
    # Fills that paid more than was quoted.
    improved: int
    # How much more these paid, on average.
    improvementBps: Optional[int]
    # From the stored transaction to its stored confirmation.
    landingMs: LandingTimes
    # The kind of pool; null where all are counted.
    pool: Optional[PoolName]
    # The part of it that fills paid beyond the fee for signatures.
    priorityFeeLamports: int
    # Offers made by pools.
    quotes: int
    # Reverts among the transactions sent.
    revertRateBps: Optional[int]
    # Transactions that landed and were rolled back.
    reverts: int
    # Transactions sent.
    sent: int
    # Decisions whose route uses such a pool.
    wins: int


class ExpiredEvent(TypedDict):
    """Nothing was submitted in time. The end"""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    orderId: str
    # `cancelled` and `expired`: why.
    reason: str
    # Counts from 0 without gaps.
    seq: int
    status: Literal["expired"]
    timestamp: str


class _FailedEvent(TypedDict):
    """What is always there of `FailedEvent`."""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    # What went wrong, for people.
    error: str
    # What went wrong, for programs.
    errorCode: str
    # The same text as `error`.
    errorReason: str
    orderId: str
    # Counts from 0 without gaps.
    seq: int
    status: Literal["failed"]
    timestamp: str


class FailedEvent(_FailedEvent, total=False):
    """No execution succeeded. The end"""

    # How the transaction fared that did not land, on `failed` and on `pending` after such an execution.
    landing: LandingView


class _FeedEvent(TypedDict):
    """What is always there of `FeedEvent`."""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    orderId: str
    # Counts from 0 without gaps.
    seq: int
    status: Literal["pending", "routing", "building", "submitted", "confirmed", "failed", "cancelled", "expired"]
    timestamp: str
    # To resume after this event
    cursor: str


class FeedEvent(_FeedEvent, total=False):
    """FeedEvent"""

    # What went wrong, for people.
    error: str
    # How the transaction fared that did not land, on `failed` and on `pending` after such an execution.
    landing: LandingView
    # `pending` after a failed execution: when the next one may begin. Of an order that waits for its price
    # again: when it is looked at again.
    retryAt: str
    # `routing` of an order that had waited: what fired it.
    trigger: TriggerView
    dex: VenueName
    expectedAmountOut: str
    # `building`: what the route pays more than the best single pool, in hundredths of a percent.
    gainBps: int
    # `building` of an order that buys an exact amount: the most that it may cost.
    maxAmountIn: str
    # The least amount accepted: the larger of the minimum that follows from slippage and the client's own.
    minAmountOut: str
    pool: PoolName
    # The address of the pool that takes most of what is sold, where it was recorded.
    poolAddress: str
    # `building`: every pool that competed, where that was recorded.
    pools: List[PoolQuoteView]
    # `building`: each venue's best offer.
    quotes: List[QuoteView]
    # The pools used: `building` with the amounts expected, `confirmed` with those exchanged.
    route: List[LegView]
    # The transaction's signature in base58.
    txHash: str
    amountOut: str
    dexType: VenueName
    executedPrice: str
    # `confirmed`: what the transaction cost, where the chain tells it.
    receipt: ReceiptView
    # What went wrong, for programs.
    errorCode: str
    # The same text as `error`.
    errorReason: str
    # `cancelled` and `expired`: why.
    reason: str


class FieldError(TypedDict):
    """A field and what is wrong with it."""

    field: str
    message: str


class FieldView(TypedDict):
    """A value that an instruction carries."""

    name: str
    # As the program reads it: amounts are in base units.
    value: str


class FiguresView(TypedDict):
    """Sums over trades of a pair. Amounts are in the token, what they cost and brought in the quote."""

    bought: str
    # What `bought` cost.
    cost: str
    # The average cost of the rest of `sold`.
    costOfSold: str
    feeLamports: int
    fills: int
    # The part of it beyond the fee for signatures.
    priorityFeeLamports: int
    # What `sold` brought.
    proceeds: str
    proceedsWithoutCost: str
    # `proceeds` less `proceedsWithoutCost` and `costOfSold`; fees and rent are not in it.
    realised: str
    rentPaidLamports: int
    rentReturnedLamports: int
    # Transactions that were rolled back, and what they paid in fees beside `feeLamports`.
    rolledBack: int
    rolledBackFeeLamports: int
    sold: str
    # The part of `sold` that these trades had not bought: it came from outside the engine, or was bought
    # for another token. No profit is counted for it.
    soldWithoutCost: str
    # Fills of before there were receipts: their fees are not known.
    withoutReceipt: int


class FillView(TypedDict):
    """What an order brought and cost, by the chain's word."""

    # What was sold.
    amountIn: str
    # What was received.
    amountOut: str
    # Whose order it is; null for keys, which see their own alone.
    client: Optional[str]
    clientOrderId: Optional[str]
    # When the confirmation was recorded: fills are told in this order.
    confirmedAt: str
    # Those of the largest leg.
    dex: VenueName
    executedPrice: str
    # Where people can look at the transaction; null for a chain that no explorer shows.
    explorerUrl: Optional[str]
    orderId: str
    orderType: str
    pool: PoolName
    # Null for a fill of before there were receipts.
    receipt: Optional[ReceiptView]
    # Each leg with its real amounts.
    route: List[LegView]
    tokenIn: str
    tokenInMint: str
    tokenOut: str
    tokenOutMint: str
    # The transaction's signature in base58.
    txHash: str
    # The address of the wallet that paid, where it is known.
    wallet: Optional[str]


class FillsAnswer(TypedDict):
    """A page of fills, oldest first."""

    # Where to go on once there is more, also after the last page; null while nothing was ever told.
    cursor: Optional[str]
    fills: List[FillView]
    # Where the next page begins; null where there is nothing more at this moment.
    nextCursor: Optional[str]
    success: bool


class _FindingView(TypedDict):
    """What is always there of `FindingView`."""

    # The same in words.
    detail: str
    # `foreign`, `from_outside`, `taken`, `differs` or `contradicts`.
    kind: str
    # The change of the wallet's lamports.
    lamports: int
    # The order that names it.
    orderId: Optional[str]
    # The change that the order's receipt tells.
    receiptLamports: Optional[int]
    signature: str
    slot: int


class FindingView(_FindingView, total=False):
    """A transaction that is worth a word."""

    # What it did to tokens.
    tokens: List[TokenChangeView]


class FlowView(TypedDict):
    """The same of one token, in that token."""

    # Of SOL alone, as the next two; with those of transactions that were rolled back.
    fees: str
    # What the chain says that the wallet holds now; for operators, where the chain answers.
    held: Optional[str]
    # What one leg of a route paid out and the next one did not take.
    leftOver: str
    mint: str
    # What is more in the wallet for all that; below zero where it is less.
    net: str
    # `held` less `net`: what did not come by the engine's transactions, but was there before them or was
    # paid in or out by others. It is exact while no transaction is under way.
    outside: Optional[str]
    received: str
    rentPaid: str
    rentReturned: str
    spent: str
    token: str


class Greeting(TypedDict):
    """The greeting's fields, for clients."""

    orderId: str
    status: str
    type: str


class HaltView(TypedDict):
    """Nothing is signed and nothing is sent."""

    # Who halted: `admin`, `loopback`, `signal`, or `engine` itself.
    by: str
    # Why; operators alone are told.
    reason: Optional[str]
    since: str


class HealthAnswer(TypedDict):
    """The process lives. This says nothing about what the process depends on."""

    status: str
    timestamp: str


class HoldingView(TypedDict):
    """How much of one token the wallet's usual account holds."""

    amount: str
    mint: str
    # Null where the token list has none for it.
    symbol: Optional[str]


class InstructionView(TypedDict):
    """What it tells one program."""

    accounts: List[AccountUseView]
    # What the instruction says beside its accounts.
    data: List[FieldView]
    # What it is asked for; `unknown` where that is not known.
    name: str
    # The program's address.
    program: str
    # What people call it; its address where it is not known.
    programName: str


class IssueView(TypedDict):
    """Something that would stop a trade."""

    # For programs. Stable.
    code: str
    # For people.
    detail: str


class LandingTimes(TypedDict):
    """How long transactions took to land, in milliseconds."""

    p50: Optional[int]
    p99: Optional[int]


class LandingView(TypedDict):
    """How a transaction fared that did not land, or not yet. Whatever nobody can tell is null."""

    # The blocks in which it could have landed.
    blocksLived: Optional[int]
    # What it would have paid in fees.
    feeLamports: int
    # Of a hundred blocks in which somebody paid to write its pools: those that its price would have
    # sufficed for.
    feePercentile: Optional[int]
    # The `errorCode` with which it was rolled back where it landed, in a block that is not final yet: it
    # may land in another one.
    rolledBack: Optional[str]
    # Sends that an endpoint took.
    sendsTaken: Optional[int]
    # The compute units that its last simulation used.
    simulatedUnits: Optional[int]
    # The compute units that it might have used.
    unitLimit: int
    # What it offered for each compute unit, in micro-lamports.
    unitPrice: int
    # What half of those blocks took at least for each compute unit.
    usualUnitPrice: Optional[int]


class Latency(TypedDict):
    """Recent times from acceptance to confirmation; null while there is nothing to measure."""

    p50: Optional[int]
    p99: Optional[int]


class LedgerAnswer(TypedDict):
    """A page of the ledger, oldest line first."""

    entries: List[LedgerEntryView]
    # Where the next page begins; null on the last page.
    nextCursor: Optional[str]


class LedgerEntryView(TypedDict):
    """A transaction that landed."""

    amountIn: str
    # `0` if the transaction was rolled back.
    amountOut: str
    dex: VenueName
    height: int
    landedAt: str
    # Whether the swap took effect.
    ok: bool
    # The order that it was made for; null where the engine knows none.
    orderId: Optional[str]
    # The transaction's signature in base58: the order's `txHash`.
    signature: str
    tokenIn: str
    tokenOut: str


class LeftoverView(TypedDict):
    """An amount that stays in the wallet."""

    amount: str
    mint: str


class LegView(TypedDict):
    """One pool's part of a route: expected until the order is confirmed, real from then on."""

    amountIn: str
    amountOut: str
    dex: VenueName
    pool: PoolName
    # Null where it was not recorded, as by 0.1.0.
    poolAddress: Optional[str]
    tokenIn: str
    tokenOut: str


class LimitView(TypedDict):
    """A limit on what orders may spend."""

    limit: str
    # `order` or `day`.
    per: str
    # A symbol, a mint without one, `*` for every token not named, or `fees` for all else that leaves in
    # lamports.
    token: str
    # What the last 24 h to 24 h 15 min have seen of it; null for an order's limit, and for `*`, after which
    # each token that it limits and that was sold is listed by itself.
    used: Optional[str]


class NamedWalletView(TypedDict):
    """One of several wallets."""

    address: str
    # Whether a live worker has its key; null where nobody can tell. Without one its orders wait.
    live: Optional[bool]
    name: str


class OrderAnswer(TypedDict):
    """One order."""

    order: OrderView
    success: bool


class OrderListAnswer(TypedDict):
    """A page of orders, newest first."""

    # Where the next page begins; null on the last page.
    nextCursor: Optional[str]
    orders: List[OrderView]
    success: bool


class OrderView(TypedDict):
    """An order and what became of it. Unknown values are null."""

    # `trailing_stop`: the spot from which on it trails, if it is not the first one.
    activationPrice: Optional[str]
    # Null for an order that buys an exact amount, until it is confirmed: what it cost.
    amountIn: Optional[str]
    amountOut: Optional[str]
    # What the order buys, to the unit, if that is what the client asked for.
    amountOutWanted: Optional[str]
    # Executions that have ended, whether they succeeded or failed.
    attempts: int
    clientOrderId: Optional[str]
    createdAt: str
    dex: Optional[VenueName]
    dexType: Optional[VenueName]
    # Why a submitted order needs a person; null where it does not.
    doubt: Optional[DoubtView]
    errorCode: Optional[str]
    # Why the order failed.
    errorReason: Optional[str]
    executedPrice: Optional[str]
    # When the order expires if no transaction was submitted by then.
    expiresAt: Optional[str]
    # Where people can look at the transaction; null for a chain that no explorer shows.
    explorerUrl: Optional[str]
    # What the order offers for its place in a block, if the client said so.
    feeLevel: Optional[FeeLevelName]
    # How the last transaction fared, where it did not land and that is why the execution failed. Of a
    # submitted order: how its transaction fares, where it is slow to land.
    landing: Optional[LandingView]
    # Why the last execution failed, while the order waits for its next one.
    lastError: Optional[str]
    # `limit`: the price at which the order executes, or a better one.
    limitPrice: Optional[str]
    # The most that such an order may cost: what the client named, or else what the slippage allows of the
    # last quote.
    maxAmountIn: Optional[str]
    # `sniper`: what a pool may charge, in hundredths of a percent.
    maxFeeBps: Optional[int]
    # How far the order may move the price, if the client said so.
    maxPriceImpactBps: Optional[int]
    # The client's own minimum, if it named one.
    minAmountOut: Optional[str]
    # `sniper`: what a pool must hold of `tokenIn`.
    minLiquidity: Optional[str]
    # Whether native SOL is wrapped before the swap or unwrapped after it.
    nativeSol: Optional[NativeSol]
    # The orders of which one at most executes, if it belongs to such a group.
    ocoGroup: Optional[str]
    orderId: str
    orderType: str
    pool: Optional[PoolName]
    # The address of the pool that takes most of what is sold.
    poolAddress: Optional[str]
    # How the last execution compares with what there was when its route was chosen. Told of one order at a
    # time, while it is building, submitted or confirmed; null in lists.
    quality: Optional[QualityView]
    # Why the order was cancelled or expired.
    reason: Optional[str]
    # What the transaction cost, where the chain tells it.
    receipt: Optional[ReceiptView]
    # `sniper`: whether nobody may be able to mint or freeze `tokenOut`.
    requireRenounced: Optional[bool]
    # The pools used: the amounts are those expected until the order is confirmed.
    route: Optional[List[LegView]]
    # The `seq` of the order's last event.
    seq: int
    # Null for a limit order that names none: its price alone is its floor.
    slippageBps: Optional[int]
    status: StatusName
    tokenIn: str
    # The address of what is sold.
    tokenInMint: str
    tokenOut: str
    # The address of what is bought.
    tokenOutMint: str
    # `trailing_stop`: how far below its highest the pair's spot must fall, in hundredths of a percent.
    trailBps: Optional[int]
    # `sniper`: what fires it.
    triggerCondition: Optional[TriggerName]
    # `stop` and `take_profit`: the price that fires the order.
    triggerPrice: Optional[str]
    # `sniper`: the price, or how many times the mean volume.
    triggerValue: Optional[str]
    # The transaction's signature in base58.
    txHash: Optional[str]
    updatedAt: str
    # The venues the order may use.
    venues: List[VenueName]
    # What the order waits for, if that is no worker's turn.
    waiting: Optional[WaitingView]
    # The address of the wallet that pays, where it is known.
    wallet: Optional[str]


class PairView(TypedDict):
    """What was traded, and in what its cost and profit are counted."""

    # The other token of the trades.
    quote: str
    quoteMint: str
    token: str
    tokenMint: str
    # False where neither is USDC, USDT or SOL: then the one with the lower address serves as quote.
    usualQuote: bool


class _PendingEvent(TypedDict):
    """What is always there of `PendingEvent`."""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    orderId: str
    # Counts from 0 without gaps.
    seq: int
    status: Literal["pending"]
    timestamp: str


class PendingEvent(_PendingEvent, total=False):
    """Accepted; on a retry, when it may begin"""

    # What went wrong, for people.
    error: str
    # How the transaction fared that did not land, on `failed` and on `pending` after such an execution.
    landing: LandingView
    # `pending` after a failed execution: when the next one may begin. Of an order that waits for its price
    # again: when it is looked at again.
    retryAt: str


class Ping(TypedDict):
    """A ping as a message."""

    type: Literal["ping"]


class Pong(TypedDict):
    """The answer to it."""

    type: Literal["pong"]


class _PoolQuoteView(TypedDict):
    """What is always there of `PoolQuoteView`."""

    # After fee and price impact.
    amountOut: Optional[str]
    dex: VenueName
    # Why there is no offer.
    error: Optional[str]
    # The pool's fee as a fraction of the amount traded.
    fee: Optional[str]
    pool: PoolName
    poolAddress: Optional[str]
    # How much the order itself moves the pool's price, as a fraction.
    priceImpact: Optional[str]


class PoolQuoteView(_PoolQuoteView, total=False):
    """What one pool offered, or why nothing."""

    # What it asks for an exact `amountOut`; absent where `amountIn` is exact.
    amountIn: str


class PoolView(TypedDict):
    """A pool, and whether an order may go there."""

    # What it holds of `tokenIn`, where that could be read.
    depthIn: Optional[str]
    # What it holds of `tokenOut`, where that could be read.
    depthOut: Optional[str]
    dex: VenueName
    # The fee of a small swap, in hundredths of a percent, rounded up.
    feeBps: Optional[int]
    pool: PoolName
    poolAddress: Optional[str]
    # What one `tokenIn` is worth in `tokenOut` before the fee.
    price: Optional[str]
    # Why no order goes there.
    reason: Optional[str]
    # The slot that shows it so.
    slot: int
    usable: bool


class PoolsAnswer(TypedDict):
    """Every pool known of a pair."""

    pools: List[PoolView]
    success: bool
    # `tokenIn` and `tokenOut`, where any pool was read.
    tokens: Optional[List[TokenFactsView]]


class PositionView(TypedDict):
    """All trades of a pair by one wallet."""

    # `costOfHeld` / `held`, 18 significant digits, truncated; null where nothing is held.
    averageCost: Optional[str]
    costOfHeld: str
    figures: FiguresView
    # What is left of `bought`.
    held: str
    pair: PairView
    # Null where orders name none and none is known.
    wallet: Optional[str]


class _Problem(TypedDict):
    """What is always there of `Problem`."""

    # The kind of problem, for programs. Stable.
    code: Literal["malformed_json", "invalid_parameter", "invalid_header", "body_incomplete", "bad_message", "unauthorized", "forbidden", "not_found", "order_not_found", "method_not_allowed", "client_order_id_taken", "not_cancellable", "not_waiting", "oco_group_done", "not_dead", "not_submitted", "transaction_known", "body_too_large", "unsupported_media_type", "invalid_order", "invalid_request", "token_required", "unknown_token", "token_not_tradable", "unknown_wallet", "wallet_not_allowed", "no_venue", "exact_out_not_available", "spend_limit", "idempotency_key_reused", "upgrade_required", "rate_limited", "too_many_open_orders", "too_many_sockets", "internal", "store_unavailable", "store_full", "busy", "outcome_unknown", "queue_full", "waiting_full", "chain_unavailable", "wallet_unavailable", "trading_disabled", "stopping"]
    # What is wrong with this request.
    detail: str
    # The same text as `detail`.
    error: str
    # The HTTP status.
    status: int
    # Always false.
    success: bool
    # The kind of problem, for people.
    title: str
    # A URI for the kind of problem: `urn:order-engine:problem:` and the code.
    type: str


class Problem(_Problem, total=False):
    """A refusal (RFC 9457), with `success` and `error` for older clients."""

    # The wrong fields.
    errors: List[FieldError]
    # The order that the refusal is about.
    orderId: str
    # The status of the order that the refusal is about.
    orderStatus: StatusName


class QualityView(TypedDict):
    """What an order's last execution was measured against, and how it compares. Differences are in
    hundredths of a percent, to the nearest, and below zero where less was paid; they are null until the
    order is confirmed."""

    # What was paid more than the best single pool had offered.
    againstBestSingleBps: Optional[int]
    # What was paid more than the mid price gives. Fees and price impact make it less.
    againstMidBps: Optional[int]
    # What was paid more than was expected.
    againstQuotedBps: Optional[int]
    # What the best single pool would have paid for all of it; null if none made an offer.
    bestSingle: Optional[SingleView]
    # When the route was chosen.
    decidedAt: str
    expectedAmountOut: str
    # What the route was expected to pay more than the best single pool.
    gainBps: int
    # Its price before the trade, without its fee.
    midPrice: Optional[str]
    # Every pool that competed, the best first.
    quotes: List[PoolQuoteView]


class QueueEntries(TypedDict):
    """The queue's own entries."""

    dead: int
    delayed: int
    # Orders in the workers' hands at their last heartbeats.
    inFlight: int
    ready: int


class QueueEstimate(TypedDict):
    """How long it may take until the order's turn."""

    etaMs: int
    position: int


class QueueStats(TypedDict):
    """How many orders wait and are executed."""

    # Waiting for a due time.
    delayed: int
    # Age of the oldest waiting order; 0 if none waits.
    oldestMs: int
    running: int
    # Pending, and due.
    waiting: int


class _QuoteView(TypedDict):
    """What is always there of `QuoteView`."""

    # After fee and price impact.
    amountOut: Optional[str]
    dex: VenueName
    # Why there is no offer.
    error: Optional[str]
    # The venue's fee as a fraction of the amount traded.
    fee: Optional[str]
    pool: Optional[PoolName]
    # `amountOut` per `amountIn`.
    price: Optional[str]
    # How much the order itself moves the price, as a fraction.
    priceImpact: Optional[str]


class QuoteView(_QuoteView, total=False):
    """One venue's offer, or why it makes none."""

    # What it asks for an exact `amountOut`; absent where `amountIn` is exact.
    amountIn: str


class _QuotesAnswer(TypedDict):
    """What is always there of `QuotesAnswer`."""

    # What the route pays more than the mid price gives, in hundredths of a percent. Fees and price impact
    # make it less, so that it is below zero.
    againstMidBps: Optional[int]
    # The venue that pays most by itself, for all of the amount; null if none makes an offer. Where the
    # route is divided over pools side by side: the venue of its largest leg, which need not pay most by
    # itself. `bestSingle` always names the single offer that pays most.
    best: Optional[VenueName]
    # What the best single pool would pay; null if none makes an offer.
    bestSingle: Optional[SingleView]
    expectedAmountOut: Optional[str]
    # What the route pays more than the best single pool, in hundredths of a percent.
    gainBps: int
    # What would stop the trade now.
    issues: List[IssueView]
    # The best single pool's price before the trade, without its fee.
    midPrice: Optional[str]
    minAmountOut: Optional[str]
    # Every pool that competed, the best first; empty if none makes an offer.
    pools: List[PoolQuoteView]
    quotes: List[QuoteView]
    # The pools that an order would use now; empty if none makes an offer.
    route: List[LegView]
    success: bool


class QuotesAnswer(_QuotesAnswer, total=False):
    """Every venue's offer, and what the engine would choose now."""

    # True in the answer to an order with `?dryRun=true`: nothing was stored.
    dryRun: bool
    # Of an exact `amountOut`: what it would cost now.
    expectedAmountIn: str
    # Of an exact `amountOut`: the most that it may cost.
    maxAmountIn: str


class ReadyAnswer(TypedDict):
    """Whether the process can serve, and what it depends on."""

    queue: DependencyState
    status: Readiness
    store: DependencyState


class ReceiptView(TypedDict):
    """What the chain says about an order's transaction."""

    computeUnits: Optional[int]
    confirmedAt: str
    # When it was proved that a vanished transaction never lands again: nothing was swapped.
    diedAt: Optional[str]
    # All that the transaction paid in fees.
    feeLamports: int
    # Null until the block is final.
    finalizedAt: Optional[str]
    # What a first leg paid out and a second did not take: it stays in the wallet.
    leftover: List[LeftoverView]
    # The part of it beyond the fee for signatures.
    priorityFeeLamports: int
    # Deposits for accounts that it opened.
    rentPaidLamports: int
    # Deposits of accounts that it closed.
    rentReturnedLamports: int
    slot: int
    # Since when the transaction is not found any more although it was confirmed: its block vanished before
    # it was final. Null again once it has landed once more.
    vanishedAt: Optional[str]


class ReconciledToken(TypedDict):
    """What a comparison has come to of one token. Amounts are whole numbers of its smallest unit, as text."""

    # What others paid in.
    fromOutside: str
    # What the wallet's usual account held; null for a token that is compared from the next time on.
    held: Optional[str]
    mint: str
    # By the engine's token list.
    symbol: Optional[str]
    # What neither receipts nor transfers explain.
    unexplained: str


class _Reconciliation(TypedDict):
    """What is always there of `Reconciliation`."""

    address: str
    # Whether the chain could still tell everything; otherwise nobody can say what is not explained.
    complete: bool
    # Transactions that landed although their orders say that they did not.
    contradicted: int
    # Whether nothing has to be looked at.
    explained: bool
    # What there is to say, oldest first, at most a hundred.
    findings: List[FindingView]
    # Transactions that the wallet has signed and no order names: a leaked key's first sign.
    foreign: int
    # What others paid in.
    fromOutsideLamports: int
    # The slot from which on everything was compared; null the first time, which only notes what the wallet
    # holds.
    fromSlot: Optional[int]
    # What the wallet held there.
    lamports: int
    # Those of them that are orders'.
    orders: int
    success: bool
    # The slot up to which it was, which is final.
    toSlot: int
    # Transactions that name the wallet.
    transactions: int
    # Orders whose transaction has landed and is not recorded yet.
    underWay: int
    # What neither receipts nor transfers explain.
    unexplainedLamports: int
    # Transactions that the chain lists and tells no more of.
    untold: int


class Reconciliation(_Reconciliation, total=False):
    """What a comparison has come to. Lamports are whole numbers."""

    # Tokens that the wallet holds or that moved.
    tokens: List[ReconciledToken]
    # Tokens that are too many to be compared.
    tokensLeftOut: int


class Resync(TypedDict):
    """Events may have been missed."""

    type: Literal["resync"]


class _RoutingEvent(TypedDict):
    """What is always there of `RoutingEvent`."""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    orderId: str
    # Counts from 0 without gaps.
    seq: int
    status: Literal["routing"]
    timestamp: str


class RoutingEvent(_RoutingEvent, total=False):
    """An execution begins: the venues are asked"""

    # `routing` of an order that had waited: what fired it.
    trigger: TriggerView


class SimFaults(TypedDict, total=False):
    """What goes wrong from now on, and nothing else; `{}` = nothing. Chances are from 0 to 1."""

    # A block that nobody has confirmed vanishes with all that was in it.
    blockVanishes: float
    # A few confirmed blocks that are not final vanish with all that was in them, whenever a block opens.
    confirmedBlockVanishes: float
    # `getBlockHeight` and `getEpochInfo` tell the slot in place of the height.
    heightIsSlot: bool
    # A transaction lands in one of the last blocks in which it can.
    landBeforeExpiry: float
    # A transaction lands some blocks later than usual.
    landLate: float
    # A call is refused because the node is behind (-32005).
    nodeBehind: float
    # Nothing is answered at all.
    outage: bool
    # Reads show the chain as it was so many slots ago.
    readLagSlots: int
    # A transaction is taken, and nobody is told.
    replyLost: float
    # A transaction is taken and forgotten.
    sendDropped: float
    # A subscriber's socket is closed when there is news for it.
    socketDrops: float
    # A call gets no answer in time.
    timeOut: float
    # A call is refused with HTTP 429 and a Retry-After.
    tooManyRequests: float
    # `getTransaction` answers null for so long after a status is known.
    transactionNullMs: int
    # A call is refused with HTTP 503.
    unavailable: float


class SimFaultsSet(TypedDict):
    """The faults that hold now."""

    faults: SimFaults
    success: bool


class _SimLaunch(TypedDict):
    """What is always there of `SimLaunch`."""

    # The pool's venue.
    dex: VenueName
    # The pool's program, one of the venue's.
    pool: PoolName


class SimLaunch(_SimLaunch, total=False):
    """A token is born with its pool."""

    # 6 where absent.
    decimals: int
    # How long the starting fee falls to the usual one, from the pool's opening on; a minute where absent.
    feeFallsInMs: int
    # Whether somebody can freeze the accounts of those who buy it; false where absent.
    freezeAuthority: bool
    # How much of the supply its maker keeps and can sell into the pool, in percent; 20 where absent.
    heldPercent: int
    # How much SOL the pool begins with; needed unless the token is born alone: a decimal string, or a
    # number whose digits are taken as written.
    liquiditySol: DecimalText
    # The token that was born alone, whose pool is opened now; its decimals and authorities are what they
    # are.
    mint: str
    # Whether somebody can make more of it; false where absent.
    mintAuthority: bool
    # Whether the token is born alone, and its pool is opened by another call that names its `mint`.
    # `poolAddress` says where that will stand.
    mintOnly: bool
    # From when on the pool can be used; 0 where absent.
    openInMs: int
    # What a `damm_v2` pool charges at first, in hundredths of a percent; where absent the usual 30.
    startingFeeBps: int
    # What people call it, 1 to 12 letters and digits. It stands in the audit log; everywhere else the token
    # is named by its mint, because the token list has no entry for it.
    symbol: str


class SimLaunched(TypedDict):
    """The token that was born."""

    mint: str
    poolAddress: str
    success: bool


class SimTrade(TypedDict):
    """Somebody else trades: the price moves."""

    # How much of it: a decimal string, or a number whose digits are taken as written.
    amount: DecimalText
    # The pool's address.
    pool: str
    # What is sold: a symbol or a mint's address.
    tokenIn: str


class SimTraded(TypedDict):
    """The swap landed."""

    # Its transaction's signature in base58.
    signature: str
    success: bool


class _SingleView(TypedDict):
    """What is always there of `SingleView`."""

    amountOut: str
    dex: VenueName
    pool: PoolName
    poolAddress: Optional[str]


class SingleView(_SingleView, total=False):
    """One pool's offer for a whole amount."""

    # What it asks for an exact `amountOut`; absent where `amountIn` is exact.
    amountIn: str


class SpreadView(TypedDict):
    """How much more fills paid than something else, in hundredths of a percent."""

    meanBps: int
    # Half of the fills paid this or more.
    p50Bps: int
    # 95 of 100 fills paid this or more.
    p95Bps: int


class StatsAnswer(TypedDict):
    """What the whole cluster is doing, at most a second old."""

    byStatus: ByStatus
    # The halt that stands, if one does: nothing is signed and nothing is sent.
    halted: Optional[HaltView]
    latencyMs: Latency
    # Whether operators have paused the engine.
    paused: bool
    queue: QueueStats
    success: bool
    throughput: Throughput
    # Pending orders that wait for a condition, and are not in the queue.
    waiting: WaitingStats
    workers: List[WorkerView]


class SubmitOrder(TypedDict, total=False):
    """An order. Amounts are strings or JSON numbers, taken exactly as written."""

    # `trailing_stop`: trail only once the spot is at or above this price.
    activationPrice: DecimalText
    # How much of `tokenIn` to swap. This or `amountIn`.
    amount: DecimalText
    # The same as `amount`.
    amountIn: DecimalText
    # Instead of an amount of `tokenIn`: how much of `tokenOut` to buy, to the unit. For market orders.
    amountOut: DecimalText
    # Your own name for the order, unique for ever.
    clientOrderId: str
    # Venues the order must not use.
    excludeVenues: List[VenueName]
    # What the order offers for its place in a block; absent: what the engine is set to.
    feeLevel: FeeLevelName
    # `limit`: the worst price, in `tokenOut` for one `tokenIn`. The order executes at this price or better,
    # and never at a worse one.
    limitPrice: DecimalText
    # The most that `amountOut` may cost, in `tokenIn`; absent: what the slippage allows of the quote.
    maxAmountIn: DecimalText
    # `sniper`: the most that a pool may charge for the amount when the order fires, in hundredths of a
    # percent.
    maxFeeBps: int
    # How far the order may move the price of its pool, in hundredths of a percent; the engine's own limit
    # holds as well.
    maxPriceImpactBps: int
    # The least of `tokenOut` that you accept; the minimum that follows from slippage holds as well.
    minAmountOut: DecimalText
    # `sniper`: how much of `tokenIn` a pool must hold.
    minLiquidity: DecimalText
    # Your name for a group of waiting orders, at most 20. At most one of them executes at a time, and once
    # one is confirmed the others are cancelled.
    ocoGroup: str
    orderType: OrderTypeName
    # `sniper`: whether nobody may be able to mint or freeze `tokenOut` any more.
    requireRenounced: bool
    # Slippage as a fraction.
    slippage: float
    # Slippage in basis points; at most one of the three may be given. The default is 50, 200 for a `stop`
    # and a `trailing_stop`, and none for a `limit`, whose price is its floor.
    slippageBps: int
    # Slippage in percent.
    slippageTolerance: float
    # Symbol (any case) or mint address. Both tokens absent: `SOL` to `USDC`.
    tokenIn: str
    # Symbol (any case) or mint address, other than `tokenIn`.
    tokenOut: str
    # `trailing_stop`: how far the pair's spot must fall below its highest since the order was accepted, in
    # hundredths of a percent.
    trailBps: int
    # `sniper`: what fires it; `pool_created` where it is absent.
    triggerCondition: TriggerName
    # `stop` and `take_profit`: the price that fires the order, in `tokenOut` for one `tokenIn`.
    triggerPrice: DecimalText
    # `sniper`: for `price_above` and `price_below` a price in `tokenOut` for one `tokenIn`, for
    # `volume_spike` how many times the last hour's mean per minute.
    triggerValue: DecimalText
    # The same as `orderType`.
    type: OrderTypeName
    # The order expires if no transaction was submitted by then.
    validForSeconds: int
    # The venues the order may use.
    venues: List[VenueName]
    # The wallet that pays, by its name or address; absent: the client's own, or the engine's first that is
    # nobody's own. It stays the order's wallet for ever.
    wallet: str


class SubmittedEvent(TypedDict):
    """The transaction is stored; it is sent after this event"""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    dex: VenueName
    orderId: str
    # Counts from 0 without gaps.
    seq: int
    status: Literal["submitted"]
    timestamp: str
    # The transaction's signature in base58.
    txHash: str


class Throughput(TypedDict):
    """How many orders end."""

    # Orders that ended within the last minute.
    lastMinute: int


class TokenChangeView(TypedDict):
    """What a transaction did to a token of the wallet, in its smallest unit."""

    change: str
    mint: str
    # The change that the order's receipt tells, if that is another one.
    receipt: Optional[str]
    # By the engine's token list.
    symbol: Optional[str]


class TokenFactsView(TypedDict):
    """What must be known of a token before it is traded."""

    decimals: int
    # Whether somebody may freeze the accounts of those who hold it.
    freezable: bool
    mint: str
    # Why it is not traded; null where it is.
    notTradable: Optional[str]
    # The program that the mint belongs to: `token` or `token_2022`.
    program: str
    # Null where the token list has none for it.
    symbol: Optional[str]
    # What the token program keeps of each transfer now, in hundredths of a percent; quotes count it.
    transferFeeBps: int


class TokenView(TypedDict):
    """A token that can be traded."""

    decimals: int
    mint: str
    name: str
    # The program that the mint belongs to: `token` or `token_2022`.
    program: str
    symbol: str


class TokensAnswer(TypedDict):
    """Every listed token."""

    success: bool
    tokens: List[TokenView]


class TransactionAnswer(TypedDict):
    """What an order's newest transaction told the chain's programs."""

    # Why it was rolled back; null where it took effect.
    error: Optional[str]
    instructions: List[InstructionView]
    orderId: str
    # In base58: the order's `txHash`.
    signature: str
    slot: int
    success: bool


class TriggerView(TypedDict):
    """What was seen when an order fired."""

    # What the order's own amount would have been sold at.
    price: str
    # The slot of the pools that it was read from.
    slot: int
    time: str


class UnprovableView(TypedDict):
    """Why nobody can prove a transaction dead."""

    reason: str
    since: str


class WaitingStats(TypedDict):
    """How many orders wait for what."""

    # A pool.
    pool: int
    # A price.
    price: int
    # A volume.
    volume: int


_WaitingView = TypedDict(
    "_WaitingView",
    {
        "detail": "str",
        "for": "WaitingFor",
    },
)


class WaitingView(_WaitingView, total=False):
    """What an order waits for."""

    # `price`: what the order's own amount would be sold at now, or the pair's spot for a trailing stop;
    # absent where that is not known.
    best: str
    # When `best` was read, and from the pools of which slot.
    checkedAt: str
    # `price`: on which side of its price the order fires.
    condition: ConditionName
    # `price`: how far `best` is from `price`, in hundredths of a percent of `price`; 0 or less where the
    # condition holds.
    distanceBps: int
    mean: str
    # `price`: how the price is looked at.
    mode: WatchMode
    # `volume`: what is missing of a mean; absent where there is one.
    needs: str
    # When the first pool opens that a sniper may use then.
    opensAt: str
    # `price`: the price that it waits for. Of a trailing stop that which its highest has led to, or the one
    # that activates it; absent where neither is known.
    price: str
    slot: int
    # `volume`: how much of `tokenIn` the running minute has moved, and the mean of the last hour's minutes.
    volume: str


class _WalletAnswer(TypedDict):
    """What is always there of `WalletAnswer`."""

    address: str
    cluster: str
    # Native SOL.
    lamports: int
    # What may be spent, and what was.
    limits: List[LimitView]
    # `sim` or `live`.
    mode: str
    success: bool
    tokens: List[HoldingView]
    # `enabled`, `halted`, or `disabled`: what gateways may take in is not enabled.
    trading: str


class WalletAnswer(_WalletAnswer, total=False):
    """The wallet and what it holds, at most two seconds old."""

    # What the wallet is called, where there are several.
    name: str
    # All wallets, where there are several.
    wallets: List[NamedWalletView]


class WalletBooksView(TypedDict):
    """What a wallet took in and gave away by the engine's transactions."""

    tokens: List[FlowView]
    wallet: Optional[str]


class _WebhookData(TypedDict):
    """What is always there of `WebhookData`."""

    # The execution this event belongs to, counted from 1; a `pending` event belongs to the next one.
    attempt: int
    orderId: str
    # Counts from 0 without gaps.
    seq: int
    status: StatusName
    timestamp: str
    # The order as this event left it, not as it is when the webhook is sent.
    order: OrderView


class WebhookData(_WebhookData, total=False):
    """An event with its order."""

    amountOut: str
    dex: VenueName
    dexType: VenueName
    # What went wrong, for people.
    error: str
    # What went wrong, for programs.
    errorCode: str
    # The same text as `error`.
    errorReason: str
    executedPrice: str
    expectedAmountOut: str
    # `building`: what the route pays more than the best single pool, in hundredths of a percent.
    gainBps: int
    # How the transaction fared that did not land, on `failed` and on `pending` after such an execution.
    landing: LandingView
    # `building` of an order that buys an exact amount: the most that it may cost.
    maxAmountIn: str
    # The least amount accepted: the larger of the minimum that follows from slippage and the client's own.
    minAmountOut: str
    pool: PoolName
    # The address of the pool that takes most of what is sold, where it was recorded.
    poolAddress: str
    # `building`: every pool that competed, where that was recorded.
    pools: List[PoolQuoteView]
    # `building`: each venue's best offer.
    quotes: List[QuoteView]
    # `cancelled` and `expired`: why.
    reason: str
    # `confirmed`: what the transaction cost, where the chain tells it.
    receipt: ReceiptView
    # `pending` after a failed execution: when the next one may begin. Of an order that waits for its price
    # again: when it is looked at again.
    retryAt: str
    # The pools used: `building` with the amounts expected, `confirmed` with those exchanged.
    route: List[LegView]
    # `routing` of an order that had waited: what fired it.
    trigger: TriggerView
    # The transaction's signature in base58.
    txHash: str


class WebhookView(TypedDict):
    """The body of a webhook. It is the same for every try."""

    data: WebhookData
    # When the event was recorded.
    timestamp: str
    # `order.` and the status of the event.
    type: str


class WorkerView(TypedDict):
    """A live worker."""

    host: str
    id: str
    running: int
    seenAt: str
    slots: int
    startedAt: str
    version: str


class WsToken(TypedDict):
    """A token for `?token=`, for clients that cannot set headers."""

    expiresAt: Optional[str]
    success: bool
    # Null if the engine has no keys: then no token is needed.
    token: Optional[str]


# What happened to an order. Its `status` tells which fields it has.
OrderEvent = Union[
    PendingEvent,
    RoutingEvent,
    BuildingEvent,
    SubmittedEvent,
    ConfirmedEvent,
    FailedEvent,
    CancelledEvent,
    ExpiredEvent,
]
