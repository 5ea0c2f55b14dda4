use super::{Address, NotAnAddress};

#[test]
fn an_address_is_read_as_it_is_written() {
    let text = "So11111111111111111111111111111111111111112";
    let address: Address = text.parse().expect("an address");

    assert_eq!(address.to_string(), text);
    assert_eq!(address, Address::literal(text));
    assert_eq!(format!("{address:?}"), text);
    assert_eq!(Address::default().to_string(), "1".repeat(32));
}

#[test]
fn what_is_no_address_is_refused() {
    let short = "So1111111111111111111111111111111111111111";
    for text in ["", "0", short, &"1".repeat(33), &"z".repeat(60), "ключ"] {
        assert_eq!(text.parse::<Address>(), Err(NotAnAddress), "{text}");
    }
}
