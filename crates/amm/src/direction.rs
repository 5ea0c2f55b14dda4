//! Which way a swap goes through a pool.

/// Which of the pool's two tokens is paid in.
///
/// The first token is what the programs call token 0 (CPMM), coin (AMM v4), A (DAMM v2) or X (DLMM).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Pays the first token, receives the second.
    FirstToSecond,
    /// Pays the second token, receives the first.
    SecondToFirst,
}

impl Direction {
    /// The way on which `input` is paid and `output` received, where they are the pool's two tokens or stand for them.
    #[must_use]
    pub fn between<T: Copy + PartialEq>(tokens: (T, T), input: T, output: T) -> Option<Self> {
        let ways = [Self::FirstToSecond, Self::SecondToFirst];
        ways.into_iter()
            .find(|way| way.in_out(tokens) == (input, output))
    }

    /// The other one.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::FirstToSecond => Self::SecondToFirst,
            Self::SecondToFirst => Self::FirstToSecond,
        }
    }

    /// What stands for the first and the second token, as input and output.
    #[must_use]
    pub fn in_out<T>(self, (first, second): (T, T)) -> (T, T) {
        match self {
            Self::FirstToSecond => (first, second),
            Self::SecondToFirst => (second, first),
        }
    }
}
