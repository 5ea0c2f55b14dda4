//! Addresses and signatures as texts, which every order writes dozens of: base58 of a fixed length takes a fraction of
//! the time that base58 of any length takes.

/// The longest text of an address.
const ADDRESS_MAX: usize = 44;
/// The longest text of a signature.
const SIGNATURE_MAX: usize = 88;

/// Hands on the text of 32 bytes.
pub(crate) fn address<T>(bytes: &[u8; 32], hand_on: impl FnOnce(&str) -> T) -> T {
    let mut text = [0; ADDRESS_MAX];
    let length = five8::encode_32(bytes, &mut text);
    hand_on(as_text(&text, length))
}

/// Hands on the text of 64 bytes.
pub(crate) fn signature<T>(bytes: &[u8; 64], hand_on: impl FnOnce(&str) -> T) -> T {
    let mut text = [0; SIGNATURE_MAX];
    let length = five8::encode_64(bytes, &mut text);
    hand_on(as_text(&text, length))
}

fn as_text(text: &[u8], length: u8) -> &str {
    std::str::from_utf8(&text[..usize::from(length)]).expect("invariant: base58 is ASCII")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::Address;
    use crate::transaction::Signature;

    /// Bytes, of which some begin with zeros: those are written in a way of their own.
    fn bytes<const N: usize>() -> impl Strategy<Value = [u8; N]> {
        (0..=N, proptest::collection::vec(any::<u8>(), N)).prop_map(|(zeros, rest)| {
            let mut bytes = [0; N];
            bytes[zeros..].copy_from_slice(&rest[zeros..]);
            bytes
        })
    }

    proptest! {
        #[test]
        fn texts_are_those_of_base58_of_any_length(short in bytes::<32>(), long in bytes::<64>()) {
            let short_text = bs58::encode(short).into_string();
            let long_text = bs58::encode(long).into_string();

            prop_assert_eq!(address(&short, str::to_owned), &*short_text);
            prop_assert_eq!(signature(&long, str::to_owned), &*long_text);
            prop_assert_eq!(short_text.parse(), Ok(Address::new(short)));
            prop_assert!(Signature::parse(&long_text).is_ok());
        }

        #[test]
        fn a_text_is_read_where_it_has_exactly_so_many_bytes(text in "[1-9A-HJ-NP-Za-km-z0OIl é]{0,90}") {
            let length = bs58::decode(&text).into_vec().map(|bytes| bytes.len()).ok();

            prop_assert_eq!(text.parse::<Address>().is_ok(), length == Some(32));
            prop_assert_eq!(Signature::parse(&text).is_ok(), length == Some(64));
        }

        #[test]
        fn a_text_one_longer_or_shorter_is_not_read(short in bytes::<32>(), long in bytes::<64>()) {
            for text in [bs58::encode(short).into_string(), bs58::encode(long).into_string()] {
                for other in [format!("1{text}"), format!("{text}1"), text[1..].to_owned()] {
                    let length = bs58::decode(&other).into_vec().unwrap().len();

                    prop_assert_eq!(other.parse::<Address>().is_ok(), length == 32);
                    prop_assert_eq!(Signature::parse(&other).is_ok(), length == 64);
                }
            }
        }
    }
}
