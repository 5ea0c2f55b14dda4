// What people do with @solana/web3.js and @solana/spl-token, against the node at the URL given.
const assert = require('node:assert/strict');
const {
  Keypair, LAMPORTS_PER_SOL, PublicKey, SystemProgram, Transaction, TransactionMessage, VersionedTransaction,
  sendAndConfirmTransaction,
} = require('@solana/web3.js');
const token = require('@solana/spl-token');
const { confirm, connection, run } = require('./trader.cjs');

async function airdropAndTransfer(payer) {
  await confirm(await connection.requestAirdrop(payer.publicKey, 5 * LAMPORTS_PER_SOL));
  assert.equal(await connection.getBalance(payer.publicKey), 5 * LAMPORTS_PER_SOL);

  const friend = Keypair.generate().publicKey;
  const changed = new Promise((resolve) => connection.onAccountChange(friend, resolve, 'confirmed'));
  const logged = new Promise((resolve) => connection.onLogs(friend, resolve, 'confirmed'));
  const pay = SystemProgram.transfer({
    fromPubkey: payer.publicKey, toPubkey: friend, lamports: LAMPORTS_PER_SOL,
  });
  const signature = await sendAndConfirmTransaction(connection, new Transaction().add(pay), [payer]);
  assert.equal((await changed).lamports, LAMPORTS_PER_SOL);
  assert.equal((await logged).signature, signature);

  const parsed = await connection.getParsedTransaction(signature, { maxSupportedTransactionVersion: 0 });
  const [instruction] = parsed.transaction.message.instructions;
  assert.equal(instruction.parsed.type, 'transfer');
  assert.equal(instruction.parsed.info.lamports, LAMPORTS_PER_SOL);
  const [newest] = await connection.getSignaturesForAddress(friend);
  assert.equal(newest.signature, signature);
  const block = await connection.getBlock(parsed.slot, { maxSupportedTransactionVersion: 0 });
  assert.ok(block.transactions.some((it) => it.transaction.signatures[0] === signature));
}

async function sendVersioned(payer) {
  const latest = await connection.getLatestBlockhash();
  const message = new TransactionMessage({
    payerKey: payer.publicKey,
    recentBlockhash: latest.blockhash,
    instructions: [SystemProgram.transfer({
      fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1,
    })],
  }).compileToV0Message();
  const transaction = new VersionedTransaction(message);
  transaction.sign([payer]);
  assert.equal((await connection.getFeeForMessage(message)).value, 5000);
  const simulated = await connection.simulateTransaction(transaction);
  assert.equal(simulated.value.err, null);
  const signature = await connection.sendTransaction(transaction);
  await confirm(signature, 'finalized');
  const told = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.equal(told.version, 0);
}

async function failInWords(payer) {
  const tooMuch = SystemProgram.transfer({
    fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1e15,
  });
  await assert.rejects(
    connection.sendTransaction(new Transaction().add(tooMuch), [payer]),
    (error) => error.logs.some((line) => line.includes('insufficient lamports')),
  );
}

async function wrapSol(payer) {
  const account = await token.createAssociatedTokenAccount(
    connection, payer, token.NATIVE_MINT, payer.publicKey,
  );
  const wrap = new Transaction().add(
    SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: account, lamports: 1000 }),
    token.createSyncNativeInstruction(account),
  );
  await sendAndConfirmTransaction(connection, wrap, [payer]);
  const held = await token.getAccount(connection, account);
  assert.equal(held.amount, 1000n);
  assert.equal(held.isNative, true);
  await token.closeAccount(connection, payer, account, payer.publicKey, payer);
  assert.equal(await connection.getAccountInfo(account), null);
}

async function makeTokens(payer, program) {
  const mint = await token.createMint(
    connection, payer, payer.publicKey, null, 6, undefined, undefined, program,
  );
  const mine = await token.getOrCreateAssociatedTokenAccount(
    connection, payer, mint, payer.publicKey, false, 'confirmed', undefined, program,
  );
  await token.mintTo(connection, payer, mint, mine.address, payer, 2_000_000n, [], undefined, program);
  const friend = Keypair.generate().publicKey;
  const theirs = await token.getOrCreateAssociatedTokenAccount(
    connection, payer, mint, friend, false, 'confirmed', undefined, program,
  );
  await token.transferChecked(
    connection, payer, mine.address, mint, theirs.address, payer, 500_000n, 6, [], undefined, program,
  );

  const balance = await connection.getTokenAccountBalance(theirs.address);
  assert.equal(balance.value.uiAmountString, '0.5');
  const owned = await connection.getParsedTokenAccountsByOwner(friend, { mint });
  assert.equal(owned.value[0].account.data.parsed.info.tokenAmount.amount, '500000');
  const read = await token.getMint(connection, mint, 'confirmed', program);
  assert.equal(read.supply, 2_000_000n);
  const filters = [{ memcmp: { offset: 0, bytes: mint.toBase58() } }];
  const holders = await connection.getProgramAccounts(program, { filters });
  assert.equal(holders.length, 2);
}

async function lookAround() {
  assert.ok(await connection.getSlot() > await connection.getBlockHeight());
  assert.ok((await connection.getEpochInfo()).slotsInEpoch > 0);
  assert.ok((await connection.getVersion())['solana-core']);
  assert.ok(await connection.getMinimumBalanceForRentExemption(165) > 0);
  assert.ok((await connection.getRecentPrioritizationFees()).length > 0);
  const clock = new PublicKey('SysvarC1ock11111111111111111111111111111111');
  const { value } = await connection.getParsedAccountInfo(clock);
  assert.ok(value.lamports > 0);
  const slot = await new Promise((resolve) => connection.onSlotChange(resolve));
  assert.ok(slot.root < slot.slot);
}

run(async () => {
  const payer = Keypair.generate();
  await airdropAndTransfer(payer);
  await sendVersioned(payer);
  await failInWords(payer);
  await wrapSol(payer);
  await makeTokens(payer, token.TOKEN_PROGRAM_ID);
  await makeTokens(payer, token.TOKEN_2022_PROGRAM_ID);
  await lookAround();
});
