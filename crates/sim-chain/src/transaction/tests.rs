//! Invariants:
//! 1. Whatever is signed is read back as it was, and its signature holds.
//! 2. Reading any bytes never panics; what can be read would be written as the very same bytes.
//! 3. Changing any byte of a transaction makes it unreadable or its signature wrong.

use proptest::prelude::*;

use super::*;

fn payload(token_in: Token, token_out: Token, amount_in: u64) -> Payload {
    Payload {
        order_id: OrderId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        execution: 2,
        salt: 77,
        last_valid_height: Height::new(1_150),
        swap: SwapInstruction {
            venue: Venue::Meteora,
            pool: Program::DammV2,
            token_in,
            token_out,
            amount_in: BaseUnits::new(amount_in),
            min_amount_out: BaseUnits::new(amount_in / 2),
        },
    }
}

fn token() -> impl Strategy<Value = Token> {
    (0..Token::all().len()).prop_map(|place| Token::all().nth(place).unwrap())
}

#[test]
fn native_sol_is_wrapped_before_a_swap_and_unwrapped_after_it() {
    let bonk = Token::find("BONK").unwrap();
    let steps = |token_in, token_out| payload(token_in, token_out, 9).instructions();

    assert!(matches!(
        steps(Token::SOL, bonk)[..],
        [Instruction::WrapSol { lamports }, Instruction::Swap(_)] if lamports.get() == 9
    ));
    assert!(matches!(
        steps(bonk, Token::SOL)[..],
        [Instruction::Swap(_), Instruction::UnwrapSol]
    ));
    assert!(matches!(
        steps(bonk, Token::USDC)[..],
        [Instruction::Swap(_)]
    ));
}

#[test]
fn a_swap_of_sol_that_is_not_wrapped_is_malformed() {
    let mut message = payload(Token::SOL, Token::USDC, 9).message();
    let bare = payload(Token::SOL, Token::USDC, 9).swap;
    // The count of instructions stands after version, order, execution, salt and height.
    message.truncate(37);
    message.push(1);
    Instruction::Swap(bare).write(&mut message);

    assert_eq!(read_message(&message), Err(Malformed::Instructions));
}

#[test]
fn another_wallets_key_does_not_make_a_foreign_signature_right() {
    let signed = payload(Token::SOL, Token::USDC, 9).sign(&Wallet::new());
    let mut bytes = signed.bytes.to_vec();
    let other = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    bytes[64..96].copy_from_slice(other.as_bytes());

    assert_eq!(decode(&bytes).unwrap().verify(), Err(Malformed::Signature));
}

proptest! {
    #[test]
    fn what_is_signed_is_read_back(
        (token_in, token_out) in (token(), token()),
        amount in any::<u64>(),
        salt in any::<u64>(),
    ) {
        prop_assume!(token_in != token_out);
        let payload = Payload { salt, ..payload(token_in, token_out, amount) };

        let signed = payload.sign(&Wallet::new());
        let decoded = decode(&signed.bytes).unwrap();

        prop_assert_eq!(decoded.payload, payload);
        prop_assert_eq!(decoded.signature(), signed.signature);
        prop_assert_eq!(decoded.verify(), Ok(()));
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..1_400)) {
        if let Ok(decoded) = decode(&bytes) {
            prop_assert_eq!(decoded.payload.message(), &bytes[96..]);
        }
    }

    #[test]
    fn a_changed_byte_is_noticed(place in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let signed = payload(Token::SOL, Token::USDC, 1_000).sign(&Wallet::new());
        let mut bytes = signed.bytes.to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;

        if let Ok(decoded) = decode(&bytes) {
            prop_assert_eq!(decoded.payload.message(), &bytes[96..]);
            prop_assert_eq!(decoded.verify(), Err(Malformed::Signature));
        }
    }

    #[test]
    fn a_cut_transaction_is_malformed(length in 0_usize..190) {
        let signed = payload(Token::SOL, Token::USDC, 1_000).sign(&Wallet::new());
        prop_assume!(length < signed.bytes.len());

        prop_assert!(decode(&signed.bytes[..length]).is_err());
    }
}
