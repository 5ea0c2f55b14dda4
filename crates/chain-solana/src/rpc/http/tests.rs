mod answers;
mod node;
mod refusals;
mod requests;
mod secrets;

use solana_signature::Signature;

use super::*;
use node::Node;

const MINT: Address = Address::literal("So11111111111111111111111111111111111111112");
const OWNER: Address = Address::literal("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

fn signature() -> Signature {
    Signature::from([7; 64])
}

/// A client with a body limit that tests can reach.
fn client(node: &Node) -> HttpRpc {
    let limits = Limits {
        body_bytes: 64 << 10,
        ..Limits::default()
    };
    HttpRpc::new(node.endpoint(), limits).unwrap()
}
