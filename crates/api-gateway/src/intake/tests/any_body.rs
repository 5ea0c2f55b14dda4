//! What must hold for every body.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn an_accepted_amount_is_stored_exactly(units in 1..=u64::MAX, zeros in 0..8_usize) {
        let text = BaseUnits::new(units).to_decimal(9);
        let padded = match text.contains('.') {
            true => format!("{text}{}", "0".repeat(zeros)),
            false => text.clone(),
        };

        for spelling in [text, padded.clone(), format!("\"{padded}\"")] {
            let terms = accepted(&format!(r#"{{"amount":{spelling}}}"#));
            prop_assert_eq!(terms.amount_in.get(), units);
        }
    }

    #[test]
    fn no_bytes_bring_the_reader_down(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&body);
    }

    #[test]
    fn no_json_like_text_brings_the_reader_down(body in r#"[\{\}\[\]",:a-z0-9.eE+\\u -]{0,80}"#) {
        if let Err(refusal) = read(body.as_bytes()) {
            let problem = refusal.problem();
            prop_assert!(problem.status == 400 || problem.status == 422);
        }
    }
}
