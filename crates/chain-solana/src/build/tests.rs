use uuid::Uuid;

use super::own::{address, seed};
use super::*;

const WALLET: Address = Address([1; 32]);

fn order(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(number))
}

#[test]
fn an_executions_seed_is_eleven_characters_of_its_own() {
    let seeds = [
        seed(order(1), 0),
        seed(order(1), 1),
        seed(order(2), 0),
        seed(order(1 << 64), 0),
    ];

    for (place, one) in seeds.iter().enumerate() {
        assert_eq!(one.len(), 11);
        assert!(!seeds[..place].contains(one), "{one} twice");
    }
    assert_eq!(seed(order(1), 0), seeds[0]);
    assert_ne!(
        address(WALLET, &seeds[0]),
        address(Address([2; 32]), &seeds[0])
    );
}

#[test]
fn a_route_without_swaps_or_with_too_many_is_refused() {
    let execution = Execution {
        order_id: order(1),
        number: 0,
        wallet: WALLET,
        path: &[],
        legs: &[],
        budget: Budget {
            units: 1,
            price: crate::rpc::MicroLamports::new(0),
        },
        wrapped_rent: Lamports::new(1),
    };

    assert_eq!(draft(&execution), Err(Error::Legs(0)));
}
