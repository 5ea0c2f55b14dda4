//! Sends: the same bytes to every endpoint that may take them. The first that takes them answers for all; the others go
//! on meanwhile.

use std::sync::{Arc, Mutex, MutexGuard};

use solana_signature::Signature;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::method::Method;
use super::{ENDPOINTS_MAX, Endpoints, Member};
use crate::rpc::Error;

/// Sends under way at once. Beyond that only the best endpoint gets the bytes, which are sent again anyway.
const SENDING_MAX: usize = 8_192;

/// The sends under way. They end with whoever owns this.
#[derive(Debug, Default)]
pub(super) struct Sending(Mutex<JoinSet<()>>);

impl Endpoints {
    pub(super) async fn send_to_all(&self, transaction: &[u8]) -> Result<Signature, Error> {
        let may_send = |member: &&Arc<Member>| member.is_ready(Method::Send);
        let ready = self.members.iter().filter(may_send).count();
        if ready < 2 || !self.sending.has_room() {
            return self.read(Method::Send, |rpc| rpc.send(transaction)).await;
        }
        let bytes: Arc<[u8]> = Arc::from(transaction);
        let (tell, told) = mpsc::channel(ENDPOINTS_MAX);
        for member in self.members.iter().filter(may_send) {
            let (member, bytes, tell) = (Arc::clone(member), Arc::clone(&bytes), tell.clone());
            let valve = Arc::clone(&self.valve);
            self.sending.spawn(async move {
                let send = member.ask(Method::Send, |rpc| rpc.send(&bytes));
                if let Some(sent) = valve.pass(send).await {
                    // Whoever waited may have its answer already.
                    let _ = tell.send(sent).await;
                }
            });
        }
        drop(tell);
        first_taken(told).await
    }
}

/// The first endpoint's that took the bytes. Where none did, the error that leaves the most open.
async fn first_taken(
    mut told: mpsc::Receiver<Result<Signature, Error>>,
) -> Result<Signature, Error> {
    let mut failed: Option<Error> = None;
    while let Some(answer) = told.recv().await {
        match answer {
            Ok(signature) => return Ok(signature),
            Err(error) if failed.as_ref().is_none_or(|it| !it.may_have_arrived()) => {
                failed = Some(error);
            }
            Err(_) => {}
        }
    }
    Err(failed.unwrap_or_else(|| Error::unavailable("no endpoint took it")))
}

impl Sending {
    fn has_room(&self) -> bool {
        let mut sending = self.tasks();
        while sending.try_join_next().is_some() {}
        sending.len() + ENDPOINTS_MAX <= SENDING_MAX
    }

    fn spawn(&self, send: impl Future<Output = ()> + Send + 'static) {
        self.tasks().spawn(send);
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}
