use ed25519_dalek::{Verifier, VerifyingKey};

use super::*;

fn verifies(address: Address, message: &[u8], signature: &Signature) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(signature.as_array());
    VerifyingKey::from_bytes(&address.0)
        .unwrap()
        .verify(message, &signature)
        .is_ok()
}

#[tokio::test]
async fn a_simulated_wallet_follows_from_its_cluster_alone() {
    let (one, other) = (Hash::new_from_array([1; 32]), Hash::new_from_array([2; 32]));

    let wallet = Wallet::of_simulated_cluster(&one);

    let again = Wallet::of_simulated_cluster(&one);
    assert_eq!(wallet.address(), again.address());
    assert_ne!(
        wallet.address(),
        Wallet::of_simulated_cluster(&other).address()
    );
    let (first, second) = (
        wallet.sign(b"message").await.unwrap(),
        again.sign(b"message").await.unwrap(),
    );
    assert_eq!(first, second);
    assert!(verifies(wallet.address(), b"message", &first));
    assert!(!verifies(wallet.address(), b"massage", &first));
}

#[test]
fn a_simulated_clusters_wallets_follow_from_their_names() {
    let genesis = Hash::new_from_array([1; 32]);
    let of = |name: &str| {
        let name = WalletName::parse(name).unwrap();
        Wallet::named_of_simulated_cluster(&genesis, &name).address()
    };

    assert_eq!(of("main"), Wallet::of_simulated_cluster(&genesis).address());
    assert_eq!(of("second"), of("second"));
    assert_ne!(of("second"), of("main"));
    assert_ne!(of("second"), of("third"));
}

#[test]
fn a_wallet_prints_its_address_and_nothing_of_its_key() {
    let wallet = Wallet::new(SigningKey::from_bytes(&[9; 32]));

    let text = format!("{wallet:?}");

    assert_eq!(text, format!("Wallet({})", wallet.address()));
}
