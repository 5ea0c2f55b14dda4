// Swaps with @meteora-ag/dlmm, against the node at the URL given.
const assert = require('node:assert/strict');
const BN = require('bn.js');
const { sendAndConfirmTransaction } = require('@solana/web3.js');
const DLMM = require('@meteora-ag/dlmm');
const { MINTS, connection, run, swap, wallet } = require('./trader.cjs');

const NO_SLIPPAGE = new BN(0);

// By its address, which follows from the mints and the pair's terms; and among all pairs.
async function findPair(tokenX, tokenY, binStep) {
  const baseFactor = new BN(10_000);
  const derived = await DLMM.getPairPubkeyIfExists(
    connection, tokenX, tokenY, new BN(binStep), baseFactor, new BN(0),
  );
  const listed = (await DLMM.getLbPairs(connection)).filter(({ account }) =>
    account.tokenXMint.equals(tokenX) && account.tokenYMint.equals(tokenY));
  assert.equal(listed.length, 1);
  assert.ok(derived.equals(listed[0].publicKey));
  return derived;
}

async function trade(trader, name, lbPair, mintIn, wanted) {
  const pair = await DLMM.create(connection, lbPair);
  const [mintX, mintY] = [pair.lbPair.tokenXMint, pair.lbPair.tokenYMint];
  const swapForY = mintX.equals(mintIn);
  const mintOut = swapForY ? mintY : mintX;
  const binArrays = await pair.getBinArrayForSwap(swapForY);
  const common = { inToken: mintIn, outToken: mintOut, lbPair, user: trader.publicKey };

  let quote;
  let transaction;
  if (wanted.amountIn) {
    const inAmount = new BN(wanted.amountIn);
    quote = pair.swapQuote(inAmount, swapForY, NO_SLIPPAGE, binArrays);
    assert.ok(quote.consumedInAmount.eq(inAmount));
    transaction = await pair.swap({
      ...common, inAmount, minOutAmount: quote.minOutAmount, binArraysPubkey: quote.binArraysPubkey,
    });
  } else {
    const outAmount = new BN(wanted.amountOut);
    quote = pair.swapQuoteExactOut(outAmount, swapForY, NO_SLIPPAGE, binArrays);
    transaction = await pair.swapExactOut({
      ...common, outAmount, maxInAmount: quote.maxInAmount, binArraysPubkey: quote.binArraysPubkey,
    });
  }
  await swap({
    name: `DLMM, ${name}, ${quote.binArraysPubkey.length} bin arrays`,
    owner: trader.publicKey,
    mintIn,
    mintOut,
    spends: wanted.amountIn ?? quote.inAmount,
    receives: wanted.amountOut ?? quote.outAmount,
    send: () => sendAndConfirmTransaction(connection, transaction, [trader]),
  });
}

run(async () => {
  const trader = await wallet();
  const { SOL, USDC, BONK } = MINTS;
  const dollars = await findPair(SOL, USDC, 10);
  await trade(trader, 'SOL to USDC, exact in', dollars, SOL, { amountIn: '123456789012' });
  await trade(trader, 'USDC to SOL, exact in', dollars, USDC, { amountIn: '987654321' });
  await trade(trader, 'USDC to SOL, exact out', dollars, USDC, { amountOut: '1234567891' });
  await trade(trader, 'SOL to USDC, exact out', dollars, SOL, { amountOut: '7654321' });
  const bonk = await findPair(BONK, SOL, 20);
  await trade(trader, 'SOL to BONK, exact in', bonk, SOL, { amountIn: '234567890123' });
  await trade(trader, 'BONK to SOL, exact in', bonk, BONK, { amountIn: '98765432109' });
  await trade(trader, 'BONK to SOL, exact out', bonk, BONK, { amountOut: '2345678912' });
  await trade(trader, 'SOL to BONK, exact out', bonk, SOL, { amountOut: '7654321098' });
});
