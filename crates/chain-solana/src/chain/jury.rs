//! Asks every endpoint about a transaction whose end may have come, and keeps what they said until its death is proved.

mod revert;
mod word;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::join_all;
use metrics::{Counter, Unit, counter, describe_counter};
use ports::Clock;
use solana_signature::Signature;

use super::statuses::Statuses;
use crate::death::{Case, Doubt, Hearing, NoVote, Subject, Verdict, Vote, Witness};
use crate::endpoints::Member;
use crate::endpoints::method::Method;
use crate::newest::Newest;
use crate::recent::Recent;
use crate::rpc::{Address, At, Commitment, EntryPage, EpochInfo, Error, Hash, Status, View, words};

/// Transactions of which votes are kept. One that is forgotten is asked about anew.
const CASES_MAX: usize = 10_000;
/// Whatever else named a transaction's own address, one entry says that it was named.
const ENTRIES: usize = 1;
/// How often an endpoint is asked in one look whose answer was no use.
const TRIES: u32 = 3;
/// One that fails more slowly than this is not asked again in the same look: the others' words would wait for it.
const TRY_AGAIN_WITHIN: Duration = Duration::from_secs(1);
/// One that failed when it was asked last is given another chance so often: looks may all fall into its bad moments.
const CHANCE_EVERY: Duration = Duration::from_secs(2);

/// All endpoints that may vote.
#[derive(Debug)]
pub(super) struct Jury {
    seats: Vec<Seat>,
    /// It is the cluster itself, in this process, and not what an endpoint says of it.
    is_the_cluster: bool,
    clock: Arc<dyn Clock>,
    cases: Mutex<Cases>,
    metrics: Metrics,
}

/// One of them.
#[derive(Debug)]
struct Seat {
    member: Arc<Member>,
    /// That of the cluster which it must still show; absent where it is the cluster itself.
    genesis: Option<Hash>,
    banks: Recent<EpochInfo, Error>,
    statuses: Statuses,
    clock: Arc<dyn Clock>,
    /// When it was asked although it was away.
    last_chance: Mutex<Option<Duration>>,
}

/// Whom to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// Those that answered when they were asked last.
    Answering,
    /// Those that did not, too, if a while ago.
    AwayToo,
}

type Cases = Newest<One, CASES_MAX>;

#[derive(Debug, Default)]
struct One {
    case: Case,
    /// The same of its having been rolled back for good.
    rolled_back: Case,
    is_disputed: bool,
    is_dead: bool,
}

/// Why there is no vote of an endpoint that nobody asked.
const NOT_ASKED: &str = "it is not asked now";

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) subject: Subject,
    /// The address that the transaction alone names.
    pub(super) own: Address,
}

impl Jury {
    /// The endpoints of the cluster with this genesis hash, or the cluster itself. A word on where one stands serves all
    /// transactions for so long.
    pub(super) fn new(
        members: impl IntoIterator<Item = Arc<Member>>,
        genesis: Option<Hash>,
        clock: Arc<dyn Clock>,
        bank_for: Duration,
    ) -> Self {
        let seat = |member: Arc<Member>| Seat {
            banks: Recent::new(Arc::clone(&clock), bank_for),
            statuses: Statuses::new(Arc::clone(member.rpc())),
            genesis,
            clock: Arc::clone(&clock),
            last_chance: Mutex::default(),
            member,
        };
        Self {
            seats: members.into_iter().map(seat).collect(),
            is_the_cluster: genesis.is_none(),
            clock,
            cases: Mutex::default(),
            metrics: Metrics::register(),
        }
    }

    /// Asks those whose word is needed, and tells what follows from all words.
    ///
    /// Cancel safety: may be dropped; what was said until then is kept.
    pub(super) async fn hear(&self, question: Question) -> Verdict {
        match self.ask_all(question, Whom::Answering).await {
            Verdict::Unknown(Doubt::OthersSilent) => self.ask_all(question, Whom::AwayToo).await,
            verdict => verdict,
        }
    }

    async fn ask_all(&self, question: Question, whom: Whom) -> Verdict {
        let asked = self.seats.iter().enumerate();
        let asked = asked.map(|(place, seat)| self.ask((place, seat), question, whom));
        let votes = join_all(asked).await;
        let now = self.clock.monotonic();
        let witnesses = self.witnesses();
        let signature = question.subject.signature;
        let mut cases = self.cases();
        // Of most transactions there is nothing to say yet, and nothing is kept.
        let mut passing = One::default();
        let one = cases.get_mut(&signature).unwrap_or(&mut passing);
        for (place, vote) in votes.into_iter().enumerate() {
            if let Some(vote @ Vote::Nothing(_)) = vote {
                one.case.hear(place, &witnesses[place], vote, now);
            }
        }
        let verdict = one.case.verdict(&witnesses, now);
        self.tell(one, &verdict, signature);
        verdict
    }

    /// What people should know of a verdict, once.
    fn tell(&self, one: &mut One, verdict: &Verdict, signature: Signature) {
        if *verdict == Verdict::Dead && !one.is_dead {
            one.is_dead = true;
            self.metrics.dead.increment(1);
        }
        if *verdict == Verdict::Unknown(Doubt::Disagreement) {
            self.dispute(one, signature, "one knows it and another denies it");
        }
    }

    fn dispute(&self, one: &mut One, signature: Signature, what: &str) {
        if std::mem::replace(&mut one.is_disputed, true) {
            return;
        }
        self.metrics.disputed.increment(1);
        tracing::error!(
            %signature,
            "endpoints disagree on {signature}: {what}; nothing is signed in its place"
        );
    }

    /// One endpoint's word, which is kept as soon as it is there. None where the earlier one is enough.
    async fn ask(
        &self,
        (place, seat): (usize, &Seat),
        question: Question,
        whom: Whom,
    ) -> Option<Vote> {
        let began = self.clock.monotonic();
        if !seat.is_asked(whom) {
            return Some(Vote::Nothing(NoVote::Unanswered(NOT_ASKED.to_owned())));
        }
        let mut tries = 1;
        let vote = loop {
            let vote = self.vote(place, seat, question).await?;
            let is_unanswered = matches!(vote, Vote::Nothing(NoVote::Unanswered(_)));
            let is_late = self.clock.monotonic().saturating_sub(began) >= TRY_AGAIN_WITHIN;
            if !is_unanswered || is_late || tries == TRIES || !seat.can_be_asked() {
                break vote;
            }
            tries += 1;
        };
        let (signature, name) = (question.subject.signature, seat.member.name());
        tracing::debug!(%signature, endpoint = name, "{name} says of {signature}: {vote:?}");
        self.metrics.count(&vote);
        seat.member.show();
        if !matches!(vote, Vote::Nothing(_)) {
            let (witness, now) = (seat.member.witness(), self.clock.monotonic());
            let mut cases = self.cases();
            let case = &mut cases.entry(signature).case;
            case.hear(place, &witness, vote.clone(), now);
        }
        Some(vote)
    }

    async fn vote(&self, place: usize, seat: &Seat, question: Question) -> Option<Vote> {
        let silent = |why: String| Some(Vote::Nothing(NoVote::Unanswered(why)));
        let bank = match seat.bank().await {
            Ok(bank) => bank,
            Err(error) => return silent(words(&error)),
        };
        let hearing = match Hearing::begin(question.subject, bank) {
            Ok(hearing) => hearing,
            Err(why) => return Some(Vote::Nothing(why)),
        };
        if !self.needs(place, question.subject.signature) {
            return None;
        }
        match seat.examine(hearing, question).await {
            Ok(vote) => Some(vote),
            Err(error) => silent(words(&error)),
        }
    }

    fn needs(&self, place: usize, signature: Signature) -> bool {
        let witnesses = self.witnesses();
        let cases = self.cases();
        let one = cases.get(&signature);
        one.is_none_or(|one| one.case.needs(place, &witnesses))
    }

    fn witnesses(&self) -> Vec<Witness> {
        let witness = |seat: &Seat| seat.member.witness();
        self.seats.iter().map(witness).collect()
    }

    fn cases(&self) -> MutexGuard<'_, Cases> {
        self.cases
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

impl Seat {
    fn can_be_asked(&self) -> bool {
        !self.member.is_disqualified() && !self.member.is_away()
    }

    /// The same, with a chance now and then for one that did not answer when it was asked last.
    fn is_asked(&self, whom: Whom) -> bool {
        self.can_be_asked()
            || whom == Whom::AwayToo && !self.member.is_disqualified() && self.has_a_chance()
    }

    fn has_a_chance(&self) -> bool {
        let now = self.clock.monotonic();
        let mut last = self
            .last_chance
            .lock()
            .expect("invariant: nothing panics while holding it");
        let is_due = last.is_none_or(|last| now.saturating_sub(last) >= CHANCE_EVERY);
        if is_due {
            *last = Some(now);
        }
        is_due
    }

    /// Where it stands, that what it says of heights fits together, and that it still shows the cluster: another one
    /// may have taken its place since it was asked last.
    async fn bank(&self) -> Result<EpochInfo, Error> {
        let (member, genesis) = (Arc::clone(&self.member), self.genesis);
        let ask = async move {
            let bank = member.bank(View::FINALIZED).await?;
            member.blockhash(View::FINALIZED.since(bank.slot)).await?;
            if let Some(genesis) = genesis {
                member.check_again(genesis).await?;
            }
            Ok(bank)
        };
        self.banks.get(ask).await
    }

    async fn status(&self, signature: Signature) -> Result<At<Option<Status>>, Error> {
        let asking = self.statuses.of(signature);
        let status = self.member.in_time(Method::Statuses, asking).await;
        self.member.heard(Method::Statuses, &status);
        status
    }

    /// The questions that follow, in the order of the proof.
    async fn examine(&self, hearing: Hearing, question: Question) -> Result<Vote, Error> {
        let member = &self.member;
        let view = View::FINALIZED.since(hearing.since());
        let asking = member.ask_in_time(Method::History, |rpc| {
            rpc.signatures_for_address(question.own, EntryPage::newest(ENTRIES), view)
        });
        if let Some(vote) = hearing.history(&asking.await?) {
            return Ok(vote);
        }
        let status = self.status(question.subject.signature).await?;
        if let Some(vote) = hearing.status(&status) {
            return Ok(vote);
        }
        let blocks = match hearing.blocks() {
            Ok(blocks) => blocks,
            Err(why) => return Ok(Vote::Nothing(why)),
        };
        let asking = member.ask_in_time(Method::Blocks, |rpc| {
            rpc.blocks(blocks.start, blocks.limit, Commitment::Finalized)
        });
        Ok(hearing.held(blocks, &asking.await?))
    }
}

/// What operators see of the votes.
#[derive(Clone)]
struct Metrics {
    deny: Counter,
    know: Counter,
    say_nothing: Counter,
    dead: Counter,
    disputed: Counter,
}

impl Metrics {
    fn register() -> Self {
        let zeroed = |counter: Counter| {
            counter.increment(0);
            counter
        };
        describe_counter!(
            "death_votes_total",
            Unit::Count,
            "What endpoints said of transactions whose end may have come"
        );
        describe_counter!(
            "transactions_dead_total",
            Unit::Count,
            "Transactions that were proved never to land"
        );
        describe_counter!(
            "transactions_disputed_total",
            Unit::Count,
            "Transactions that one endpoint knew and another denied"
        );
        let votes = |vote: &'static str| zeroed(counter!("death_votes_total", "vote" => vote));
        Self {
            deny: votes("dead"),
            know: votes("known"),
            say_nothing: votes("nothing"),
            dead: zeroed(counter!("transactions_dead_total")),
            disputed: zeroed(counter!("transactions_disputed_total")),
        }
    }

    fn count(&self, vote: &Vote) {
        match vote {
            Vote::Dead(_) => self.deny.increment(1),
            Vote::Known(_) => self.know.increment(1),
            // It was not asked any further.
            Vote::Nothing(NoVote::MayLand) => {}
            Vote::Nothing(_) => self.say_nothing.increment(1),
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}
