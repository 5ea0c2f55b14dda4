//! Contains a panic: a defect in the handling of one order must not harm the others.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// The message of a contained panic.
#[derive(Debug)]
pub(crate) struct Panicked(pub(crate) String);

/// Runs `work` and turns a panic in it into an error. The caller drops everything that `work` was
/// changing.
pub(crate) async fn contain<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|payload| Panicked(message_of(payload.as_ref())))
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
