//! Signatures: what this process signed itself is known by every byte of its message; nothing else gets in unchecked.

use chain_solana::keys::{Signer, Wallet};
use sim_chain::bank::{BYTES_MAX, Transaction};
use sim_chain::cluster::GENESIS_HASH;
use solana_message::{Message, VersionedMessage};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::stand::{RECIPIENT, Stand, Way};
use crate::instruction::transfer;
use crate::node::served::{SOL, key_of, wallet};

fn of_cluster() -> Wallet {
    Wallet::of_simulated_cluster(&GENESIS_HASH)
}

fn message(stand: &Stand, payer: solana_address::Address, lamports: u64) -> VersionedMessage {
    let instructions = [transfer(payer, RECIPIENT, lamports)];
    let blockhash = stand.blockhash();
    VersionedMessage::Legacy(Message::new_with_blockhash(
        &instructions,
        Some(&payer),
        &blockhash,
    ))
}

fn bytes(message: VersionedMessage, signature: Signature) -> Vec<u8> {
    let transaction = VersionedTransaction {
        signatures: vec![signature],
        message,
    };
    Transaction::new(transaction).unwrap().encode()
}

/// A transfer that a signer signs.
pub(super) async fn transfer_by(stand: &Stand, signer: &dyn Signer, lamports: u64) -> Vec<u8> {
    let payer = solana_address::Address::from(signer.address().0);
    let message = message(stand, payer, lamports);
    let signature = signer.sign(&message.serialize()).await.unwrap();
    bytes(message, signature)
}

/// Gives the signer's wallet something to transfer.
async fn endow(stand: &Stand, signer: &dyn Signer) {
    let to = solana_address::Address::from(signer.address().0);
    stand.cluster.airdrop(to, 10 * SOL).unwrap();
}

#[tokio::test]
async fn what_was_signed_here_lands() {
    let stand = Stand::new(Way::InThisProcess);
    let signer = stand.service.signer(of_cluster());
    endow(&stand, signer.as_ref()).await;

    let bytes = transfer_by(&stand, signer.as_ref(), SOL).await;
    stand.rpc.send(&bytes).await.unwrap();

    assert_eq!(stand.received().await, SOL);
}

/// A signature that was made here stands under another message, in each of its places.
#[tokio::test]
async fn a_signature_made_here_lets_no_other_message_in() {
    let stand = Stand::new(Way::InThisProcess);
    let signer = stand.service.signer(of_cluster());
    endow(&stand, signer.as_ref()).await;
    let payer = solana_address::Address::from(signer.address().0);
    let signed = message(&stand, payer, SOL);
    let signature = signer.sign(&signed.serialize()).await.unwrap();
    let good = bytes(signed.clone(), signature);
    assert!(good.len() < BYTES_MAX);

    for place in 65..good.len() {
        let mut other = good.clone();
        other[place] ^= 1;
        // Some are no transactions, and the others nobody signed.
        let _ = stand.rpc.send(&other).await;
    }
    let thief = key_of(&wallet(2));
    stand
        .rpc
        .send(&bytes(message(&stand, thief, SOL), signature))
        .await
        .unwrap();

    assert_eq!(stand.received().await, 0);
    stand.rpc.send(&good).await.unwrap();
    assert_eq!(stand.received().await, SOL);
}

#[tokio::test]
async fn what_was_signed_elsewhere_is_checked() {
    let stand = Stand::new(Way::InThisProcess);
    let (_, good) = stand.transfer(SOL);
    let mut forged = good.clone();
    forged[10] ^= 1;

    stand.rpc.send(&forged).await.unwrap();
    assert_eq!(stand.received().await, 0);

    stand.rpc.send(&good).await.unwrap();
    assert_eq!(stand.received().await, SOL);
}
