use async_trait::async_trait;
use domain::route::PoolRef;
use domain::venue::Program;
use domain::{Asset, Venue};

use super::*;

#[derive(Debug)]
struct Fixed(Venue, Result<u64, QuoteError>, Duration);

#[async_trait]
impl QuoteSource for Fixed {
    fn venue(&self) -> Venue {
        self.0
    }

    async fn quote(&self, _: QuoteRequest) -> Result<Offer, QuoteError> {
        tokio::time::sleep(self.2).await;
        let program = match self.0 {
            Venue::Raydium => Program::Cpmm,
            Venue::Meteora => Program::DammV2,
        };
        self.1.clone().map(|amount_out| Offer {
            pool: PoolRef::unaddressed(program),
            amount_out: BaseUnits::new(amount_out),
            fee_ppm: 2_500,
            impact_ppm: 10,
        })
    }
}

fn source(venue: Venue, answer: Result<u64, QuoteError>, after_ms: u64) -> Arc<dyn QuoteSource> {
    Arc::new(Fixed(venue, answer, Duration::from_millis(after_ms)))
}

fn request() -> RouteRequest {
    RouteRequest {
        quote: QuoteRequest {
            asset_in: Asset::SOL,
            asset_out: Asset::USDC,
            amount_in: BaseUnits::new(1_000_000_000),
        },
        venues: VenueSet::ALL,
        slippage: Bps::DEFAULT,
        min_amount_out: None,
    }
}

async fn route(
    raydium: Arc<dyn QuoteSource>,
    meteora: Arc<dyn QuoteSource>,
    request: RouteRequest,
) -> Result<Decision, NoRoute> {
    Router::new(vec![raydium, meteora], Duration::from_secs(1))
        .route(&request)
        .await
}

#[tokio::test(start_paused = true)]
async fn the_larger_net_output_wins() {
    let raydium = source(Venue::Raydium, Ok(150_000_000), 200);
    let meteora = source(Venue::Meteora, Ok(151_000_000), 250);
    let began = tokio::time::Instant::now();

    let route = route(raydium, meteora, request()).await.unwrap();

    assert_eq!(route.choice.route.largest().venue(), Venue::Meteora);
    assert_eq!(route.choice.min_amount_out.get(), 150_245_000);
    assert_eq!(route.quotes.len(), 2);
    // Side by side: the slower one's time, not the sum.
    assert_eq!(began.elapsed(), Duration::from_millis(250));
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_is_late_is_left_out_and_said_so() {
    let raydium = source(Venue::Raydium, Ok(150_000_000), 200);
    let meteora = source(Venue::Meteora, Ok(999_000_000), 5_000);

    let route = route(raydium, meteora, request()).await.unwrap();

    assert_eq!(route.choice.route.largest().venue(), Venue::Raydium);
    let reason = "no answer within 1000 ms".to_owned();
    assert_eq!(route.quotes[1].answer, Answer::Declined { reason });
}

#[tokio::test(start_paused = true)]
async fn an_absurd_offer_is_no_offer() {
    let raydium = source(Venue::Raydium, Ok(0), 0);
    let meteora = source(Venue::Meteora, Ok(7), 0);

    assert_eq!(
        route(raydium, meteora, request())
            .await
            .unwrap()
            .choice
            .route
            .largest()
            .venue(),
        Venue::Meteora
    );
}

#[tokio::test(start_paused = true)]
async fn the_clients_own_floor_counts_where_it_is_higher() {
    let own = RouteRequest {
        min_amount_out: Some(BaseUnits::new(151_000_000)),
        ..request()
    };
    let offer = |amount| source(Venue::Raydium, Ok(amount), 0);
    let none = || source(Venue::Meteora, Err(QuoteError::InsufficientLiquidity), 0);

    let met = route(offer(151_000_001), none(), own).await.unwrap();
    let missed = route(offer(150_999_999), none(), own).await.unwrap_err();

    assert_eq!(met.choice.min_amount_out.get(), 151_000_000);
    assert!(missed.may_pass());
    assert_eq!(
        missed.to_string(),
        "the best offer, 150.999999 USDC, is below the order's minimum of 151"
    );
}

#[tokio::test(start_paused = true)]
async fn a_reason_is_final_only_where_every_venue_says_so() {
    let dry = |venue| source(venue, Err(QuoteError::InsufficientLiquidity), 0);
    let dead = source(
        Venue::Meteora,
        Err(QuoteError::Unavailable("refused".to_owned())),
        0,
    );

    let final_reason = route(dry(Venue::Raydium), dry(Venue::Meteora), request())
        .await
        .unwrap_err();
    let passing = route(dry(Venue::Raydium), dead, request())
        .await
        .unwrap_err();

    assert_eq!(final_reason, NoRoute::InsufficientLiquidity);
    assert!(!final_reason.may_pass() && passing.may_pass());
}
