//! `GET /api/books`: positions, profits, and what wallets took in and gave away.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use actix_web::{HttpRequest, HttpResponse};
use api_types::books::{
    BooksAnswer, DayView, FiguresView, FlowView, PairView, PositionView, WalletBooksView,
};
use domain::books::{Books, Day, Flow, Pair, Payer};
use domain::{Address, Asset, Mint, Timestamp, TokenList};
use ports::wallet::WalletView;

use super::{fills, orders, wallet};
use crate::auth::Caller;
use crate::books::Kept;
use crate::deadline;
use crate::error::Result;
use crate::parameters::Parameters;
use crate::state::Ctx;

/// Positions of one answer.
const POSITIONS_SHOWN: usize = 1_000;
/// Pairs of wallets of all days of one answer.
const DAYS_SHOWN: usize = 2_000;
/// Wallets and tokens whose balances are asked for, for one answer.
const WALLETS_ASKED: usize = 16;
const TOKENS_ASKED: usize = 64;

/// What of the books is wanted.
struct Wanted {
    wallet: Option<Payer>,
    token: Option<Mint>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// Where each answer's parts come from.
struct Shown {
    answer: BooksAnswer,
    flows: Vec<(Payer, Asset, Flow)>,
}

/// Positions and profits
///
/// From receipts alone, by average cost, each position counted in the other token of its trades; fees and rent stand
/// apart. A key sees those of its own orders. `held` and `outside` are for operators, and for the books of everybody.
#[utoipa::path(
    get,
    path = "/api/books",
    operation_id = "getBooks",
    tag = "market",
    params(
        ("wallet" = Option<String>, Query, description = "A wallet's name or address"),
        ("token" = Option<String>, Query, description = "Only pairs with this token: symbol or mint address"),
        ("client" = Option<String>, Query, description = "Only this client's orders; a key sees its own alone"),
        ("from" = Option<String>, Query, example = "2026-01-31", description = "For `days`: from this day on, by UTC"),
        ("to" = Option<String>, Query, example = "2026-02-28", description = "For `days`: before this day"),
    ),
    responses((status = 200, description = "The books", body = BooksAnswer))
)]
pub(crate) async fn books(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let paid_by = orders::paid_by(&ctx, &parameters).await?;
    let wanted = Wanted {
        wallet: paid_by.map(|it| Some(it.wallet)),
        token: parameters.mint("token", &ctx.tokens)?,
        from: fills::time(&parameters, "from")?,
        to: fills::time(&parameters, "to")?,
    };
    let scope = fills::client(&caller, &parameters)?;
    let are_everybodys = scope.is_none();
    let unasked = wallet::unasked(&ctx).await;
    let view = |kept: &Kept| shown(kept, &wanted, &ctx.tokens);
    let Shown { mut answer, flows } = ctx.books.show(scope, unasked, view).await?;
    let held = match are_everybodys && wallet::is_shown_to(&ctx, &caller) {
        true => held(&ctx, &flows).await,
        false => HashMap::new(),
    };
    answer.wallets = wallets(&flows, &held, &ctx.tokens);
    Ok(HttpResponse::Ok().json(answer))
}

fn shown(kept: &Kept, wanted: &Wanted, tokens: &TokenList) -> Shown {
    let books = &kept.books;
    let (days, days_from) = days(books, wanted, tokens);
    let flows = books.flows().filter_map(|(payer, mint, flow)| {
        let is_wanted = wanted.takes_payer(payer) && wanted.token.is_none_or(|it| it == mint);
        let asset = books.asset(mint).filter(|_| is_wanted)?;
        Some((payer, asset, *flow))
    });
    Shown {
        answer: BooksAnswer {
            success: true,
            complete: kept.is_complete,
            up_to: kept.up_to.map(|at| at.to_string()),
            fills: books.fills(),
            left_out: books.left_out(),
            positions: positions(books, wanted, tokens),
            days,
            days_from,
            wallets: Vec::new(),
        },
        flows: flows.collect(),
    }
}

fn positions(books: &Books, wanted: &Wanted, tokens: &TokenList) -> Vec<PositionView> {
    let mut all: Vec<_> = books
        .positions()
        .filter(|(payer, pair, _)| wanted.takes(*payer, *pair))
        .collect();
    all.sort_by_key(|(.., position)| Reverse(position.figures.fills));
    all.truncate(POSITIONS_SHOWN);
    let views = all.into_iter().filter_map(|(payer, pair, position)| {
        let assets = (books.asset(pair.token)?, books.asset(pair.quote)?);
        let (wallet, pair) = (name(payer), PairView::new(pair, tokens));
        Some(PositionView::new(wallet, pair, position, assets))
    });
    views.collect()
}

/// The newest first, in whole days.
fn days(books: &Books, wanted: &Wanted, tokens: &TokenList) -> (Vec<DayView>, Option<String>) {
    let mut from = books.days_from();
    let mut views: Vec<(Day, DayView)> = Vec::new();
    for (day, payer, pair, figures) in books.days().rev() {
        let (start, is_wanted) = (day.start(), wanted.takes(payer, pair));
        if wanted
            .from
            .is_some_and(|from| start < Day::of(from).start())
        {
            break;
        }
        if !is_wanted || wanted.to.is_some_and(|to| start >= to) {
            continue;
        }
        if views.len() == DAYS_SHOWN {
            let cut = day;
            views.retain(|(day, _)| *day != cut);
            from = Some(cut.next());
            break;
        }
        let (Some(token), Some(quote)) = (books.asset(pair.token), books.asset(pair.quote)) else {
            continue;
        };
        let view = DayView {
            day: date(day),
            wallet: name(payer),
            pair: PairView::new(pair, tokens),
            figures: FiguresView::new(figures, token, quote),
        };
        views.push((day, view));
    }
    let views = views.into_iter().map(|(_, view)| view).collect();
    (views, from.map(date))
}

fn date(day: Day) -> String {
    let mut text = day.start().to_string();
    text.truncate("2026-01-31".len());
    text
}

fn name(payer: Payer) -> Option<String> {
    payer.map(|wallet| wallet.to_string())
}

fn wallets(
    flows: &[(Payer, Asset, Flow)],
    held: &HashMap<(Address, Mint), u64>,
    tokens: &TokenList,
) -> Vec<WalletBooksView> {
    let mut wallets: BTreeMap<Payer, Vec<FlowView>> = BTreeMap::new();
    for (payer, asset, flow) in flows {
        let held = payer.and_then(|wallet| held.get(&(wallet, asset.mint)).copied());
        let view = FlowView::new(flow, *asset, held, tokens);
        wallets.entry(*payer).or_default().push(view);
    }
    let views = wallets.into_iter().map(|(payer, tokens)| WalletBooksView {
        wallet: name(payer),
        tokens,
    });
    views.collect()
}

/// What the chain says that wallets hold of these tokens, as far as it answers.
async fn held(ctx: &Ctx, flows: &[(Payer, Asset, Flow)]) -> HashMap<(Address, Mint), u64> {
    let mut held = HashMap::new();
    let mut of_wallets: BTreeMap<Address, Vec<Asset>> = BTreeMap::new();
    for (payer, asset, _) in flows {
        if let Some(wallet) = payer {
            of_wallets.entry(*wallet).or_default().push(*asset);
        }
    }
    let Some(views) = &ctx.wallets else {
        return held;
    };
    for (wallet, assets) in of_wallets.into_iter().take(WALLETS_ASKED) {
        let view = views.of(wallet);
        for asset in assets.into_iter().take(TOKENS_ASKED) {
            match units(&*view, asset).await {
                Some(units) => held.insert((wallet, asset.mint), units),
                // It does not answer: it will not answer the next question either.
                None => return held,
            };
        }
    }
    held
}

async fn units(view: &dyn WalletView, asset: Asset) -> Option<u64> {
    let means = deadline::chain(view.means(asset, Asset::SOL)).await;
    means.ok().map(|means| means.held.get())
}

impl Wanted {
    fn takes_payer(&self, payer: Payer) -> bool {
        self.wallet.is_none_or(|wallet| wallet == payer)
    }

    fn takes(&self, payer: Payer, pair: Pair) -> bool {
        let has_token = |token| pair.token == token || pair.quote == token;
        self.takes_payer(payer) && self.token.is_none_or(has_token)
    }
}
