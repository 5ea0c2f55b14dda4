//! The book at the end: what took effect on the chain against what every order says of itself.

use std::collections::BTreeMap;

use domain::transaction::Signature;
use domain::{EventData, OrderId};

use super::{Signed, Witness};

impl Witness {
    /// Compares all that took effect with every order.
    pub(crate) async fn check_book(&self) {
        let mut landed: BTreeMap<OrderId, Vec<Signature>> = BTreeMap::new();
        let signed = self.notes().signed.clone();
        for (signature, Signed { order, .. }) in signed {
            if self.blocks.found(&signature).is_some_and(|found| found.ok) {
                landed.entry(order).or_default().push(signature);
            }
        }
        let orders = self.notes().orders.clone();
        for (id, signatures) in &landed {
            if signatures.len() > 1 {
                self.accuse("S1", format_args!("{id} landed {signatures:?}"));
            }
            if !orders.contains_key(id) {
                self.accuse("S2", format_args!("{id} landed and was never accepted"));
            }
        }
        for (id, events) in &orders {
            let last = events.last().map(|event| &event.data);
            let is_right = match (last, landed.get(id).map(Vec::as_slice)) {
                (Some(EventData::Confirmed { fill }), Some([one])) => fill.signature == *one,
                (Some(EventData::Confirmed { .. }), None) => self.is_told_as_lost(*id).await,
                (Some(EventData::Confirmed { .. }), _) => false,
                (_, landed) => landed.is_none(),
            };
            if !is_right {
                let landed = landed.get(id);
                self.accuse(
                    "S2",
                    format_args!("{id} ended with {last:?}, landed: {landed:?}"),
                );
            }
        }
    }
}
