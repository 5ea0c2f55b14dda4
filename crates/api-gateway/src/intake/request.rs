//! A parsed request: the terms that it means, and the digest that tells it from another.

use domain::order::Terms;
use domain::{Asset, Mint};

use super::body::Fields;
use super::{fingerprint, terms};
use crate::assets::Names;
use crate::error::Result;

/// A body that is a JSON object.
#[derive(Debug)]
pub(super) struct Request<'a> {
    fields: Fields<'a>,
    /// Its terms, or a list of its errors.
    pub(super) terms: Result<Terms>,
    /// Mints that must be looked up before it is known whether anything is wrong with it.
    pub(super) unlisted: Vec<Mint>,
}

impl<'a> Request<'a> {
    /// Reads a body; refuses what is no JSON object.
    pub(super) fn read(
        body: &'a [u8],
        names: &Names<'_>,
        default_pair: Option<(Asset, Asset)>,
    ) -> Result<Self> {
        let fields = Fields::read(body)?;
        let (terms, unlisted) = terms::read(&fields, names, default_pair);
        Ok(Self {
            fields,
            terms,
            unlisted,
        })
    }

    /// Reads its terms again, now that more is known of its tokens.
    pub(super) fn read_again(&mut self, names: &Names<'_>, default_pair: Option<(Asset, Asset)>) {
        (self.terms, self.unlisted) = terms::read(&self.fields, names, default_pair);
    }

    /// The same for every spelling of the same request, valid or not.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        fingerprint::of(&self.fields)
    }
}
