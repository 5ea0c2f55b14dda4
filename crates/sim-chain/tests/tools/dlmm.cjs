// Swaps with @meteora-ag/dlmm, against the node at the URL given.
const assert = require('node:assert/strict');
const BN = require('bn.js');
const { sendAndConfirmTransaction } = require('@solana/web3.js');
const DLMM = require('@meteora-ag/dlmm');
const { MINTS, connection, run, swap, trade, wallet } = require('./trader.cjs');

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

async function tradeOnce(trader, pairs, name, mintIn, mintOut, wanted) {
  const lbPair = pairs.get(mintIn.equals(MINTS.SOL) ? mintOut : mintIn);
  const pair = await DLMM.create(connection, lbPair);
  const swapForY = pair.lbPair.tokenXMint.equals(mintIn);
  const binArrays = await pair.getBinArrayForSwap(swapForY);
  const common = { inToken: mintIn, outToken: mintOut, lbPair, user: trader.publicKey };

  let quote;
  let transaction;
  if (wanted.amountIn) {
    const inAmount = new BN(wanted.amountIn.toString());
    quote = pair.swapQuote(inAmount, swapForY, NO_SLIPPAGE, binArrays);
    assert.ok(quote.consumedInAmount.eq(inAmount));
    transaction = await pair.swap({
      ...common, inAmount, minOutAmount: quote.minOutAmount, binArraysPubkey: quote.binArraysPubkey,
    });
  } else {
    const outAmount = new BN(wanted.amountOut.toString());
    quote = pair.swapQuoteExactOut(outAmount, swapForY, NO_SLIPPAGE, binArrays);
    transaction = await pair.swapExactOut({
      ...common, outAmount, maxInAmount: quote.maxInAmount, binArraysPubkey: quote.binArraysPubkey,
    });
  }
  await swap({
    name: `${name}, ${quote.binArraysPubkey.length} bin arrays`,
    owner: trader.publicKey,
    mintIn,
    mintOut,
    spends: wanted.amountIn ?? quote.inAmount,
    receives: wanted.amountOut ?? quote.outAmount,
    send: () => sendAndConfirmTransaction(connection, transaction, [trader]),
  });
}

// What an application shows of a pair.
async function look(lbPair) {
  const pair = await DLMM.create(connection, lbPair);
  const active = await pair.getActiveBin();
  assert.equal(active.binId, pair.lbPair.activeId);
  const { bins } = await pair.getBinsAroundActiveBin(3, 3);
  assert.ok(bins.some(({ binId }) => binId === active.binId));
  assert.ok(bins.every((bin) => !bin.xAmount.isZero() || !bin.yAmount.isZero()));
  const arrays = await pair.getBinArrays();
  assert.ok(arrays.length > 1);
  assert.ok(pair.getFeeInfo().baseFeeRatePercentage.gt(0));
  assert.ok(pair.getDynamicFee().gt(0));
}

run(async () => {
  const trader = await wallet();
  const { SOL, USDC, BONK } = MINTS;
  const pairs = new Map([[USDC, await findPair(SOL, USDC, 10)], [BONK, await findPair(BONK, SOL, 20)]]);
  await trade(trader.publicKey, 'DLMM', ['USDC', 'BONK'], tradeOnce.bind(null, trader, pairs));
  await look(pairs.get(USDC));
});
