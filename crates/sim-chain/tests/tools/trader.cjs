// Somebody who trades with an SDK: a wallet, what it holds, and whether a swap moved what was expected. Started with the
// URL of a node and how often to trade.
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { Connection, Keypair, LAMPORTS_PER_SOL, PublicKey } = require('@solana/web3.js');
const { NATIVE_MINT, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } = require('@solana/spl-token');

const MINTS = {
  SOL: NATIVE_MINT,
  USDC: new PublicKey('EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'),
  JUP: new PublicKey('JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN'),
  BONK: new PublicKey('DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263'),
  // Of Token-2022, with a transfer fee.
  PYUSD: new PublicKey('2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo'),
};

const connection = new Connection(process.argv[2], 'confirmed');
const rounds = Number(process.argv[3]);

// What a wallet begins with, and the most that it pays at once.
const WEALTH = 500_000 * LAMPORTS_PER_SOL;
const SPENT_MAX = 5_000n * BigInt(LAMPORTS_PER_SOL);

async function confirm(signature, commitment = 'confirmed') {
  const latest = await connection.getLatestBlockhash();
  const result = await connection.confirmTransaction({ signature, ...latest }, commitment);
  assert.equal(result.value.err, null);
}

async function wallet() {
  const keypair = Keypair.generate();
  await confirm(await connection.requestAirdrop(keypair.publicKey, WEALTH));
  return keypair;
}

// All that is the wallet's, by mint. Of SOL what its token accounts hold is a part, wrapped or as their rent.
async function holdings(owner) {
  const held = new Map();
  const add = (mint, amount) => held.set(mint, (held.get(mint) ?? 0n) + BigInt(amount));
  add(MINTS.SOL.toBase58(), await connection.getBalance(owner));
  for (const programId of [TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID]) {
    const { value } = await connection.getParsedTokenAccountsByOwner(owner, { programId });
    for (const { account } of value) {
      const { mint, tokenAmount, isNative } = account.data.parsed.info;
      add(MINTS.SOL.toBase58(), account.lamports);
      if (!isNative) add(mint, tokenAmount.amount);
    }
  }
  return held;
}

async function landed(signature) {
  for (;;) {
    const found = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    if (found) return found;
  }
}

// Sends a swap, and compares what it moved with what the SDK said. `send` gives the signature; `spendsMore` is by how
// many units the SDK is known to promise too little of what is spent.
async function swap({ name, owner, mintIn, mintOut, spends, spendsMore = 0n, receives, send }) {
  const before = await holdings(owner);
  const signature = await send();
  await confirm(signature);
  const { meta } = await landed(signature);
  assert.equal(meta.err, null, name);
  const after = await holdings(owner);

  const moved = (mint) => {
    const key = mint.toBase58();
    const change = (after.get(key) ?? 0n) - (before.get(key) ?? 0n);
    return mint.equals(MINTS.SOL) ? change + BigInt(meta.fee) : change;
  };
  console.log(`${name}: quoted ${spends} -> ${receives}, moved ${-moved(mintIn)} -> ${moved(mintOut)}`);
  const more = -moved(mintIn) - BigInt(spends);
  assert.ok(more >= 0n && more <= spendsMore, `${name}: it spends ${more} units more`);
  assert.equal(moved(mintOut), BigInt(receives), `${name}: what it receives`);
}

// What is paid in a round: from a ten-thousandth to all of the most, small amounts as often as large ones, and the
// same in every run.
function spentIn(seed) {
  const bits = createHash('sha256').update(seed).digest().readUInt32LE();
  const millionths = 1e6 / 10 ** ((4 * bits) / 2 ** 32);
  return (SPENT_MAX * BigInt(Math.round(millionths))) / 1_000_000n;
}

// Buys tokens with SOL and sells them, with exact amounts in and out, as often as was asked.
async function trade(owner, program, symbols, once) {
  for (let round = 0; round < rounds; round += 1) {
    for (const symbol of symbols) {
      const mint = MINTS[symbol];
      const [there, back] = [`${program}, SOL to ${symbol}`, `${program}, ${symbol} to SOL`];
      const spent = spentIn(`${program} ${symbol} ${round}`);
      await once(`${there}, exact in`, MINTS.SOL, mint, { amountIn: spent });
      const bought = (await holdings(owner)).get(mint.toBase58());
      await once(`${back}, exact in`, mint, MINTS.SOL, { amountIn: bought / 3n });
      await once(`${back}, exact out`, mint, MINTS.SOL, { amountOut: spent / 7n });
      await once(`${there}, exact out`, MINTS.SOL, mint, { amountOut: bought / 11n });
    }
  }
}

function run(main) {
  main().then(
    () => { console.log('all done'); process.exit(0); },
    (error) => { console.error(error); process.exit(1); },
  );
}

module.exports = { MINTS, confirm, connection, run, swap, trade, wallet };
