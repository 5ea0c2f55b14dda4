//! A parsed request: the terms that it means, and the digest that tells it from another.

use domain::order::Terms;
use domain::{Asset, Mint};

use super::body::Fields;
use super::terms::Reading;
use super::{fingerprint, terms};
use crate::assets::Names;
use crate::error::Result;
use crate::wallets::Asked;

/// A body that is a JSON object.
#[derive(Debug)]
pub(super) struct Request<'a> {
    fields: Fields<'a>,
    /// Its terms, or a list of its errors.
    pub(super) terms: Result<Terms>,
    /// Mints that must be looked up before it is known whether anything is wrong with it.
    pub(super) unlisted: Vec<Mint>,
    /// The wallet that it asks for.
    pub(super) wallet: Option<Asked>,
}

impl<'a> Request<'a> {
    /// Reads a body; refuses what is no JSON object.
    pub(super) fn read(
        body: &'a [u8],
        names: &Names<'_>,
        default_pair: Option<(Asset, Asset)>,
    ) -> Result<Self> {
        let fields = Fields::read(body)?;
        let Reading {
            terms,
            unlisted,
            wallet,
        } = terms::read(&fields, names, default_pair);
        Ok(Self {
            fields,
            terms,
            unlisted,
            wallet,
        })
    }

    /// Reads its terms again, now that more is known of its tokens.
    pub(super) fn read_again(&mut self, names: &Names<'_>, default_pair: Option<(Asset, Asset)>) {
        let again = terms::read(&self.fields, names, default_pair);
        (self.terms, self.unlisted) = (again.terms, again.unlisted);
    }

    /// The same for every spelling of the same request, valid or not.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        fingerprint::of(&self.fields)
    }
}
