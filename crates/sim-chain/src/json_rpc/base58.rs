//! Base58 of any length, several digits at a time: what programs tell of themselves is long, and base58 takes time that
//! grows with the square of the length.

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Digits of one step, and the power of 58 that they make: the largest that 32 bits hold.
const DIGITS: usize = 5;
const STEP: u64 = 58_u64.pow(5);

/// The text of these bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let number = |part: &[u8]| {
        part.iter()
            .fold(0, |number, byte| (number << 8) | u64::from(*byte))
    };
    // Of 32 bits each, the highest first.
    let mut parts: Vec<u64> = bytes[zeros..].rchunks(4).rev().map(number).collect();
    let mut text = Vec::with_capacity(zeros + parts.len() * (DIGITS + 1));
    let mut left = parts.as_mut_slice();
    while !left.is_empty() {
        let mut rest = 0;
        for part in left.iter_mut() {
            let value = (rest << 32) | *part;
            (*part, rest) = (value / STEP, value % STEP);
        }
        for _ in 0..DIGITS {
            text.push(ALPHABET[usize::try_from(rest % 58).unwrap_or_default()]);
            rest /= 58;
        }
        let done = left.iter().take_while(|part| **part == 0).count();
        left = &mut left[done..];
    }
    // The last step's highest digits may be none.
    while text.last() == Some(&ALPHABET[0]) {
        text.pop();
    }
    text.extend(std::iter::repeat_n(ALPHABET[0], zeros));
    text.reverse();
    String::from_utf8(text).expect("invariant: base58 is ASCII")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::encode;

    proptest! {
        #[test]
        fn texts_are_those_of_the_usual_encoder(
            zeros in 0..8_usize,
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let bytes = [vec![0; zeros], bytes].concat();

            prop_assert_eq!(encode(&bytes), bs58::encode(&bytes).into_string());
        }
    }

    #[test]
    fn full_and_empty_steps_are_written_whole() {
        for length in 0..64 {
            for byte in [0, 1, 57, 58, 255] {
                let bytes = vec![byte; length];
                assert_eq!(encode(&bytes), bs58::encode(&bytes).into_string());
                let bytes = [&[byte][..], &vec![0; length]].concat();
                assert_eq!(encode(&bytes), bs58::encode(&bytes).into_string());
            }
        }
    }
}
