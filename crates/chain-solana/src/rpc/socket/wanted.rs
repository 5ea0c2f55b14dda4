//! What is followed, and how far the present socket knows of it: plain state.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::messages::{Lasting, Subject};
use crate::rpc::Commitment;

/// What one socket follows: providers allow about so many. Whatever else is wanted is found by looks alone.
pub(super) const FOLLOWED_MAX: usize = 1_000;
/// Messages written at once.
const BURST: usize = 64;

/// What the present socket knows of one subject.
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
#[derive(Debug)]
pub(super) struct Wanted<S> {
    followed: BTreeMap<S, Place>,
    /// Those that the socket does not know of, the oldest first.
    unasked: VecDeque<S>,
    /// What each request without an answer was about; nothing where that is not wanted any more.
    requests: HashMap<u64, Option<S>>,
    subscriptions: HashMap<u64, S>,
    /// Subscriptions that are not wanted any more.
    unwanted: Vec<u64>,
    last_request: u64,
    /// What was told, with the newest slot in which.
    told: BTreeMap<S, u64>,
}

impl<S> Default for Wanted<S> {
    fn default() -> Self {
        Self {
            followed: BTreeMap::new(),
            unasked: VecDeque::new(),
            requests: HashMap::new(),
            subscriptions: HashMap::new(),
            unwanted: Vec::new(),
            last_request: 0,
            told: BTreeMap::new(),
        }
    }
}

impl<S: Subject> Wanted<S> {
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

    /// Follows it. Returns whether there is something to ask for it.
    pub(super) fn want(&mut self, subject: S) -> bool {
        if self.followed.len() >= FOLLOWED_MAX || self.followed.contains_key(&subject) {
            return false;
        }
        self.followed.insert(subject, Place::New);
        self.unasked.push_back(subject);
        true
    }

    /// Follows it no more. Returns whether there is something to ask for that.
    pub(super) fn drop_it(&mut self, subject: &S) -> bool {
        match self.followed.remove(subject) {
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
            && let Some(subject) = self.unasked.pop_front()
        {
            // It may have been dropped meanwhile, and wanted again.
            if self.followed.get(&subject) != Some(&Place::New) {
                continue;
            }
            let request = self.next_request();
            self.followed.insert(subject, Place::Asked(request));
            self.requests.insert(request, Some(subject));
            asked.push(subject.subscribe(request, commitment));
        }
        while asked.len() < BURST
            && let Some(subscription) = self.unwanted.pop()
        {
            asked.push(S::unsubscribe(self.next_request(), subscription));
        }
        asked
    }

    fn next_request(&mut self) -> u64 {
        self.last_request += 1;
        self.last_request
    }

    /// Everything that is followed, asked for or not.
    pub(super) fn subjects(&self) -> impl Iterator<Item = S> {
        self.followed.keys().copied()
    }

    /// What is followed from now on by that, if it is still wanted.
    pub(super) fn subscribed(&mut self, request: u64, subscription: u64) -> Option<S> {
        let subject = self.requests.remove(&request)?;
        match subject {
            None => self.unwanted.push(subscription),
            Some(subject) => {
                self.followed.insert(subject, Place::Followed(subscription));
                self.subscriptions.insert(subscription, subject);
            }
        }
        subject
    }

    /// The endpoint does not follow it: looks find it. Whether it was still wanted.
    pub(super) fn refused(&mut self, request: u64) -> bool {
        let refused = self.requests.remove(&request).flatten();
        refused.is_some_and(|subject| self.followed.remove(&subject).is_some())
    }

    /// What a subscription is about.
    pub(super) fn subject_of(&self, subscription: u64) -> Option<S> {
        self.subscriptions.get(&subscription).copied()
    }

    /// The endpoint has told of it.
    pub(super) fn noticed(&mut self, subscription: u64, slot: u64) {
        let Some(subject) = self.subscriptions.get(&subscription).copied() else {
            return;
        };
        if S::LASTING == Lasting::UntilTold {
            self.subscriptions.remove(&subscription);
            self.followed.remove(&subject);
        }
        if self.told.len() < FOLLOWED_MAX || self.told.contains_key(&subject) {
            let newest = self.told.entry(subject).or_default();
            *newest = slot.max(*newest);
        }
    }

    pub(super) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    pub(super) fn take_told(&mut self) -> BTreeMap<S, u64> {
        std::mem::take(&mut self.told)
    }
}

#[cfg(test)]
mod tests {
    use solana_signature::Signature;

    use super::*;
    use crate::rpc::Address;

    fn signature(number: u8) -> Signature {
        Signature::from([number; 64])
    }

    /// What is asked now, as method and first parameter.
    fn asked<S: Subject>(wanted: &mut Wanted<S>) -> Vec<(String, String)> {
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
        wanted.noticed(78, 5);
        assert!(!wanted.has_told());
        wanted.noticed(77, 5);
        wanted.noticed(77, 5);

        assert_eq!(wanted.take_told(), BTreeMap::from([(signature(1), 5)]));
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
        wanted.noticed(71, 5);
        wanted.drop_it(&signature(2));

        wanted.begin();

        assert_eq!(asked(&mut wanted), [subscribes(3), subscribes(4)]);
        // What the old one would have said means nothing here.
        wanted.noticed(72, 5);
        assert_eq!(wanted.take_told(), BTreeMap::from([(signature(1), 5)]));
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

    #[test]
    fn an_account_is_told_of_again_and_again_with_its_newest_slot() {
        let mut wanted = Wanted::default();
        let (one, other) = (Address([1; 32]), Address([2; 32]));
        wanted.want(one);
        wanted.want(other);
        let subscribes = |address: Address| ("accountSubscribe".to_owned(), address.to_string());
        assert_eq!(asked(&mut wanted), [subscribes(one), subscribes(other)]);
        assert_eq!(wanted.subscribed(1, 71), Some(one));

        wanted.noticed(71, 8);
        wanted.noticed(71, 7);
        assert_eq!(wanted.take_told(), BTreeMap::from([(one, 8)]));
        wanted.noticed(71, 9);

        assert_eq!(wanted.take_told(), BTreeMap::from([(one, 9)]));
        assert!(wanted.refused(2) && !wanted.refused(2));
        assert_eq!(wanted.subjects().collect::<Vec<_>>(), [one]);
    }
}
