// The engine as it is usually built in Node: Fastify takes orders, BullMQ queues them, a worker in the same
// process walks them through their life, pg stores, ws tells. It exists to be measured beside ours: the same
// calls, the same events, nothing slowed down on purpose.
//
//   DATABASE_URL, REDIS_URL   where to store and to queue; required
//   PORT                      0 takes a free one; the address is printed
//   STORE                     `every`: each step is a row of its own. `two`: only the first and the last are
//   SIMULATE=1                the sleeps and the limiter such engines have; without it there are none
//   CONCURRENCY               orders in execution at once
import Fastify from 'fastify';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { WebSocketServer } from 'ws';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const env = process.env;
const storesEveryStep = env.STORE !== 'two';
const simulates = env.SIMULATE === '1';
const concurrency = Number(env.CONCURRENCY ?? 50);
const QUEUE = 'orders';
const TOKENS = new Set(['SOL', 'USDC', 'USDT', 'BONK', 'JUP', 'RAY']);
const PRICES = { SOL: 150, USDC: 1, USDT: 1, BONK: 0.000025, JUP: 0.85, RAY: 2.4 };

const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 20 });
await pool.query(`
  create table if not exists orders (
    id uuid primary key, token_in text not null, token_out text not null, amount numeric not null,
    slippage_bps int not null, status text not null, dex text, tx_hash text, executed_price numeric,
    amount_out numeric, error text, created_at timestamptz not null default now(),
    updated_at timestamptz not null default now());
  create table if not exists order_events (
    order_id uuid not null, seq int not null, status text not null, data jsonb not null,
    at timestamptz not null default now(), primary key (order_id, seq));`);

const connection = { url: env.REDIS_URL, maxRetriesPerRequest: null };
const queue = new Queue(QUEUE, { connection });
const publisher = new Redis(env.REDIS_URL);
const subscriber = new Redis(env.REDIS_URL);
let confirmed = 0;

// ---- events: stored, then published; sockets of this process hear them over Redis ----

const watchers = new Map();
await subscriber.subscribe('order-events');
subscriber.on('message', (_, text) => {
  const { orderId, status } = JSON.parse(text);
  for (const socket of watchers.get(orderId) ?? []) {
    socket.send(text);
    if (status === 'confirmed' || status === 'failed') socket.close(1000);
  }
});

async function step(order, seq, status, data = {}) {
  const event = { orderId: order.id, seq, status, timestamp: new Date().toISOString(), ...data };
  const isEdge = seq === 0 || status === 'confirmed' || status === 'failed';
  if (storesEveryStep && seq > 0) {
    await pool.query('insert into order_events (order_id, seq, status, data) values ($1, $2, $3, $4)', [order.id, seq, status, event]);
    await pool.query(
      `update orders set status = $2, dex = coalesce($3, dex), tx_hash = coalesce($4, tx_hash), executed_price = $5,
       amount_out = $6, error = $7, updated_at = now() where id = $1`,
      [order.id, status, data.dex, data.txHash, data.executedPrice, data.amountOut, data.error]);
  } else if (isEdge && seq > 0) {
    await pool.query(
      `update orders set status = $2, dex = $3, tx_hash = $4, executed_price = $5, amount_out = $6, error = $7,
       updated_at = now() where id = $1`,
      [order.id, status, data.dex, data.txHash, data.executedPrice, data.amountOut, data.error]);
  }
  await publisher.publish('order-events', JSON.stringify(event));
}

// ---- the worker ----

async function quote(dex, order) {
  if (simulates) await sleep(200 + Math.random() * 100);
  const spread = dex === 'raydium' ? 0.98 + Math.random() * 0.04 : 0.97 + Math.random() * 0.05;
  const fee = dex === 'raydium' ? 0.003 : 0.002;
  const price = (PRICES[order.tokenIn] / PRICES[order.tokenOut]) * spread * (1 - fee);
  return { dex, price, fee, amountOut: order.amount * price };
}

async function execute({ data: order }) {
  await step(order, 1, 'routing');
  const quotes = await Promise.all([quote('raydium', order), quote('meteora', order)]);
  const best = quotes.reduce((a, b) => (a.amountOut >= b.amountOut ? a : b));
  await step(order, 2, 'building', { dex: best.dex, quotes });
  const txHash = randomBytes(64).toString('base64url');
  await step(order, 3, 'submitted', { dex: best.dex, txHash });
  if (simulates) await sleep(2000 + Math.random() * 1000);
  await step(order, 4, 'confirmed', { dex: best.dex, txHash, executedPrice: best.price, amountOut: best.amountOut });
  confirmed += 1;
}

const worker = new Worker(QUEUE, execute, {
  connection,
  concurrency,
  ...(simulates ? { limiter: { max: 100, duration: 60_000 } } : {}),
});
worker.on('error', (error) => console.error(error.message));

// ---- the API ----

const app = Fastify({ logger: false, ajv: { customOptions: { allowUnionTypes: true } } });
const body = {
  type: 'object',
  required: ['tokenIn', 'tokenOut', 'amount'],
  properties: {
    tokenIn: { type: 'string' },
    tokenOut: { type: 'string' },
    amount: { type: ['string', 'number'] },
    slippageBps: { type: 'integer', minimum: 0, maximum: 5000 },
  },
};

app.post('/api/orders/execute', { schema: { body } }, async (request, reply) => {
  const { tokenIn, tokenOut, slippageBps = 50 } = request.body;
  const amount = Number(request.body.amount);
  if (!(amount > 0) || tokenIn === tokenOut || !TOKENS.has(tokenIn) || !TOKENS.has(tokenOut)) {
    return reply.code(422).send({ success: false, error: 'invalid order' });
  }
  const order = { id: randomUUID(), tokenIn, tokenOut, amount, slippageBps };
  await pool.query(
    "insert into orders (id, token_in, token_out, amount, slippage_bps, status) values ($1, $2, $3, $4, $5, 'pending')",
    [order.id, tokenIn, tokenOut, amount, slippageBps]);
  if (storesEveryStep) {
    await pool.query("insert into order_events (order_id, seq, status, data) values ($1, 0, 'pending', $2)", [order.id, order]);
  }
  await step(order, 0, 'pending');
  await queue.add('execute', order, {
    jobId: order.id, attempts: 3, backoff: { type: 'exponential', delay: 1000 },
    removeOnComplete: true, removeOnFail: 1000,
  });
  return reply.code(201).send({
    success: true, orderId: order.id, status: 'pending', message: 'Order created and queued for execution',
    wsUrl: `ws://${request.headers.host}/api/orders/execute?orderId=${order.id}`,
  });
});

app.get('/api/orders/:id', async (request, reply) => {
  const { rows } = await pool.query('select * from orders where id = $1', [request.params.id]);
  return rows.length ? { success: true, order: rows[0] } : reply.code(404).send({ success: false, error: 'not found' });
});
app.get('/ready', async () => ({ status: 'ready' }));
app.get('/metrics', async (_, reply) => {
  reply.type('text/plain');
  return `orders_ended_total{outcome="confirmed",venue="any"} ${confirmed}\n`;
});
app.post('/api/admin/pause', async () => { await queue.pause(); return { success: true, paused: true }; });
app.post('/api/admin/resume', async () => { await queue.resume(); return { success: true, paused: false }; });

const sockets = new WebSocketServer({ noServer: true });
app.server.on('upgrade', (request, socket, head) => {
  const orderId = new URL(request.url, 'http://localhost').searchParams.get('orderId');
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const set = watchers.get(orderId) ?? new Set();
    watchers.set(orderId, set.add(ws));
    ws.send(JSON.stringify({ type: 'connected', status: 'connected', orderId }));
    ws.on('close', () => {
      set.delete(ws);
      if (!set.size) watchers.delete(orderId);
    });
  });
});

await app.listen({ host: '127.0.0.1', port: Number(env.PORT ?? 0) });
console.log(`listening on http://127.0.0.1:${app.server.address().port}`);
