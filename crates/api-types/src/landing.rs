//! Why a transaction did not land, as clients see it.

use domain::event::{Failure, FailureCode};
use domain::landing::LandingReport;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a transaction fared that did not land, or not yet. Whatever nobody can tell is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LandingView {
    /// The blocks in which it could have landed.
    pub blocks_lived: Option<u64>,
    /// Sends that an endpoint took.
    pub sends_taken: Option<u32>,
    /// What it offered for each compute unit, in micro-lamports.
    pub unit_price: u64,
    /// The compute units that it might have used.
    pub unit_limit: u32,
    /// What it would have paid in fees.
    pub fee_lamports: u64,
    /// Of a hundred blocks in which somebody paid to write its pools: those that its price would have sufficed for.
    #[schema(maximum = 100)]
    pub fee_percentile: Option<u8>,
    /// What half of those blocks took at least for each compute unit.
    pub usual_unit_price: Option<u64>,
    /// The compute units that its last simulation used.
    pub simulated_units: Option<u64>,
    /// The `errorCode` with which it was rolled back where it landed, in a block that is not final yet: it may land in
    /// another one.
    #[serde(default)]
    #[schema(examples("slippage_exceeded"))]
    pub rolled_back: Option<String>,
}

impl LandingView {
    /// The same in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        LandingReport::from(self).in_words()
    }

    /// What is known of a failure's transaction.
    pub(crate) fn of(failure: &Failure) -> Option<Self> {
        failure.landing.as_deref().map(Self::from)
    }
}

impl From<&LandingReport> for LandingView {
    fn from(report: &LandingReport) -> Self {
        Self {
            blocks_lived: report.blocks_lived,
            sends_taken: report.sends_taken,
            unit_price: report.unit_price,
            unit_limit: report.unit_limit,
            fee_lamports: report.fee_lamports,
            fee_percentile: report.fee_percentile,
            usual_unit_price: report.usual_unit_price,
            simulated_units: report.simulated_units,
            rolled_back: report.rolled_back.map(|code| code.name().to_owned()),
        }
    }
}

impl From<&LandingView> for LandingReport {
    fn from(view: &LandingView) -> Self {
        Self {
            blocks_lived: view.blocks_lived,
            sends_taken: view.sends_taken,
            unit_price: view.unit_price,
            unit_limit: view.unit_limit,
            fee_lamports: view.fee_lamports,
            fee_percentile: view.fee_percentile,
            usual_unit_price: view.usual_unit_price,
            simulated_units: view.simulated_units,
            rolled_back: view.rolled_back.as_deref().and_then(FailureCode::parse),
        }
    }
}
