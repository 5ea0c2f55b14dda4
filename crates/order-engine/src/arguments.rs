//! Arguments that several commands take.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Which page of a list.
#[derive(Debug, Args)]
pub(crate) struct Page {
    /// How many
    #[arg(long, value_name = "COUNT", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// Continue where the page before ended
    #[arg(long)]
    pub(crate) cursor: Option<String>,
}

/// A parser that accepts one of these names.
pub(crate) fn one_of<T, const N: usize>(
    names: [&'static str; N],
    parse: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T>
where
    T: Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names)
        .try_map(move |name| parse(&name).ok_or("it is not one of these names"))
}
