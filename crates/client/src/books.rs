//! Fills, positions and profits.

use std::time::Duration;

use api_types::books::BooksAnswer;
use api_types::fill::FillsAnswer;
use reqwest::header::ACCEPT;
use reqwest::{Method, Response};
use serde::Serialize;

use crate::Error;
use crate::transport::Client;

/// As long as a million fills may take over a slow line.
const CSV_LIMIT: Duration = Duration::from_secs(3_600);

/// Which fills to list.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FillsQuery {
    /// A time as answers print it, or a day.
    pub from: Option<String>,
    /// Before this.
    pub to: Option<String>,
    pub token_in: Option<String>,
    pub token_out: Option<String>,
    /// A wallet's name or address.
    pub wallet: Option<String>,
    /// A client's name, for operators.
    pub client: Option<String>,
    /// For pages alone.
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

/// Which books to show.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BooksQuery {
    /// A wallet's name or address.
    pub wallet: Option<String>,
    /// Only pairs with this token.
    pub token: Option<String>,
    /// A client's name, for operators.
    pub client: Option<String>,
    /// For days alone.
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Fills as CSV, as they come.
#[derive(Debug)]
pub struct FillsCsv {
    client: Client,
    response: Response,
}

impl Client {
    /// A page of fills, oldest first.
    pub async fn fills(&self, query: &FillsQuery) -> Result<FillsAnswer, Error> {
        self.get_with("/api/fills", query).await
    }

    /// All fills as CSV; `limit` must be absent.
    pub async fn fills_csv(&self, query: &FillsQuery) -> Result<FillsCsv, Error> {
        let request = self.request(Method::GET, "/api/fills", query)?;
        let request = request.header(ACCEPT, "text/csv").timeout(CSV_LIMIT);
        Ok(FillsCsv {
            response: self.send(request).await?,
            client: self.clone(),
        })
    }

    /// Positions and profits.
    pub async fn books(&self, query: &BooksQuery) -> Result<BooksAnswer, Error> {
        self.get_with("/api/books", query).await
    }
}

impl FillsCsv {
    /// The next bytes; nothing once all have come. A file that was cut short is an error.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let chunk = self.response.chunk().await;
        let chunk = chunk.map_err(|error| self.client.unreachable(error.without_url()))?;
        Ok(chunk.map(|bytes| bytes.to_vec()))
    }
}
