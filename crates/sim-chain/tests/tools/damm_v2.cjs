// Swaps with @meteora-ag/cp-amm-sdk, against the node at the URL given.
const assert = require('node:assert/strict');
const BN = require('bn.js');
const { sendAndConfirmTransaction } = require('@solana/web3.js');
const { TOKEN_2022_PROGRAM_ID, getMint } = require('@solana/spl-token');
const { CpAmm, SwapMode, getCurrentPoint, getTokenProgram } = require('@meteora-ag/cp-amm-sdk');
const { connection, run, swap, trade, wallet } = require('./trader.cjs');

const amm = new CpAmm(connection);

async function findPool(one, other) {
  const pools = await amm.fetchPoolStatesByTokenMint(one);
  const found = pools.filter(({ account }) =>
    account.tokenAMint.equals(other) || account.tokenBMint.equals(other));
  assert.equal(found.length, 1);
  return found[0].publicKey;
}

// What the SDK must know of a mint that keeps a part of transfers.
async function tokenInfo(mint) {
  const { owner } = await connection.getAccountInfo(mint);
  if (!owner.equals(TOKEN_2022_PROGRAM_ID)) return undefined;
  const { epoch } = await connection.getEpochInfo();
  return { mint: await getMint(connection, mint, 'confirmed', owner), currentEpoch: epoch };
}

async function quoteOf(poolState, mintIn, mintOut, wanted) {
  const [tokenA, tokenB] = await Promise.all([
    getMint(connection, poolState.tokenAMint, 'confirmed', getTokenProgram(poolState.tokenAFlag)),
    getMint(connection, poolState.tokenBMint, 'confirmed', getTokenProgram(poolState.tokenBFlag)),
  ]);
  return amm.getQuote2({
    ...wanted,
    poolState,
    inputTokenMint: mintIn,
    slippage: 0,
    currentPoint: await getCurrentPoint(connection, poolState.activationType),
    inputTokenInfo: await tokenInfo(mintIn),
    outputTokenInfo: await tokenInfo(mintOut),
    tokenADecimal: tokenA.decimals,
    tokenBDecimal: tokenB.decimals,
    hasReferral: false,
  });
}

function accountsOf(trader, pool, poolState, mintIn, mintOut) {
  return {
    pool,
    poolState,
    payer: trader.publicKey,
    inputTokenMint: mintIn,
    outputTokenMint: mintOut,
    tokenAMint: poolState.tokenAMint,
    tokenBMint: poolState.tokenBMint,
    tokenAVault: poolState.tokenAVault,
    tokenBVault: poolState.tokenBVault,
    tokenAProgram: getTokenProgram(poolState.tokenAFlag),
    tokenBProgram: getTokenProgram(poolState.tokenBFlag),
    referralTokenAccount: null,
  };
}

// An exact amount in goes by all three ways that the SDK has for it.
async function tradeOnce(trader, name, mintIn, mintOut, { amountIn, amountOut }) {
  if (amountIn === undefined) {
    const wanted = { swapMode: SwapMode.ExactOut, amountOut: new BN(amountOut.toString()) };
    await tradeBy(trader, name, mintIn, mintOut, wanted);
    return;
  }
  const part = new BN((amountIn / 3n).toString());
  for (const swapMode of [SwapMode.ExactIn, SwapMode.PartialFill, undefined]) {
    await tradeBy(trader, name, mintIn, mintOut, { swapMode, amountIn: part });
  }
}

// Without a mode by the instruction that knows only one.
async function tradeBy(trader, name, mintIn, mintOut, { swapMode, ...wanted }) {
  const pool = await findPool(mintIn, mintOut);
  const poolState = await amm.fetchPoolState(pool);
  const asked = { swapMode: swapMode ?? SwapMode.ExactIn, ...wanted };
  const quote = await quoteOf(poolState, mintIn, mintOut, asked);
  // The SDK counts transfer fees in its limits only; without slippage these are what it expects.
  const limits = wanted.amountIn
    ? { minimumAmountOut: quote.minimumAmountOut }
    : { maximumAmountIn: quote.maximumAmountIn };
  const accounts = accountsOf(trader, pool, poolState, mintIn, mintOut);
  const transaction = swapMode === undefined
    ? await amm.swap({ ...wanted, ...limits, ...accounts })
    : await amm.swap2({ ...asked, ...limits, ...accounts });
  await swap({
    name: `${name}, mode ${swapMode}`,
    owner: trader.publicKey,
    mintIn,
    mintOut,
    spends: wanted.amountIn ?? quote.maximumAmountIn,
    receives: wanted.amountOut ?? quote.minimumAmountOut,
    send: () => sendAndConfirmTransaction(connection, transaction, [trader]),
  });
}

run(async () => {
  const trader = await wallet();
  await trade(trader.publicKey, 'DAMM v2', ['USDC', 'PYUSD'], tradeOnce.bind(null, trader));
});
