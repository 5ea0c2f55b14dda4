//! The venues' programs where a cluster has them at addresses of its own: what they sign for follows from there.

pub use amm::Program;
use amm::{amm_v4, cpmm, damm_v2, dlmm};
use domain::venue;

use crate::address::program_address;
use crate::convert::address;
use crate::pools::reading::kind;
use crate::rpc::Address;

/// A program that stands at this address, as it does on mainnet.
#[must_use]
pub fn deployed(program: venue::Program, id: Address) -> Program {
    let signs_for = |seed: &[u8]| {
        program_address(&[seed], id).expect("invariant: one of 255 hashes is no point of the curve")
    };
    match program {
        venue::Program::Cpmm => Program::Cpmm(cpmm::Deployment {
            id,
            authority: signs_for(b"vault_and_lp_mint_auth_seed"),
        }),
        venue::Program::AmmV4 => Program::AmmV4(amm_v4::Deployment {
            id,
            authority: signs_for(b"amm authority"),
            form: amm_v4::Form::Long,
        }),
        venue::Program::DammV2 => Program::DammV2(damm_v2::Deployment {
            id,
            authority: signs_for(b"pool_authority"),
            event_authority: signs_for(b"__event_authority"),
        }),
        venue::Program::Dlmm => Program::Dlmm(dlmm::Deployment {
            id,
            event_authority: signs_for(b"__event_authority"),
        }),
    }
}

/// Devnet's programs.
#[must_use]
pub fn devnet() -> Vec<Program> {
    Program::DEVNET.to_vec()
}

/// Mainnet's programs, of which these stand elsewhere.
#[must_use]
pub fn moved(elsewhere: &[(venue::Program, domain::Address)]) -> Vec<Program> {
    let place = |mainnet: &Program| {
        let here = elsewhere
            .iter()
            .find(|(program, _)| *program == kind(mainnet));
        here.map_or(*mainnet, |(program, id)| deployed(*program, address(*id)))
    };
    Program::MAINNET.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_sign_for_follows_from_their_addresses() {
        for known in Program::MAINNET.iter().chain(&Program::DEVNET) {
            assert_eq!(deployed(kind(known), known.id()), *known);
        }
    }

    #[test]
    fn only_what_is_named_stands_elsewhere() {
        let elsewhere = Address([7; 32]);

        let programs = moved(&[(venue::Program::DammV2, domain::Address::new(elsewhere.0))]);

        let ids: Vec<Address> = programs.iter().map(Program::id).collect();
        let mut expected = Program::MAINNET.map(|program| program.id());
        expected[2] = elsewhere;
        assert_eq!(ids, expected);
    }
}
