//! Sums, and how trades change them.

use crate::quote::Receipt;

/// What trades of a pair came to. Amounts of the token and of the quote are in their own base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    pub fills: u64,
    /// Of the token, and of the quote for it.
    pub bought: u128,
    pub cost: u128,
    pub sold: u128,
    pub proceeds: u128,
    /// The part of what was sold that these trades had not bought, and what it brought: its cost is not known.
    pub sold_without_cost: u128,
    pub proceeds_without_cost: u128,
    /// What the rest of what was sold had cost.
    pub cost_of_sold: u128,
    pub fee_lamports: u128,
    /// The part of the fees beyond those for signatures.
    pub priority_fee_lamports: u128,
    pub rent_paid_lamports: u128,
    pub rent_returned_lamports: u128,
    /// Transactions that were rolled back, and their fees, which are in no other figure.
    pub rolled_back: u64,
    pub rolled_back_lamports: u128,
    /// Fills of before there were receipts: what they cost in fees is not known.
    pub without_receipt: u64,
}

/// A pair's trades, and what is held of its token by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    pub figures: Figures,
    pub held: u128,
    pub cost_of_held: u128,
}

/// What a wallet took in and gave away of a token by the engine's transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    pub taken: u128,
    pub given: u128,
    /// What one leg of a route paid out and the next one did not take.
    pub left_over: u128,
    /// Of SOL alone, those of transactions that were rolled back too.
    pub fees: u128,
    pub rent_paid: u128,
    pub rent_returned: u128,
}

impl Figures {
    /// What was earned with what these trades had bought; below zero where it was lost. Fees and rent are not in it.
    #[must_use]
    pub fn realised(&self) -> i128 {
        signed(self.proceeds) - signed(self.proceeds_without_cost) - signed(self.cost_of_sold)
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.fills += other.fills;
        self.bought += other.bought;
        self.cost += other.cost;
        self.sold += other.sold;
        self.proceeds += other.proceeds;
        self.sold_without_cost += other.sold_without_cost;
        self.proceeds_without_cost += other.proceeds_without_cost;
        self.cost_of_sold += other.cost_of_sold;
        self.fee_lamports += other.fee_lamports;
        self.priority_fee_lamports += other.priority_fee_lamports;
        self.rent_paid_lamports += other.rent_paid_lamports;
        self.rent_returned_lamports += other.rent_returned_lamports;
        self.rolled_back += other.rolled_back;
        self.rolled_back_lamports += other.rolled_back_lamports;
        self.without_receipt += other.without_receipt;
    }

    pub(super) fn add_receipt(&mut self, receipt: &Receipt) {
        self.fee_lamports += u128::from(receipt.fee_lamports);
        self.priority_fee_lamports += u128::from(receipt.priority_fee_lamports);
        self.rent_paid_lamports += u128::from(receipt.rent_paid_lamports);
        self.rent_returned_lamports += u128::from(receipt.rent_returned_lamports);
    }
}

impl Position {
    /// Paid so much of the quote for so much of the token.
    pub(super) fn buy(&mut self, figures: &mut Figures, (paid, bought): (u128, u128)) {
        self.held += bought;
        self.cost_of_held += paid;
        figures.bought += bought;
        figures.cost += paid;
    }

    /// Sold so much of the token for so much of the quote. What is held is sold at its average cost, rounded down; the
    /// fraction stays with what is held, and the last unit takes all that is left. What goes beyond what is held has no
    /// cost here.
    pub(super) fn sell(&mut self, figures: &mut Figures, (sold, received): (u128, u128)) {
        let covered = sold.min(self.held);
        let cost = part(self.cost_of_held, covered, self.held);
        let proceeds = part(received, covered, sold);
        self.held -= covered;
        self.cost_of_held -= cost;
        figures.sold += sold;
        figures.proceeds += received;
        figures.sold_without_cost += sold - covered;
        figures.proceeds_without_cost += received - proceeds;
        figures.cost_of_sold += cost;
    }
}

impl Flow {
    /// What is more in the wallet for it; below zero where it is less.
    #[must_use]
    pub fn net(&self) -> i128 {
        let more = self.taken + self.left_over + self.rent_returned;
        let less = self.given + self.fees + self.rent_paid;
        signed(more) - signed(less)
    }
}

/// `amount × part / whole`, rounded down, exact where the product has more than 128 bits.
fn part(amount: u128, part: u128, whole: u128) -> u128 {
    if whole == 0 {
        return 0;
    }
    if part == whole {
        return amount;
    }
    if let Some(product) = amount.checked_mul(part) {
        return product / whole;
    }
    // Digit by digit of the part, from the highest: the quotient and the remainder so far.
    let (mut quotient, mut rest) = (0_u128, 0_u128);
    for bit in (0..u128::BITS).rev() {
        let (doubled, carried) = double_mod(rest, whole);
        quotient = quotient * 2 + carried;
        rest = doubled;
        if part >> bit & 1 == 1 {
            quotient += amount / whole;
            let (sum, carried) = add_mod(rest, amount % whole, whole);
            quotient += carried;
            rest = sum;
        }
    }
    quotient
}

fn double_mod(rest: u128, whole: u128) -> (u128, u128) {
    add_mod(rest, rest, whole)
}

/// The sum of two that are less than `whole`, and how often `whole` is in it.
fn add_mod(one: u128, other: u128, whole: u128) -> (u128, u128) {
    match one >= whole - other {
        true => (one - (whole - other), 1),
        false => (one + other, 0),
    }
}

/// Sums of 64-bit amounts stay far below the half of 128 bits.
fn signed(sum: u128) -> i128 {
    i128::try_from(sum).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn a_part_is_rounded_down_and_exact_beyond_128_bits() {
        assert_eq!(part(10, 1, 3), 3);
        assert_eq!(part(7, 5, 0), 0);
        assert_eq!(part(u128::MAX, 9, 9), u128::MAX);
        let large = 1_u128 << 100;
        assert_eq!(part(large, large, large * 2), large / 2);
        assert_eq!(part(large + 1, large, large + 3), large - 2);
        assert_eq!(part(large * 3, large, large + 1), large * 3 - 3);
    }
}
