// Swaps with @meteora-ag/cp-amm-sdk, against the node at the URL given.
const assert = require('node:assert/strict');
const BN = require('bn.js');
const { sendAndConfirmTransaction } = require('@solana/web3.js');
const { TOKEN_2022_PROGRAM_ID, getMint } = require('@solana/spl-token');
const { CpAmm, SwapMode, getCurrentPoint, getTokenProgram } = require('@meteora-ag/cp-amm-sdk');
const { MINTS, connection, run, swap, wallet } = require('./trader.cjs');

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

async function trade(trader, name, mintIn, mintOut, wanted) {
  const pool = await findPool(mintIn, mintOut);
  const poolState = await amm.fetchPoolState(pool);
  const quote = await quoteOf(poolState, mintIn, mintOut, wanted);
  const isExactIn = wanted.swapMode === SwapMode.ExactIn;
  // The SDK counts transfer fees in its limits only; without slippage these are what it expects.
  const limits = isExactIn
    ? { minimumAmountOut: quote.minimumAmountOut }
    : { maximumAmountIn: quote.maximumAmountIn };
  const transaction = await amm.swap2({
    ...wanted,
    ...limits,
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
  });
  await swap({
    name: `DAMM v2, ${name}`,
    owner: trader.publicKey,
    mintIn,
    mintOut,
    spends: isExactIn ? wanted.amountIn : quote.maximumAmountIn,
    receives: isExactIn ? quote.minimumAmountOut : wanted.amountOut,
    send: () => sendAndConfirmTransaction(connection, transaction, [trader]),
  });
}

const exactIn = (amount) => ({ swapMode: SwapMode.ExactIn, amountIn: new BN(amount) });
const exactOut = (amount) => ({ swapMode: SwapMode.ExactOut, amountOut: new BN(amount) });

run(async () => {
  const trader = await wallet();
  const { SOL, USDC, PYUSD } = MINTS;
  await trade(trader, 'SOL to USDC, exact in', SOL, USDC, exactIn('123456789012'));
  await trade(trader, 'USDC to SOL, exact in', USDC, SOL, exactIn('987654321'));
  await trade(trader, 'USDC to SOL, exact out', USDC, SOL, exactOut('1234567891'));
  await trade(trader, 'SOL to USDC, exact out', SOL, USDC, exactOut('7654321'));
  await trade(trader, 'SOL to PYUSD, exact in', SOL, PYUSD, exactIn('23456789012'));
  await trade(trader, 'PYUSD to SOL, exact in', PYUSD, SOL, exactIn('87654321'));
  await trade(trader, 'PYUSD to SOL, exact out', PYUSD, SOL, exactOut('234567891'));
  await trade(trader, 'SOL to PYUSD, exact out', SOL, PYUSD, exactOut('654321'));
});
