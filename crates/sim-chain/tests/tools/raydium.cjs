// Swaps with @raydium-io/raydium-sdk-v2, against the node at the URL given, and nothing else: its vendor is not asked.
const assert = require('node:assert/strict');
const BN = require('bn.js');
const { PublicKey, Transaction, sendAndConfirmTransaction } = require('@solana/web3.js');
const token = require('@solana/spl-token');
const { Raydium, TxVersion, makeAMMSwapInstruction } = require('@raydium-io/raydium-sdk-v2');
const { MINTS, connection, run, swap, trade, wallet } = require('./trader.cjs');

const PRIORITY = { units: 600_000, microLamports: 25_000 };
// Its quotes of AMM v4 for exact amounts out round down twice where the program rounds up.
const AMM_V4_SPENDS_MORE = 2n;
const AMM_V4_SLIPPAGE = 0.001;

function poolOf(pools, one, other) {
  const isPair = ({ mintA, mintB }) =>
    (mintA.equals(one) && mintB.equals(other)) || (mintA.equals(other) && mintB.equals(one));
  const found = pools.filter(isPair);
  assert.equal(found.length, 1);
  return found[0].id.toBase58();
}

// The program takes a creator's fee only from pools that have it enabled; the SDK looks at the rate alone. The first
// quote is the SDK's own, the second one the same without that fee.
function quotesOfCpmm(raydium, pool, wanted) {
  assert.equal(pool.enableCreatorFee, false);
  const configInfo = { ...pool.configInfo, creatorFeeRate: new BN(0) };
  const quote = (pool) => raydium.cpmm.computeSwapAmount({ ...wanted, pool, slippage: 0 });
  return [quote(pool), quote({ ...pool, configInfo })];
}

// What a mint keeps of a transfer: the SDK's quotes of CPMM leave that out, its program does not.
async function transferFee(mint, programId) {
  const config = token.getTransferFeeConfig(await token.getMint(connection, mint, 'confirmed', programId));
  if (!config) return () => 0n;
  const { epoch } = await connection.getEpochInfo();
  return (amount) => token.calculateEpochFee(config, BigInt(epoch), amount);
}

// The smallest amount of which a transfer leaves this much.
function beforeFee(fee, amount) {
  let gross = amount + fee(amount);
  while (gross - fee(gross) < amount) gross += 1n;
  return gross;
}

async function tradeCpmm(raydium, name, mintIn, mintOut, { amountIn, amountOut }) {
  // The SDK remembers for seconds which token accounts there are.
  await raydium.account.fetchWalletTokenAccounts({ forceUpdate: true });
  const { cpmmPools } = await raydium.tradeV2.fetchRoutePoolBasicInfo();
  const id = poolOf(cpmmPools, mintIn, mintOut);
  const { poolInfo, poolKeys, computePoolInfo } = await raydium.cpmm.getPoolInfoFromRpc(id);
  const baseIn = poolInfo.mintA.address === mintIn.toBase58();
  const [tokenIn, tokenOut] = baseIn
    ? [poolInfo.mintA, poolInfo.mintB]
    : [poolInfo.mintB, poolInfo.mintA];
  const feeIn = await transferFee(mintIn, new PublicKey(tokenIn.programId));
  const feeOut = await transferFee(mintOut, new PublicKey(tokenOut.programId));

  const swapBaseIn = amountIn !== undefined;
  const quoted = swapBaseIn ? amountIn - feeIn(amountIn) : beforeFee(feeOut, amountOut);
  const [own, quote] = quotesOfCpmm(raydium, computePoolInfo, {
    amountIn: new BN(quoted.toString()), outputMint: mintOut, swapBaseIn,
  });
  const promisesTooLittle = swapBaseIn
    ? own.amountOut.lt(quote.amountOut)
    : own.amountIn.gt(quote.amountIn);
  assert.ok(promisesTooLittle, `${name}: the SDK has learnt when creators get fees`);

  const [spends, receives] = swapBaseIn
    ? [amountIn, BigInt(quote.amountOut) - feeOut(BigInt(quote.amountOut))]
    : [beforeFee(feeIn, BigInt(quote.amountIn)), amountOut];
  const { execute } = await raydium.cpmm.swap({
    poolInfo,
    poolKeys,
    baseIn,
    fixedOut: !swapBaseIn,
    inputAmount: new BN(spends.toString()),
    swapResult: {
      inputAmount: new BN(spends.toString()),
      outputAmount: new BN(receives.toString()),
    },
    slippage: 0,
    computeBudgetConfig: PRIORITY,
    txVersion: swapBaseIn ? TxVersion.V0 : TxVersion.LEGACY,
  });
  await swap({
    name, owner: raydium.ownerPubKey, mintIn, mintOut, spends, receives, send: sender(execute),
  });
}

async function tradeAmmV4(raydium, name, mintIn, mintOut, { amountIn, amountOut }) {
  await raydium.account.fetchWalletTokenAccounts({ forceUpdate: true });
  const { ammPools } = await raydium.tradeV2.fetchRoutePoolBasicInfo();
  const poolId = poolOf(ammPools, mintIn, mintOut);
  const { poolInfo, poolKeys } = await raydium.liquidity.getPoolInfoFromRpc({ poolId });
  const isExactIn = amountIn !== undefined;
  const quote = isExactIn
    ? raydium.liquidity.computeAmountOut({
      poolInfo, amountIn: new BN(amountIn.toString()), mintIn, mintOut, slippage: 0,
    })
    : raydium.liquidity.computeAmountIn({
      poolInfo, amountOut: new BN(amountOut.toString()), mintIn, mintOut, slippage: AMM_V4_SLIPPAGE,
    });
  const { execute } = await raydium.liquidity.swap({
    poolInfo,
    poolKeys,
    inputMint: mintIn.toBase58(),
    fixedSide: isExactIn ? 'in' : 'out',
    amountIn: isExactIn ? new BN(amountIn.toString()) : quote.maxAmountIn,
    amountOut: isExactIn ? quote.minAmountOut : new BN(amountOut.toString()),
    computeBudgetConfig: PRIORITY,
    txVersion: isExactIn ? TxVersion.V0 : TxVersion.LEGACY,
  });
  await swap({
    name,
    owner: raydium.ownerPubKey,
    mintIn,
    mintOut,
    spends: isExactIn ? amountIn : quote.amountIn,
    spendsMore: isExactIn ? 0n : AMM_V4_SPENDS_MORE,
    receives: isExactIn ? quote.amountOut : amountOut,
    send: sender(execute),
  });
}

const sender = (execute) => async () => (await execute({ sendAndConfirm: true })).txId;

// The form with the accounts of the former order book, which the SDK still builds and no longer sends itself.
async function tradeAmmV4InLong(raydium, trader) {
  const { ammPools } = await raydium.tradeV2.fetchRoutePoolBasicInfo();
  const [mintIn, mintOut] = [MINTS.SOL, MINTS.USDC];
  const poolId = poolOf(ammPools, mintIn, mintOut);
  const amountIn = new BN(2_345_678_901);
  const wrapped = await token.createWrappedNativeAccount(
    connection, trader, trader.publicKey, amountIn.toNumber(),
  );
  const bought = await token.getOrCreateAssociatedTokenAccount(
    connection, trader, mintOut, trader.publicKey,
  );
  const { poolInfo, poolKeys } = await raydium.liquidity.getPoolInfoFromRpc({ poolId });
  const { amountOut } = raydium.liquidity.computeAmountOut({
    poolInfo, amountIn, mintIn, mintOut, slippage: 0,
  });
  const swapping = makeAMMSwapInstruction({
    version: 4,
    poolKeys,
    userKeys: {
      tokenAccountIn: wrapped, tokenAccountOut: bought.address, owner: trader.publicKey,
    },
    amountIn,
    amountOut,
    fixedSide: 'in',
  });
  assert.equal(swapping.keys.length, 18);
  await swap({
    name: 'AMM v4, SOL to USDC, in the long form',
    owner: trader.publicKey,
    mintIn,
    mintOut,
    spends: amountIn,
    receives: amountOut,
    send: () => sendAndConfirmTransaction(connection, new Transaction().add(swapping), [trader]),
  });
}

run(async () => {
  const owner = await wallet();
  const raydium = await Raydium.load({
    connection, owner, disableFeatureCheck: true, disableLoadToken: true, blockhashCommitment: 'confirmed',
  });
  await trade(owner.publicKey, 'CPMM', ['USDC', 'BONK', 'PYUSD'], tradeCpmm.bind(null, raydium));
  await trade(owner.publicKey, 'AMM v4', ['USDC', 'BONK'], tradeAmmV4.bind(null, raydium));
  await tradeAmmV4InLong(raydium, owner);
});
