//! Which signatures are followed, and how far the present socket knows of it: plain state.

use std::collections::{BTreeMap, HashMap, VecDeque};

use solana_signature::Signature;

use super::messages;
use crate::rpc::Commitment;

/// Signatures that one socket follows: providers allow about so many. Further ones are found by looks alone.
const FOLLOWED_MAX: usize = 1_000;
/// Messages written at once.
const BURST: usize = 64;

/// What the present socket knows of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing.
    New,
    /// It was asked by this request, and has not answered.
    Asked(u64),
    /// It follows it under this number.
    Followed(u64),
}

/// Everything that is followed.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    followed: BTreeMap<Signature, Place>,
    /// Those that the socket does not know of, the oldest first.
    unasked: VecDeque<Signature>,
    /// What each request without an answer was about; nothing where that is not wanted any more.
    requests: HashMap<u64, Option<Signature>>,
    subscriptions: HashMap<u64, Signature>,
    /// Subscriptions that are not wanted any more.
    unwanted: Vec<u64>,
    last_request: u64,
    told: Vec<Signature>,
}

impl Wanted {
    /// A new socket, which knows nothing.
    pub(super) fn begin(&mut self) {
        self.requests.clear();
        self.subscriptions.clear();
        self.unwanted.clear();
        self.unasked = self.followed.keys().copied().collect();
        for place in self.followed.values_mut() {
            *place = Place::New;
        }
    }

    /// Follows a signature. Returns whether there is something to ask for it.
    pub(super) fn want(&mut self, signature: Signature) -> bool {
        if self.followed.len() >= FOLLOWED_MAX || self.followed.contains_key(&signature) {
            return false;
        }
        self.followed.insert(signature, Place::New);
        self.unasked.push_back(signature);
        true
    }

    /// Follows it no more. Returns whether there is something to ask for that.
    pub(super) fn drop_it(&mut self, signature: &Signature) -> bool {
        match self.followed.remove(signature) {
            None | Some(Place::New) => false,
            Some(Place::Asked(request)) => {
                self.requests.insert(request, None);
                false
            }
            Some(Place::Followed(subscription)) => {
                self.subscriptions.remove(&subscription);
                self.unwanted.push(subscription);
                true
            }
        }
    }

    /// Some of what is to be asked now.
    pub(super) fn take_asked(&mut self, commitment: Commitment) -> Vec<String> {
        let mut asked = Vec::new();
        while asked.len() < BURST
            && let Some(signature) = self.unasked.pop_front()
        {
            // It may have been dropped meanwhile, and wanted again.
            if self.followed.get(&signature) != Some(&Place::New) {
                continue;
            }
            let request = self.next_request();
            self.followed.insert(signature, Place::Asked(request));
            self.requests.insert(request, Some(signature));
            asked.push(messages::subscribe(request, &signature, commitment));
        }
        while asked.len() < BURST
            && let Some(subscription) = self.unwanted.pop()
        {
            asked.push(messages::unsubscribe(self.next_request(), subscription));
        }
        asked
    }

    fn next_request(&mut self) -> u64 {
        self.last_request += 1;
        self.last_request
    }

    pub(super) fn subscribed(&mut self, request: u64, subscription: u64) {
        match self.requests.remove(&request) {
            None => {}
            Some(None) => self.unwanted.push(subscription),
            Some(Some(signature)) => {
                self.followed
                    .insert(signature, Place::Followed(subscription));
                self.subscriptions.insert(subscription, signature);
            }
        }
    }

    /// The endpoint does not follow it: looks find it.
    pub(super) fn refused(&mut self, request: u64) {
        if let Some(Some(signature)) = self.requests.remove(&request) {
            self.followed.remove(&signature);
        }
    }

    /// The endpoint has told of a signature, once and no more.
    pub(super) fn noticed(&mut self, subscription: u64) {
        if let Some(signature) = self.subscriptions.remove(&subscription) {
            self.followed.remove(&signature);
            if self.told.len() < FOLLOWED_MAX {
                self.told.push(signature);
            }
        }
    }

    pub(super) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    pub(super) fn take_told(&mut self) -> Vec<Signature> {
        std::mem::take(&mut self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(number: u8) -> Signature {
        Signature::from([number; 64])
    }

    /// What is asked now, as method and first parameter.
    fn asked(wanted: &mut Wanted) -> Vec<(String, String)> {
        let asked = wanted.take_asked(Commitment::Confirmed);
        let of = |text: String| {
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            let first = &json["params"][0];
            let first = first.as_str().map_or(first.to_string(), str::to_owned);
            (json["method"].as_str().unwrap().to_owned(), first)
        };
        asked.into_iter().map(of).collect()
    }

    fn subscribes(number: u8) -> (String, String) {
        (
            "signatureSubscribe".to_owned(),
            signature(number).to_string(),
        )
    }

    #[test]
    fn a_signature_is_asked_for_once_and_told_once() {
        let mut wanted = Wanted::default();
        assert!(wanted.want(signature(1)) && !wanted.want(signature(1)));

        assert_eq!(asked(&mut wanted), [subscribes(1)]);
        assert_eq!(asked(&mut wanted), []);
        wanted.subscribed(1, 77);
        wanted.noticed(78);
        assert!(!wanted.has_told());
        wanted.noticed(77);
        wanted.noticed(77);

        assert_eq!(wanted.take_told(), [signature(1)]);
        assert!(!wanted.has_told() && !wanted.drop_it(&signature(1)));
    }

    #[test]
    fn a_new_socket_follows_what_is_still_wanted() {
        let mut wanted = Wanted::default();
        for number in 1..=4 {
            wanted.want(signature(number));
        }
        asked(&mut wanted);
        wanted.subscribed(1, 71);
        wanted.subscribed(2, 72);
        wanted.noticed(71);
        wanted.drop_it(&signature(2));

        wanted.begin();

        assert_eq!(asked(&mut wanted), [subscribes(3), subscribes(4)]);
        // What the old one would have said means nothing here.
        wanted.noticed(72);
        assert_eq!(wanted.take_told(), [signature(1)]);
    }

    #[test]
    fn what_is_not_wanted_any_more_is_ended_however_far_it_came() {
        let mut wanted = Wanted::default();
        for number in 1..=3 {
            wanted.want(signature(number));
        }
        assert!(!wanted.drop_it(&signature(3)), "it was never asked");
        assert_eq!(asked(&mut wanted), [subscribes(1), subscribes(2)]);
        wanted.subscribed(1, 71);

        assert!(wanted.drop_it(&signature(1)));
        wanted.drop_it(&signature(2));
        wanted.subscribed(2, 72);

        let ends =
            |subscription: &str| ("signatureUnsubscribe".to_owned(), subscription.to_owned());
        assert_eq!(asked(&mut wanted), [ends("72"), ends("71")]);
        assert!(wanted.followed.is_empty() && wanted.subscriptions.is_empty());
    }

    #[test]
    fn a_refused_signature_makes_room_and_no_more_than_a_limit_are_followed() {
        let mut wanted = Wanted::default();
        let number = |number: usize| {
            let mut bytes = [0; 64];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            Signature::from(bytes)
        };
        for one in 0..FOLLOWED_MAX {
            assert!(wanted.want(number(one)));
        }
        assert!(!wanted.want(number(FOLLOWED_MAX)));
        asked(&mut wanted);

        wanted.refused(1);

        assert!(wanted.want(number(FOLLOWED_MAX)));
    }
}
