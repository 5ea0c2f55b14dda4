// Made by scripts/client-types from docs/openapi.json, docs/asyncapi.json and docs/API.md. Not for editing.

/** The answer to an accepted order: it is stored and cannot be lost. */
export interface AcceptedOrder {
  message: string;
  orderId: string;
  /** The gateway's estimate; null if it has none yet. */
  queue: QueueEstimate | null;
  status: StatusName;
  success: boolean;
  /** The socket on which to follow the order. */
  wsUrl: string;
}

/** An account that an instruction names. */
export interface AccountUseView {
  address: string;
  /** What it is to the instruction; null where that is not known. */
  role: string | null;
  signer: boolean;
  writable: boolean;
}

/** Operators' acts, newest first. */
export interface AdminAudit {
  entries: AuditView[];
  nextCursor: string | null;
  success: boolean;
}

/** Failed orders that were not retried, newest first. */
export interface AdminDead {
  nextCursor: string | null;
  orders: OrderView[];
  success: boolean;
}

/** An operator's word that an order's transaction is dead. */
export interface AdminDeclareDead {
  /** Why it is sure, for the audit log and the order. */
  reason: string;
}

/** The word that counts: this one, or the first one. */
export interface AdminDeclaredDead {
  declaredDead: DeclaredDeadView;
  orderId: string;
  success: boolean;
}

/** Why the engine shall sign and send nothing. */
export interface AdminHalt {
  /** For the audit log and whoever looks. */
  reason: string | null;
}

/** The answer to a pause, a halt, or their end. */
export interface AdminPaused {
  /** The halt that stands, if one does. */
  halted: HaltView | null;
  paused: boolean;
  success: boolean;
}

/** The queue as the store sees it, and the queue's own numbers. */
export interface AdminQueue {
  /** Unreadable entries, newest first, unchanged. */
  deadEntries: string[];
  /** The queue's own entries; null while the queue is down. */
  entries: QueueEntries | null;
  /** The halt that stands, if one does; it pauses the engine as well. */
  halted: HaltView | null;
  /** Whether operators have paused the engine. */
  paused: boolean;
  queue: QueueStats;
  success: boolean;
}

/** The order that was accepted in place of a dead one. */
export interface AdminRetried {
  /** The new order. */
  orderId: string;
  /** The dead one, which stays as it ended. */
  retryOf: string;
  success: boolean;
}

/** The outbox, and the webhooks that were given up: the newest order's first. */
export interface AdminWebhooks {
  /** How many were given up and not retried. */
  dead: number;
  nextCursor: string | null;
  /** When the event of the oldest order's pending one was recorded. */
  oldestPendingAt: string | null;
  /** How many the receiver has not taken yet. */
  pending: number;
  success: boolean;
  /** A page of the dead ones. */
  webhooks: DeadWebhookView[];
}

/** How many dead webhooks are pending again. */
export interface AdminWebhooksRetried {
  retried: number;
  success: boolean;
}

/** The live workers. */
export interface AdminWorkers {
  success: boolean;
  workers: WorkerView[];
}

/** An operator's act. */
export interface AuditView {
  action: string;
  actor: string;
  at: string;
  detail: string | null;
  id: number;
  subject: string | null;
}

/** What the engine's trades came to, from receipts alone. */
export interface BooksAnswer {
  /** Whether every transaction is counted that is recorded. Where it is not, the next answer has counted more. */
  complete: boolean;
  /** Day by day, the newest first. */
  days: DayView[];
  /** The first day of which everything is told, where older ones are left out. */
  daysFrom: string | null;
  /** Fills that are counted. */
  fills: number;
  /** Transactions of pairs that are too many to be counted: they are in no figure. */
  leftOut: number;
  /** Of all time, the pairs with most fills first, at most 1,000. */
  positions: PositionView[];
  success: boolean;
  /** When the last transaction was recorded that is counted. */
  upTo: string | null;
  /** What each wallet took in and gave away, of all time. */
  wallets: WalletBooksView[];
}

/** A route is chosen */
export interface BuildingEvent {
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  dex: VenueName;
  expectedAmountOut: string;
  /** `building`: what the route pays more than the best single pool, in hundredths of a percent. */
  gainBps: number;
  /** `building` of an order that buys an exact amount: the most that it may cost. */
  maxAmountIn?: string;
  /**
   * The least amount accepted: the larger of the minimum that follows from slippage and the
   * client's own.
   */
  minAmountOut: string;
  orderId: string;
  pool: PoolName;
  /** The address of the pool that takes most of what is sold, where it was recorded. */
  poolAddress?: string;
  /** `building`: every pool that competed, where that was recorded. */
  pools: PoolQuoteView[];
  /** `building`: each venue's best offer. */
  quotes: QuoteView[];
  /** The pools used: `building` with the amounts expected, `confirmed` with those exchanged. */
  route: LegView[];
  /** Counts from 0 without gaps. */
  seq: number;
  status: "building";
  timestamp: string;
}

/** How many orders have each status. */
export interface ByStatus {
  building: number;
  cancelled: number;
  confirmed: number;
  expired: number;
  failed: number;
  pending: number;
  routing: number;
  submitted: number;
}

/** Withdrawn in time. The end */
export interface CancelledEvent {
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  orderId: string;
  /** `cancelled` and `expired`: why. */
  reason: string;
  /** Counts from 0 without gaps. */
  seq: number;
  status: "cancelled";
  timestamp: string;
}

/** The answer to a cancelled order. */
export interface CancelledOrder {
  message: string;
  orderId: string;
  status: StatusName;
  success: boolean;
}

/** What to change of an order that waits. What is absent stays as it is. */
export interface ChangeOrder {
  /** Of a `trailing_stop`. */
  activationPrice?: DecimalText;
  /** Of a `limit` order. */
  limitPrice?: DecimalText;
  /** Of a `sniper`. */
  maxFeeBps?: number;
  minAmountOut?: DecimalText;
  /** Of a `sniper`. */
  minLiquidity?: DecimalText;
  /** Of a `sniper`. */
  requireRenounced?: boolean;
  /** Of a `trailing_stop`. */
  trailBps?: number;
  /** Of a `stop` or `take_profit` order. */
  triggerPrice?: DecimalText;
  /** Of a `sniper` that has one. */
  triggerValue?: DecimalText;
  /** Counted from the order's acceptance. */
  validForSeconds?: number;
}

/** On which side of its price an order fires. */
export type ConditionName = "at_or_above" | "at_or_below";

/** The swap took effect. The end */
export interface ConfirmedEvent {
  amountOut: string;
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  dex: VenueName;
  dexType: VenueName;
  executedPrice: string;
  orderId: string;
  pool: PoolName;
  /** The address of the pool that takes most of what is sold, where it was recorded. */
  poolAddress?: string;
  /** `confirmed`: what the transaction cost, where the chain tells it. */
  receipt?: ReceiptView;
  /** The pools used: `building` with the amounts expected, `confirmed` with those exchanged. */
  route: LegView[];
  /** Counts from 0 without gaps. */
  seq: number;
  status: "confirmed";
  timestamp: string;
  /** The transaction's signature in base58. */
  txHash: string;
}

/** One day's trades of a pair by one wallet. */
export interface DayView {
  /** In UTC. */
  day: string;
  figures: FiguresView;
  pair: PairView;
  wallet: string | null;
}

/** A webhook that was given up. */
export interface DeadWebhookView {
  deadAt: string;
  /** Why the last try failed, or why there was none. */
  error: string;
  /** The receiver knows it by this `webhook-id`. */
  id: string;
  orderId: string;
  seq: number;
  /** That of its event. */
  status: StatusName;
  /** When the event was recorded. */
  timestamp: string;
  /** How often it was tried. */
  tries: number;
}

export type DecimalText = string;

/** An operator's word that a transaction is dead. */
export interface DeclaredDeadView {
  at: string;
  reason: string;
}

/** The state of something the process depends on. */
export type DependencyState = "up" | "down";

/** What is known of a transaction that should have come to an end. */
export interface DoubtView {
  /** An operator said that it is dead. The order goes on once it can no longer land. */
  declaredDead: DeclaredDeadView | null;
  /** It should have come to an end, and nobody can prove it dead: the order waits. */
  unprovable: UnprovableView | null;
}

/** Something that happened to an order. The status determines which fields are present. */
export interface EventView {
  amountOut?: string;
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  dex?: VenueName;
  dexType?: VenueName;
  /** What went wrong, for people. */
  error?: string;
  /** What went wrong, for programs. */
  errorCode?: string;
  /** The same text as `error`. */
  errorReason?: string;
  executedPrice?: string;
  expectedAmountOut?: string;
  /** `building`: what the route pays more than the best single pool, in hundredths of a percent. */
  gainBps?: number;
  /** How the transaction fared that did not land, on `failed` and on `pending` after such an execution. */
  landing?: LandingView;
  /** `building` of an order that buys an exact amount: the most that it may cost. */
  maxAmountIn?: string;
  /**
   * The least amount accepted: the larger of the minimum that follows from slippage and the
   * client's own.
   */
  minAmountOut?: string;
  orderId: string;
  pool?: PoolName;
  /** The address of the pool that takes most of what is sold, where it was recorded. */
  poolAddress?: string;
  /** `building`: every pool that competed, where that was recorded. */
  pools?: PoolQuoteView[];
  /** `building`: each venue's best offer. */
  quotes?: QuoteView[];
  /** `cancelled` and `expired`: why. */
  reason?: string;
  /** `confirmed`: what the transaction cost, where the chain tells it. */
  receipt?: ReceiptView;
  /**
   * `pending` after a failed execution: when the next one may begin. Of an order that waits for its price again: when
   * it is looked at again.
   */
  retryAt?: string;
  /** The pools used: `building` with the amounts expected, `confirmed` with those exchanged. */
  route?: LegView[];
  /** Counts from 0 without gaps. */
  seq: number;
  status: StatusName;
  timestamp: string;
  /** `routing` of an order that had waited: what fired it. */
  trigger?: TriggerView;
  /** The transaction's signature in base58. */
  txHash?: string;
}

/** The events of one order. */
export interface EventsAnswer {
  events: EventView[];
  orderId: string;
  status: StatusName;
  success: boolean;
}

/** How well lately accepted orders were executed. */
export interface ExecutionStatsAnswer {
  /** Whether these are all of them. Where there are too many, the newest were looked at. */
  complete: boolean;
  /** Each kind of pool. An execution through several kinds counts for each of them. */
  kinds: ExecutionView[];
  /** Orders accepted within so many minutes were looked at. */
  minutes: number;
  /** How many orders were looked at. */
  orders: number;
  success: boolean;
  total: ExecutionView;
}

/** Executions, counted together. What cannot be told of so few is null. */
export interface ExecutionView {
  /** What fills paid more than the best single pool had offered. */
  againstBestSingle: SpreadView | null;
  /** What fills paid more than was quoted; below zero where they paid less. */
  againstQuoted: SpreadView | null;
  /** Null where all are counted. */
  dex: VenueName | null;
  /** What fills and reverts paid in fees. */
  feeLamports: number;
  /** Fills among the transactions sent, in hundredths of a percent. */
  fillRateBps: number | null;
  fills: number;
  /** Fills that paid more than was quoted. */
  improved: number;
  /** How much more these paid, on average. */
  improvementBps: number | null;
  /** From the stored transaction to its stored confirmation. */
  landingMs: LandingTimes;
  /** The kind of pool; null where all are counted. */
  pool: PoolName | null;
  /** The part of it that fills paid beyond the fee for signatures. */
  priorityFeeLamports: number;
  /** Offers made by pools. */
  quotes: number;
  /** Reverts among the transactions sent. */
  revertRateBps: number | null;
  /** Transactions that landed and were rolled back. */
  reverts: number;
  /** Transactions sent. */
  sent: number;
  /** Decisions whose route uses such a pool. */
  wins: number;
}

/** Nothing was submitted in time. The end */
export interface ExpiredEvent {
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  orderId: string;
  /** `cancelled` and `expired`: why. */
  reason: string;
  /** Counts from 0 without gaps. */
  seq: number;
  status: "expired";
  timestamp: string;
}

/** No execution succeeded. The end */
export interface FailedEvent {
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  /** What went wrong, for people. */
  error: string;
  /** What went wrong, for programs. */
  errorCode: string;
  /** The same text as `error`. */
  errorReason: string;
  /** How the transaction fared that did not land, on `failed` and on `pending` after such an execution. */
  landing?: LandingView;
  orderId: string;
  /** Counts from 0 without gaps. */
  seq: number;
  status: "failed";
  timestamp: string;
}

/** What an order offers for its place in a block: a level, or a price in micro-lamports for each compute unit. */
export type FeeLevelName = "low" | "medium" | "high" | "urgent" | number;

export type FeedEvent = (PendingEvent | RoutingEvent | BuildingEvent | SubmittedEvent | ConfirmedEvent | FailedEvent | CancelledEvent | ExpiredEvent) & {
  /** To resume after this event */
  cursor: string;
};

/** A field and what is wrong with it. */
export interface FieldError {
  field: string;
  message: string;
}

/** A value that an instruction carries. */
export interface FieldView {
  name: string;
  /** As the program reads it: amounts are in base units. */
  value: string;
}

/** Sums over trades of a pair. Amounts are in the token, what they cost and brought in the quote. */
export interface FiguresView {
  bought: string;
  /** What `bought` cost. */
  cost: string;
  /** The average cost of the rest of `sold`. */
  costOfSold: string;
  feeLamports: number;
  fills: number;
  /** The part of it beyond the fee for signatures. */
  priorityFeeLamports: number;
  /** What `sold` brought. */
  proceeds: string;
  proceedsWithoutCost: string;
  /** `proceeds` less `proceedsWithoutCost` and `costOfSold`; fees and rent are not in it. */
  realised: string;
  rentPaidLamports: number;
  rentReturnedLamports: number;
  /** Transactions that were rolled back, and what they paid in fees beside `feeLamports`. */
  rolledBack: number;
  rolledBackFeeLamports: number;
  sold: string;
  /**
   * The part of `sold` that these trades had not bought: it came from outside the engine, or was bought for another
   * token. No profit is counted for it.
   */
  soldWithoutCost: string;
  /** Fills of before there were receipts: their fees are not known. */
  withoutReceipt: number;
}

/** What an order brought and cost, by the chain's word. */
export interface FillView {
  /** What was sold. */
  amountIn: string;
  /** What was received. */
  amountOut: string;
  /** Whose order it is; null for keys, which see their own alone. */
  client: string | null;
  clientOrderId: string | null;
  /** When the confirmation was recorded: fills are told in this order. */
  confirmedAt: string;
  /** Those of the largest leg. */
  dex: VenueName;
  executedPrice: string;
  /** Where people can look at the transaction; null for a chain that no explorer shows. */
  explorerUrl: string | null;
  orderId: string;
  orderType: string;
  pool: PoolName;
  /** Null for a fill of before there were receipts. */
  receipt: ReceiptView | null;
  /** Each leg with its real amounts. */
  route: LegView[];
  tokenIn: string;
  tokenInMint: string;
  tokenOut: string;
  tokenOutMint: string;
  /** The transaction's signature in base58. */
  txHash: string;
  /** The address of the wallet that paid, where it is known. */
  wallet: string | null;
}

/** A page of fills, oldest first. */
export interface FillsAnswer {
  /** Where to go on once there is more, also after the last page; null while nothing was ever told. */
  cursor: string | null;
  fills: FillView[];
  /** Where the next page begins; null where there is nothing more at this moment. */
  nextCursor: string | null;
  success: boolean;
}

/** A transaction that is worth a word. */
export interface FindingView {
  /** The same in words. */
  detail: string;
  /** `foreign`, `from_outside`, `taken`, `differs` or `contradicts`. */
  kind: string;
  /** The change of the wallet's lamports. */
  lamports: number;
  /** The order that names it. */
  orderId: string | null;
  /** The change that the order's receipt tells. */
  receiptLamports: number | null;
  signature: string;
  slot: number;
  /** What it did to tokens. */
  tokens?: TokenChangeView[];
}

/** The same of one token, in that token. */
export interface FlowView {
  /** Of SOL alone, as the next two; with those of transactions that were rolled back. */
  fees: string;
  /** What the chain says that the wallet holds now; for operators, where the chain answers. */
  held: string | null;
  /** What one leg of a route paid out and the next one did not take. */
  leftOver: string;
  mint: string;
  /** What is more in the wallet for all that; below zero where it is less. */
  net: string;
  /**
   * `held` less `net`: what did not come by the engine's transactions, but was there before them or was paid in or out
   * by others. It is exact while no transaction is under way.
   */
  outside: string | null;
  received: string;
  rentPaid: string;
  rentReturned: string;
  spent: string;
  token: string;
}

/** The greeting's fields, for clients. */
export interface Greeting {
  orderId: string;
  status: string;
  type: string;
}

/** Nothing is signed and nothing is sent. */
export interface HaltView {
  /** Who halted: `admin`, `loopback`, `signal`, or `engine` itself. */
  by: string;
  /** Why; operators alone are told. */
  reason: string | null;
  since: string;
}

/** The process lives. This says nothing about what the process depends on. */
export interface HealthAnswer {
  status: string;
  timestamp: string;
}

/** How much of one token the wallet's usual account holds. */
export interface HoldingView {
  amount: string;
  mint: string;
  /** Null where the token list has none for it. */
  symbol: string | null;
}

/** What it tells one program. */
export interface InstructionView {
  accounts: AccountUseView[];
  /** What the instruction says beside its accounts. */
  data: FieldView[];
  /** What it is asked for; `unknown` where that is not known. */
  name: string;
  /** The program's address. */
  program: string;
  /** What people call it; its address where it is not known. */
  programName: string;
}

/** Something that would stop a trade. */
export interface IssueView {
  /** For programs. Stable. */
  code: string;
  /** For people. */
  detail: string;
}

/** How long transactions took to land, in milliseconds. */
export interface LandingTimes {
  p50: number | null;
  p99: number | null;
}

/** How a transaction fared that did not land, or not yet. Whatever nobody can tell is null. */
export interface LandingView {
  /** The blocks in which it could have landed. */
  blocksLived: number | null;
  /** What it would have paid in fees. */
  feeLamports: number;
  /** Of a hundred blocks in which somebody paid to write its pools: those that its price would have sufficed for. */
  feePercentile: number | null;
  /**
   * The `errorCode` with which it was rolled back where it landed, in a block that is not final yet: it may land in
   * another one.
   */
  rolledBack: string | null;
  /** Sends that an endpoint took. */
  sendsTaken: number | null;
  /** The compute units that its last simulation used. */
  simulatedUnits: number | null;
  /** The compute units that it might have used. */
  unitLimit: number;
  /** What it offered for each compute unit, in micro-lamports. */
  unitPrice: number;
  /** What half of those blocks took at least for each compute unit. */
  usualUnitPrice: number | null;
}

/** Recent times from acceptance to confirmation; null while there is nothing to measure. */
export interface Latency {
  p50: number | null;
  p99: number | null;
}

/** A page of the ledger, oldest line first. */
export interface LedgerAnswer {
  entries: LedgerEntryView[];
  /** Where the next page begins; null on the last page. */
  nextCursor: string | null;
}

/** A transaction that landed. */
export interface LedgerEntryView {
  amountIn: string;
  /** `0` if the transaction was rolled back. */
  amountOut: string;
  dex: VenueName;
  height: number;
  landedAt: string;
  /** Whether the swap took effect. */
  ok: boolean;
  /** The order that it was made for; null where the engine knows none. */
  orderId: string | null;
  /** The transaction's signature in base58: the order's `txHash`. */
  signature: string;
  tokenIn: string;
  tokenOut: string;
}

/** An amount that stays in the wallet. */
export interface LeftoverView {
  amount: string;
  mint: string;
}

/** One pool's part of a route: expected until the order is confirmed, real from then on. */
export interface LegView {
  amountIn: string;
  amountOut: string;
  dex: VenueName;
  pool: PoolName;
  /** Null where it was not recorded, as by 0.1.0. */
  poolAddress: string | null;
  tokenIn: string;
  tokenOut: string;
}

/** A limit on what orders may spend. */
export interface LimitView {
  limit: string;
  /** `order` or `day`. */
  per: string;
  /** A symbol, a mint without one, `*` for every token not named, or `fees` for all else that leaves in lamports. */
  token: string;
  /**
   * What the last 24 h to 24 h 15 min have seen of it; null for an order's limit, and for `*`, after which each
   * token that it limits and that was sold is listed by itself.
   */
  used: string | null;
}

/** One of several wallets. */
export interface NamedWalletView {
  address: string;
  /** Whether a live worker has its key; null where nobody can tell. Without one its orders wait. */
  live: boolean | null;
  name: string;
}

/** What a swap's transaction does with native SOL. */
export type NativeSol = "wrapped_before_swap" | "unwrapped_after_swap";

/** One order. */
export interface OrderAnswer {
  order: OrderView;
  success: boolean;
}

/** A page of orders, newest first. */
export interface OrderListAnswer {
  /** Where the next page begins; null on the last page. */
  nextCursor: string | null;
  orders: OrderView[];
  success: boolean;
}

/** When an order executes. */
export type OrderTypeName = "market" | "limit" | "stop" | "take_profit" | "trailing_stop" | "sniper";

/** An order and what became of it. Unknown values are null. */
export interface OrderView {
  /** `trailing_stop`: the spot from which on it trails, if it is not the first one. */
  activationPrice: string | null;
  /** Null for an order that buys an exact amount, until it is confirmed: what it cost. */
  amountIn: string | null;
  amountOut: string | null;
  /** What the order buys, to the unit, if that is what the client asked for. */
  amountOutWanted: string | null;
  /** Executions that have ended, whether they succeeded or failed. */
  attempts: number;
  clientOrderId: string | null;
  createdAt: string;
  dex: VenueName | null;
  dexType: VenueName | null;
  /** Why a submitted order needs a person; null where it does not. */
  doubt: DoubtView | null;
  errorCode: string | null;
  /** Why the order failed. */
  errorReason: string | null;
  executedPrice: string | null;
  /** When the order expires if no transaction was submitted by then. */
  expiresAt: string | null;
  /** Where people can look at the transaction; null for a chain that no explorer shows. */
  explorerUrl: string | null;
  /** What the order offers for its place in a block, if the client said so. */
  feeLevel: FeeLevelName | null;
  /**
   * How the last transaction fared, where it did not land and that is why the execution failed. Of a submitted
   * order: how its transaction fares, where it is slow to land.
   */
  landing: LandingView | null;
  /** Why the last execution failed, while the order waits for its next one. */
  lastError: string | null;
  /** `limit`: the price at which the order executes, or a better one. */
  limitPrice: string | null;
  /** The most that such an order may cost: what the client named, or else what the slippage allows of the last quote. */
  maxAmountIn: string | null;
  /** `sniper`: what a pool may charge, in hundredths of a percent. */
  maxFeeBps: number | null;
  /** How far the order may move the price, if the client said so. */
  maxPriceImpactBps: number | null;
  /** The client's own minimum, if it named one. */
  minAmountOut: string | null;
  /** `sniper`: what a pool must hold of `tokenIn`. */
  minLiquidity: string | null;
  /** Whether native SOL is wrapped before the swap or unwrapped after it. */
  nativeSol: NativeSol | null;
  /** The orders of which one at most executes, if it belongs to such a group. */
  ocoGroup: string | null;
  orderId: string;
  orderType: string;
  pool: PoolName | null;
  /** The address of the pool that takes most of what is sold. */
  poolAddress: string | null;
  /**
   * How the last execution compares with what there was when its route was chosen. Told of one order at a time,
   * while it is building, submitted or confirmed; null in lists.
   */
  quality: QualityView | null;
  /** Why the order was cancelled or expired. */
  reason: string | null;
  /** What the transaction cost, where the chain tells it. */
  receipt: ReceiptView | null;
  /** `sniper`: whether nobody may be able to mint or freeze `tokenOut`. */
  requireRenounced: boolean | null;
  /** The pools used: the amounts are those expected until the order is confirmed. */
  route: LegView[] | null;
  /** The `seq` of the order's last event. */
  seq: number;
  /** Null for a limit order that names none: its price alone is its floor. */
  slippageBps: number | null;
  status: StatusName;
  tokenIn: string;
  /** The address of what is sold. */
  tokenInMint: string;
  tokenOut: string;
  /** The address of what is bought. */
  tokenOutMint: string;
  /** `trailing_stop`: how far below its highest the pair's spot must fall, in hundredths of a percent. */
  trailBps: number | null;
  /** `sniper`: what fires it. */
  triggerCondition: TriggerName | null;
  /** `stop` and `take_profit`: the price that fires the order. */
  triggerPrice: string | null;
  /** `sniper`: the price, or how many times the mean volume. */
  triggerValue: string | null;
  /** The transaction's signature in base58. */
  txHash: string | null;
  updatedAt: string;
  /** The venues the order may use. */
  venues: VenueName[];
  /** What the order waits for, if that is no worker's turn. */
  waiting: WaitingView | null;
  /** The address of the wallet that pays, where it is known. */
  wallet: string | null;
}

/** What was traded, and in what its cost and profit are counted. */
export interface PairView {
  /** The other token of the trades. */
  quote: string;
  quoteMint: string;
  token: string;
  tokenMint: string;
  /** False where neither is USDC, USDT or SOL: then the one with the lower address serves as quote. */
  usualQuote: boolean;
}

/** Accepted; on a retry, when it may begin */
export interface PendingEvent {
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  /** What went wrong, for people. */
  error?: string;
  /** How the transaction fared that did not land, on `failed` and on `pending` after such an execution. */
  landing?: LandingView;
  orderId: string;
  /**
   * `pending` after a failed execution: when the next one may begin. Of an order that waits for its price again: when
   * it is looked at again.
   */
  retryAt?: string;
  /** Counts from 0 without gaps. */
  seq: number;
  status: "pending";
  timestamp: string;
}

/** A ping as a message. */
export interface Ping {
  type: "ping";
}

/** The answer to it. */
export interface Pong {
  type: "pong";
}

/** The program on a venue that holds the pool. */
export type PoolName = "cpmm" | "amm_v4" | "damm_v2" | "dlmm";

/** What one pool offered, or why nothing. */
export interface PoolQuoteView {
  /** What it asks for an exact `amountOut`; absent where `amountIn` is exact. */
  amountIn?: string;
  /** After fee and price impact. */
  amountOut: string | null;
  dex: VenueName;
  /** Why there is no offer. */
  error: string | null;
  /** The pool's fee as a fraction of the amount traded. */
  fee: string | null;
  pool: PoolName;
  poolAddress: string | null;
  /** How much the order itself moves the pool's price, as a fraction. */
  priceImpact: string | null;
}

/** A pool, and whether an order may go there. */
export interface PoolView {
  /** What it holds of `tokenIn`, where that could be read. */
  depthIn: string | null;
  /** What it holds of `tokenOut`, where that could be read. */
  depthOut: string | null;
  dex: VenueName;
  /** The fee of a small swap, in hundredths of a percent, rounded up. */
  feeBps: number | null;
  pool: PoolName;
  poolAddress: string | null;
  /** What one `tokenIn` is worth in `tokenOut` before the fee. */
  price: string | null;
  /** Why no order goes there. */
  reason: string | null;
  /** The slot that shows it so. */
  slot: number;
  usable: boolean;
}

/** Every pool known of a pair. */
export interface PoolsAnswer {
  pools: PoolView[];
  success: boolean;
  /** `tokenIn` and `tokenOut`, where any pool was read. */
  tokens: TokenFactsView[] | null;
}

/** All trades of a pair by one wallet. */
export interface PositionView {
  /** `costOfHeld` / `held`, 18 significant digits, truncated; null where nothing is held. */
  averageCost: string | null;
  costOfHeld: string;
  figures: FiguresView;
  /** What is left of `bought`. */
  held: string;
  pair: PairView;
  /** Null where orders name none and none is known. */
  wallet: string | null;
}

/** A refusal (RFC 9457), with `success` and `error` for older clients. */
export interface Problem {
  /** The kind of problem, for programs. Stable. */
  code: "malformed_json" | "invalid_parameter" | "invalid_header" | "body_incomplete" | "bad_message" | "unauthorized" | "forbidden" | "not_found" | "order_not_found" | "method_not_allowed" | "client_order_id_taken" | "not_cancellable" | "not_waiting" | "oco_group_done" | "not_dead" | "not_submitted" | "transaction_known" | "body_too_large" | "unsupported_media_type" | "invalid_order" | "invalid_request" | "token_required" | "unknown_token" | "token_not_tradable" | "unknown_wallet" | "wallet_not_allowed" | "no_venue" | "exact_out_not_available" | "spend_limit" | "idempotency_key_reused" | "upgrade_required" | "rate_limited" | "too_many_open_orders" | "too_many_sockets" | "internal" | "store_unavailable" | "store_full" | "busy" | "outcome_unknown" | "queue_full" | "waiting_full" | "chain_unavailable" | "wallet_unavailable" | "trading_disabled" | "stopping";
  /** What is wrong with this request. */
  detail: string;
  /** The same text as `detail`. */
  error: string;
  /** The wrong fields. */
  errors?: FieldError[];
  /** The order that the refusal is about. */
  orderId?: string;
  /** The status of the order that the refusal is about. */
  orderStatus?: StatusName;
  /** The HTTP status. */
  status: number;
  /** Always false. */
  success: boolean;
  /** The kind of problem, for people. */
  title: string;
  /** A URI for the kind of problem: `urn:order-engine:problem:` and the code. */
  type: string;
}

/**
 * What an order's last execution was measured against, and how it compares. Differences are in hundredths of a percent,
 * to the nearest, and below zero where less was paid; they are null until the order is confirmed.
 */
export interface QualityView {
  /** What was paid more than the best single pool had offered. */
  againstBestSingleBps: number | null;
  /** What was paid more than the mid price gives. Fees and price impact make it less. */
  againstMidBps: number | null;
  /** What was paid more than was expected. */
  againstQuotedBps: number | null;
  /** What the best single pool would have paid for all of it; null if none made an offer. */
  bestSingle: SingleView | null;
  /** When the route was chosen. */
  decidedAt: string;
  expectedAmountOut: string;
  /** What the route was expected to pay more than the best single pool. */
  gainBps: number;
  /** Its price before the trade, without its fee. */
  midPrice: string | null;
  /** Every pool that competed, the best first. */
  quotes: PoolQuoteView[];
}

/** The queue's own entries. */
export interface QueueEntries {
  dead: number;
  delayed: number;
  /** Orders in the workers' hands at their last heartbeats. */
  inFlight: number;
  ready: number;
}

/** How long it may take until the order's turn. */
export interface QueueEstimate {
  etaMs: number;
  position: number;
}

/** How many orders wait and are executed. */
export interface QueueStats {
  /** Waiting for a due time. */
  delayed: number;
  /** Age of the oldest waiting order; 0 if none waits. */
  oldestMs: number;
  running: number;
  /** Pending, and due. */
  waiting: number;
}

/** One venue's offer, or why it makes none. */
export interface QuoteView {
  /** What it asks for an exact `amountOut`; absent where `amountIn` is exact. */
  amountIn?: string;
  /** After fee and price impact. */
  amountOut: string | null;
  dex: VenueName;
  /** Why there is no offer. */
  error: string | null;
  /** The venue's fee as a fraction of the amount traded. */
  fee: string | null;
  pool: PoolName | null;
  /** `amountOut` per `amountIn`. */
  price: string | null;
  /** How much the order itself moves the price, as a fraction. */
  priceImpact: string | null;
}

/** Every venue's offer, and what the engine would choose now. */
export interface QuotesAnswer {
  /**
   * What the route pays more than the mid price gives, in hundredths of a percent. Fees and price impact make it
   * less, so that it is below zero.
   */
  againstMidBps: number | null;
  /**
   * The venue that pays most by itself, for all of the amount; null if none makes an offer. Where the route is divided
   * over pools side by side: the venue of its largest leg, which need not pay most by itself. `bestSingle` always
   * names the single offer that pays most.
   */
  best: VenueName | null;
  /** What the best single pool would pay; null if none makes an offer. */
  bestSingle: SingleView | null;
  /** True in the answer to an order with `?dryRun=true`: nothing was stored. */
  dryRun?: boolean;
  /** Of an exact `amountOut`: what it would cost now. */
  expectedAmountIn?: string;
  expectedAmountOut: string | null;
  /** What the route pays more than the best single pool, in hundredths of a percent. */
  gainBps: number;
  /** What would stop the trade now. */
  issues: IssueView[];
  /** Of an exact `amountOut`: the most that it may cost. */
  maxAmountIn?: string;
  /** The best single pool's price before the trade, without its fee. */
  midPrice: string | null;
  minAmountOut: string | null;
  /** Every pool that competed, the best first; empty if none makes an offer. */
  pools: PoolQuoteView[];
  quotes: QuoteView[];
  /** The pools that an order would use now; empty if none makes an offer. */
  route: LegView[];
  success: boolean;
}

/** Whether requests should come here. */
export type Readiness = "ready" | "degraded" | "unavailable" | "stopping";

/** Whether the process can serve, and what it depends on. */
export interface ReadyAnswer {
  queue: DependencyState;
  status: Readiness;
  store: DependencyState;
}

/** What the chain says about an order's transaction. */
export interface ReceiptView {
  computeUnits: number | null;
  confirmedAt: string;
  /** When it was proved that a vanished transaction never lands again: nothing was swapped. */
  diedAt: string | null;
  /** All that the transaction paid in fees. */
  feeLamports: number;
  /** Null until the block is final. */
  finalizedAt: string | null;
  /** What a first leg paid out and a second did not take: it stays in the wallet. */
  leftover: LeftoverView[];
  /** The part of it beyond the fee for signatures. */
  priorityFeeLamports: number;
  /** Deposits for accounts that it opened. */
  rentPaidLamports: number;
  /** Deposits of accounts that it closed. */
  rentReturnedLamports: number;
  slot: number;
  /**
   * Since when the transaction is not found any more although it was confirmed: its block vanished before it was
   * final. Null again once it has landed once more.
   */
  vanishedAt: string | null;
}

/** What a comparison has come to of one token. Amounts are whole numbers of its smallest unit, as text. */
export interface ReconciledToken {
  /** What others paid in. */
  fromOutside: string;
  /** What the wallet's usual account held; null for a token that is compared from the next time on. */
  held: string | null;
  mint: string;
  /** By the engine's token list. */
  symbol: string | null;
  /** What neither receipts nor transfers explain. */
  unexplained: string;
}

/** What a comparison has come to. Lamports are whole numbers. */
export interface Reconciliation {
  address: string;
  /** Whether the chain could still tell everything; otherwise nobody can say what is not explained. */
  complete: boolean;
  /** Transactions that landed although their orders say that they did not. */
  contradicted: number;
  /** Whether nothing has to be looked at. */
  explained: boolean;
  /** What there is to say, oldest first, at most a hundred. */
  findings: FindingView[];
  /** Transactions that the wallet has signed and no order names: a leaked key's first sign. */
  foreign: number;
  /** What others paid in. */
  fromOutsideLamports: number;
  /** The slot from which on everything was compared; null the first time, which only notes what the wallet holds. */
  fromSlot: number | null;
  /** What the wallet held there. */
  lamports: number;
  /** Those of them that are orders'. */
  orders: number;
  success: boolean;
  /** The slot up to which it was, which is final. */
  toSlot: number;
  /** Tokens that the wallet holds or that moved. */
  tokens?: ReconciledToken[];
  /** Tokens that are too many to be compared. */
  tokensLeftOut?: number;
  /** Transactions that name the wallet. */
  transactions: number;
  /** Orders whose transaction has landed and is not recorded yet. */
  underWay: number;
  /** What neither receipts nor transfers explain. */
  unexplainedLamports: number;
  /** Transactions that the chain lists and tells no more of. */
  untold: number;
}

/** Events may have been missed. */
export interface Resync {
  type: "resync";
}

/** An execution begins: the venues are asked */
export interface RoutingEvent {
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  orderId: string;
  /** Counts from 0 without gaps. */
  seq: number;
  status: "routing";
  timestamp: string;
  /** `routing` of an order that had waited: what fired it. */
  trigger?: TriggerView;
}

/** What goes wrong from now on, and nothing else; `{}` = nothing. Chances are from 0 to 1. */
export interface SimFaults {
  /** A block that nobody has confirmed vanishes with all that was in it. */
  blockVanishes?: number;
  /** A few confirmed blocks that are not final vanish with all that was in them, whenever a block opens. */
  confirmedBlockVanishes?: number;
  /** `getBlockHeight` and `getEpochInfo` tell the slot in place of the height. */
  heightIsSlot?: boolean;
  /** A transaction lands in one of the last blocks in which it can. */
  landBeforeExpiry?: number;
  /** A transaction lands some blocks later than usual. */
  landLate?: number;
  /** A call is refused because the node is behind (-32005). */
  nodeBehind?: number;
  /** Nothing is answered at all. */
  outage?: boolean;
  /** Reads show the chain as it was so many slots ago. */
  readLagSlots?: number;
  /** A transaction is taken, and nobody is told. */
  replyLost?: number;
  /** A transaction is taken and forgotten. */
  sendDropped?: number;
  /** A subscriber's socket is closed when there is news for it. */
  socketDrops?: number;
  /** A call gets no answer in time. */
  timeOut?: number;
  /** A call is refused with HTTP 429 and a Retry-After. */
  tooManyRequests?: number;
  /** `getTransaction` answers null for so long after a status is known. */
  transactionNullMs?: number;
  /** A call is refused with HTTP 503. */
  unavailable?: number;
}

/** The faults that hold now. */
export interface SimFaultsSet {
  faults: SimFaults;
  success: boolean;
}

/** A token is born with its pool. */
export interface SimLaunch {
  /** 6 where absent. */
  decimals?: number;
  /** The pool's venue. */
  dex: VenueName;
  /** How long the starting fee falls to the usual one, from the pool's opening on; a minute where absent. */
  feeFallsInMs?: number;
  /** Whether somebody can freeze the accounts of those who buy it; false where absent. */
  freezeAuthority?: boolean;
  /** How much of the supply its maker keeps and can sell into the pool, in percent; 20 where absent. */
  heldPercent?: number;
  /** How much SOL the pool begins with; needed unless the token is born alone: a decimal string, or a number whose digits are taken as written. */
  liquiditySol?: DecimalText;
  /** The token that was born alone, whose pool is opened now; its decimals and authorities are what they are. */
  mint?: string;
  /** Whether somebody can make more of it; false where absent. */
  mintAuthority?: boolean;
  /**
   * Whether the token is born alone, and its pool is opened by another call that names its `mint`. `poolAddress` says
   * where that will stand.
   */
  mintOnly?: boolean;
  /** From when on the pool can be used; 0 where absent. */
  openInMs?: number;
  /** The pool's program, one of the venue's. */
  pool: PoolName;
  /** What a `damm_v2` pool charges at first, in hundredths of a percent; where absent the usual 30. */
  startingFeeBps?: number;
  /**
   * What people call it, 1 to 12 letters and digits. It stands in the audit log; everywhere else the token is named
   * by its mint, because the token list has no entry for it.
   */
  symbol?: string;
}

/** The token that was born. */
export interface SimLaunched {
  mint: string;
  poolAddress: string;
  success: boolean;
}

/** Somebody else trades: the price moves. */
export interface SimTrade {
  /** How much of it: a decimal string, or a number whose digits are taken as written. */
  amount: DecimalText;
  /** The pool's address. */
  pool: string;
  /** What is sold: a symbol or a mint's address. */
  tokenIn: string;
}

/** The swap landed. */
export interface SimTraded {
  /** Its transaction's signature in base58. */
  signature: string;
  success: boolean;
}

/** One pool's offer for a whole amount. */
export interface SingleView {
  /** What it asks for an exact `amountOut`; absent where `amountIn` is exact. */
  amountIn?: string;
  amountOut: string;
  dex: VenueName;
  pool: PoolName;
  poolAddress: string | null;
}

/** How much more fills paid than something else, in hundredths of a percent. */
export interface SpreadView {
  meanBps: number;
  /** Half of the fills paid this or more. */
  p50Bps: number;
  /** 95 of 100 fills paid this or more. */
  p95Bps: number;
}

/** What the whole cluster is doing, at most a second old. */
export interface StatsAnswer {
  byStatus: ByStatus;
  /** The halt that stands, if one does: nothing is signed and nothing is sent. */
  halted: HaltView | null;
  latencyMs: Latency;
  /** Whether operators have paused the engine. */
  paused: boolean;
  queue: QueueStats;
  success: boolean;
  throughput: Throughput;
  /** Pending orders that wait for a condition, and are not in the queue. */
  waiting: WaitingStats;
  workers: WorkerView[];
}

/** Where an order stands. The last four are ends. */
export type StatusName = "pending" | "routing" | "building" | "submitted" | "confirmed" | "failed" | "cancelled" | "expired";

/** An order. Amounts are strings or JSON numbers, taken exactly as written. */
export interface SubmitOrder {
  /** `trailing_stop`: trail only once the spot is at or above this price. */
  activationPrice?: DecimalText;
  /** How much of `tokenIn` to swap. This or `amountIn`. */
  amount?: DecimalText;
  /** The same as `amount`. */
  amountIn?: DecimalText;
  /** Instead of an amount of `tokenIn`: how much of `tokenOut` to buy, to the unit. For market orders. */
  amountOut?: DecimalText;
  /** Your own name for the order, unique for ever. */
  clientOrderId?: string;
  /** Venues the order must not use. */
  excludeVenues?: VenueName[];
  /** What the order offers for its place in a block; absent: what the engine is set to. */
  feeLevel?: FeeLevelName;
  /**
   * `limit`: the worst price, in `tokenOut` for one `tokenIn`. The order executes at this price or better, and never
   * at a worse one.
   */
  limitPrice?: DecimalText;
  /** The most that `amountOut` may cost, in `tokenIn`; absent: what the slippage allows of the quote. */
  maxAmountIn?: DecimalText;
  /** `sniper`: the most that a pool may charge for the amount when the order fires, in hundredths of a percent. */
  maxFeeBps?: number;
  /**
   * How far the order may move the price of its pool, in hundredths of a percent; the engine's own limit holds as
   * well.
   */
  maxPriceImpactBps?: number;
  /**
   * The least of `tokenOut` that you accept; the minimum that follows from slippage holds as
   * well.
   */
  minAmountOut?: DecimalText;
  /** `sniper`: how much of `tokenIn` a pool must hold. */
  minLiquidity?: DecimalText;
  /**
   * Your name for a group of waiting orders, at most 20. At most one of them executes at a time, and once one is
   * confirmed the others are cancelled.
   */
  ocoGroup?: string;
  orderType?: OrderTypeName;
  /** `sniper`: whether nobody may be able to mint or freeze `tokenOut` any more. */
  requireRenounced?: boolean;
  /** Slippage as a fraction. */
  slippage?: number;
  /**
   * Slippage in basis points; at most one of the three may be given. The default is 50, 200 for a `stop` and a
   * `trailing_stop`, and none for a `limit`, whose price is its floor.
   */
  slippageBps?: number;
  /** Slippage in percent. */
  slippageTolerance?: number;
  /** Symbol (any case) or mint address. Both tokens absent: `SOL` to `USDC`. */
  tokenIn?: string;
  /** Symbol (any case) or mint address, other than `tokenIn`. */
  tokenOut?: string;
  /**
   * `trailing_stop`: how far the pair's spot must fall below its highest since the order was accepted, in hundredths of
   * a percent.
   */
  trailBps?: number;
  /** `sniper`: what fires it; `pool_created` where it is absent. */
  triggerCondition?: TriggerName;
  /** `stop` and `take_profit`: the price that fires the order, in `tokenOut` for one `tokenIn`. */
  triggerPrice?: DecimalText;
  /**
   * `sniper`: for `price_above` and `price_below` a price in `tokenOut` for one `tokenIn`, for `volume_spike` how many
   * times the last hour's mean per minute.
   */
  triggerValue?: DecimalText;
  /** The same as `orderType`. */
  type?: OrderTypeName;
  /** The order expires if no transaction was submitted by then. */
  validForSeconds?: number;
  /** The venues the order may use. */
  venues?: VenueName[];
  /**
   * The wallet that pays, by its name or address; absent: the client's own, or the engine's first that is nobody's
   * own. It stays the order's wallet for ever.
   */
  wallet?: string;
}

/** The transaction is stored; it is sent after this event */
export interface SubmittedEvent {
  /**
   * The execution this event belongs to, counted from 1; a `pending` event belongs to the next
   * one.
   */
  attempt: number;
  dex: VenueName;
  orderId: string;
  /** Counts from 0 without gaps. */
  seq: number;
  status: "submitted";
  timestamp: string;
  /** The transaction's signature in base58. */
  txHash: string;
}

/** How many orders end. */
export interface Throughput {
  /** Orders that ended within the last minute. */
  lastMinute: number;
}

/** What a transaction did to a token of the wallet, in its smallest unit. */
export interface TokenChangeView {
  change: string;
  mint: string;
  /** The change that the order's receipt tells, if that is another one. */
  receipt: string | null;
  /** By the engine's token list. */
  symbol: string | null;
}

/** What must be known of a token before it is traded. */
export interface TokenFactsView {
  decimals: number;
  /** Whether somebody may freeze the accounts of those who hold it. */
  freezable: boolean;
  mint: string;
  /** Why it is not traded; null where it is. */
  notTradable: string | null;
  /** The program that the mint belongs to: `token` or `token_2022`. */
  program: string;
  /** Null where the token list has none for it. */
  symbol: string | null;
  /** What the token program keeps of each transfer now, in hundredths of a percent; quotes count it. */
  transferFeeBps: number;
}

/** A token that can be traded. */
export interface TokenView {
  decimals: number;
  mint: string;
  name: string;
  /** The program that the mint belongs to: `token` or `token_2022`. */
  program: string;
  symbol: string;
}

/** Every listed token. */
export interface TokensAnswer {
  success: boolean;
  tokens: TokenView[];
}

/** What an order's newest transaction told the chain's programs. */
export interface TransactionAnswer {
  /** Why it was rolled back; null where it took effect. */
  error: string | null;
  instructions: InstructionView[];
  orderId: string;
  /** In base58: the order's `txHash`. */
  signature: string;
  slot: number;
  success: boolean;
}

/** What fires a sniper. */
export type TriggerName = "pool_created" | "price_above" | "price_below" | "volume_spike";

/** What was seen when an order fired. */
export interface TriggerView {
  /** What the order's own amount would have been sold at. */
  price: string;
  /** The slot of the pools that it was read from. */
  slot: number;
  time: string;
}

/** Why nobody can prove a transaction dead. */
export interface UnprovableView {
  reason: string;
  since: string;
}

/** A decentralised exchange. */
export type VenueName = "raydium" | "meteora";

/** What there is to wait for. */
export type WaitingFor = "resume" | "wallet" | "signature" | "price" | "pool" | "volume";

/** How many orders wait for what. */
export interface WaitingStats {
  /** A pool. */
  pool: number;
  /** A price. */
  price: number;
  /** A volume. */
  volume: number;
}

/** What an order waits for. */
export interface WaitingView {
  /**
   * `price`: what the order's own amount would be sold at now, or the pair's spot for a trailing stop; absent where
   * that is not known.
   */
  best?: string;
  /** When `best` was read, and from the pools of which slot. */
  checkedAt?: string;
  /** `price`: on which side of its price the order fires. */
  condition?: ConditionName;
  /** In one sentence. */
  detail: string;
  /**
   * `price`: how far `best` is from `price`, in hundredths of a percent of `price`; 0 or less where the condition
   * holds.
   */
  distanceBps?: number;
  for: WaitingFor;
  mean?: string;
  /** `price`: how the price is looked at. */
  mode?: WatchMode;
  /** `volume`: what is missing of a mean; absent where there is one. */
  needs?: string;
  /** When the first pool opens that a sniper may use then. */
  opensAt?: string;
  /**
   * `price`: the price that it waits for. Of a trailing stop that which its highest has led to, or the one that
   * activates it; absent where neither is known.
   */
  price?: string;
  slot?: number;
  /** `volume`: how much of `tokenIn` the running minute has moved, and the mean of the last hour's minutes. */
  volume?: string;
}

/** The wallet and what it holds, at most two seconds old. */
export interface WalletAnswer {
  address: string;
  cluster: string;
  /** Native SOL. */
  lamports: number;
  /** What may be spent, and what was. */
  limits: LimitView[];
  /** `sim` or `live`. */
  mode: string;
  /** What the wallet is called, where there are several. */
  name?: string;
  success: boolean;
  tokens: HoldingView[];
  /** `enabled`, `halted`, or `disabled`: what gateways may take in is not enabled. */
  trading: string;
  /** All wallets, where there are several. */
  wallets?: NamedWalletView[];
}

/** What a wallet took in and gave away by the engine's transactions. */
export interface WalletBooksView {
  tokens: FlowView[];
  wallet: string | null;
}

/** How a price is looked at. */
export type WatchMode = "subscription" | "polling";

/** An event with its order. */
export type WebhookData = EventView & {
  /** The order as this event left it, not as it is when the webhook is sent. */
  order: OrderView;
};

/** The body of a webhook. It is the same for every try. */
export interface WebhookView {
  data: WebhookData;
  /** When the event was recorded. */
  timestamp: string;
  /** `order.` and the status of the event. */
  type: string;
}

/** A live worker. */
export interface WorkerView {
  host: string;
  id: string;
  running: number;
  seenAt: string;
  slots: number;
  startedAt: string;
  version: string;
}

/** A token for `?token=`, for clients that cannot set headers. */
export interface WsToken {
  expiresAt: string | null;
  success: boolean;
  /** Null if the engine has no keys: then no token is needed. */
  token: string | null;
}

/** What happened to an order. Its `status` tells which fields it has. */
export type OrderEvent = PendingEvent | RoutingEvent | BuildingEvent | SubmittedEvent | ConfirmedEvent | FailedEvent | CancelledEvent | ExpiredEvent;

/** Why the engine refuses a call. */
export type ProblemCode = Problem["code"];

/** The version of the engine whose documents these types are made from. */
export const VERSION: string;

/** Fields of an order whose digits are taken as written: always strings here. */
export const DECIMAL_FIELDS: readonly string[];

/** The statuses that end an order. */
export const ENDS: readonly StatusName[];

/** What to do about each refusal. */
export const ADVICE: Readonly<Record<ProblemCode, string>>;
