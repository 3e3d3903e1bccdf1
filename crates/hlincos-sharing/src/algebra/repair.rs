//! Repair: a lost share rebuilt by k holders, none of whom shows its own.
//!
//! Helper a owes the lost holder its share times Lagrange's weight; it adds a mask for each other
//! helper, and the masks cancel in the sum.
//!
//! Source: Stinson and Wei, "Combinatorial repairability for threshold schemes", Designs, Codes
//! and Cryptography 86, 2018, on enrollment; masks in pairs: `spec/algebra.md`, section 6.

use alloc::vec::Vec;

use super::refresh::expect_each;
use super::route::{Route, RouteError, ShareId};
use super::{same_lengths, sum};
use crate::polynomial::weights_at;
use crate::{Kernel, Point, Randomness, RandomnessError, Threshold};

/// The repair of one share: who helps, with what weight.
///
/// Traffic: one mask for each pair of helpers and one contribution each, k(k-1)/2 + k times the
/// share: 3 times for k = 2, 6 times for k = 3.
#[derive(Clone, Debug)]
pub struct Repair {
    kernel: Kernel,
    id: ShareId,
    lost: Point,
    /// Ascending.
    helpers: Vec<Point>,
    weights: Vec<u8>,
}

impl Repair {
    /// Computes the weights.
    ///
    /// Shape: k helpers, in any order.
    ///
    /// # Errors
    /// [`RepairError::Helpers`], [`RepairError::DuplicatePoint`], [`RepairError::BeyondN`],
    /// [`RepairError::LostHelps`].
    pub fn new(
        kernel: Kernel,
        threshold: Threshold,
        id: ShareId,
        lost: Point,
        helpers: &[Point],
    ) -> Result<Self, RepairError> {
        let mut helpers = helpers.to_vec();
        helpers.sort_unstable();
        if let Some(pair) = helpers.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(RepairError::DuplicatePoint(pair[0]));
        }
        if let Some(beyond) = helpers
            .iter()
            .chain([&lost])
            .find(|x| x.get() > threshold.n())
        {
            return Err(RepairError::BeyondN(*beyond));
        }
        if helpers.contains(&lost) {
            return Err(RepairError::LostHelps(lost));
        }
        let need = usize::from(threshold.k());
        if helpers.len() != need {
            let have = helpers.len();
            return Err(RepairError::Helpers { have, need });
        }
        let points: Vec<u8> = helpers.iter().map(|point| point.get()).collect();
        let weights = weights_at(&points, lost.get());
        Ok(Self {
            kernel,
            id,
            lost,
            helpers,
            weights,
        })
    }

    /// The routes of all masks: of two helpers, the one with the lesser point draws and sends.
    pub fn masks(&self) -> impl Iterator<Item = Route> {
        let pair = move |(at, from): (usize, &Point)| {
            let from = *from;
            let later = self.helpers[at + 1..].iter();
            later.map(move |to| Route {
                id: self.id,
                from,
                to: *to,
            })
        };
        self.helpers.iter().enumerate().flat_map(pair)
    }

    /// Draws a mask, for the helper who sends it.
    ///
    /// Randomness: `out`'s length.
    ///
    /// # Errors
    /// [`RepairError::Randomness`].
    pub fn draw_mask(rng: &mut dyn Randomness, out: &mut [u8]) -> Result<(), RepairError> {
        rng.begin_secret().map_err(RepairError::Randomness)?;
        rng.fill(out).map_err(RepairError::Randomness)
    }

    /// Makes what a helper sends to the lost holder: its route and, in `out`, a piece.
    ///
    /// Shape: the same piece of the helper's share and of each mask that it drew or was sent, all
    /// of `out`'s length.
    /// Security: the lost holder together with up to k-2 helpers learns nothing but the lost
    /// share; so do k-1 helpers without it. As strong as the masks.
    /// Time: constant in the bytes.
    ///
    /// # Errors
    /// [`RepairError::NoHelper`], [`RepairError::Route`], [`RepairError::Missing`],
    /// [`RepairError::Lengths`].
    pub fn contribute(
        &self,
        me: Point,
        share: &[u8],
        masks: &[(Route, &[u8])],
        out: &mut [u8],
    ) -> Result<Route, RepairError> {
        let at = self.helpers.iter().position(|helper| *helper == me);
        let at = at.ok_or(RepairError::NoHelper(me))?;
        let mine: Vec<Route> = self
            .masks()
            .filter(|route| route.from == me || route.to == me)
            .collect();
        for (index, (told, _)) in masks.iter().enumerate() {
            self.id.expect(told.id)?;
            let again = masks[..index].iter().any(|(other, _)| other == told);
            if again || !mine.contains(told) {
                return Err(RouteError::From(told.from).into());
            }
        }
        let there = |route: &&Route| masks.iter().any(|(told, _)| told == *route);
        if let Some(route) = mine.iter().find(|route| !there(route)) {
            let other = if route.from == me {
                route.to
            } else {
                route.from
            };
            return Err(RepairError::Missing(other));
        }
        let rows: Vec<&[u8]> = masks.iter().map(|(_, mask)| *mask).chain([share]).collect();
        if !same_lengths(&rows, out.len()) {
            return Err(RepairError::Lengths);
        }
        let mut weights = alloc::vec![1; masks.len()];
        weights.push(self.weights[at]);
        self.kernel.weighted_sum(&rows, &weights, 0, out);
        Ok(Route {
            id: self.id,
            from: me,
            to: self.lost,
        })
    }

    /// Puts a piece of the lost share together from all contributions.
    ///
    /// Shape: one piece from each helper, in any order, all of `out`'s length.
    /// Security: says nothing of correctness. A scrub over k+1 holders, this one among them, tells
    /// whether a helper lied; then repeat with other helpers. Refresh before it counts as safe.
    /// Time: constant in the bytes.
    ///
    /// # Errors
    /// [`RepairError::Route`], [`RepairError::Missing`], [`RepairError::Lengths`].
    pub fn assemble(
        &self,
        contributions: &[(Route, &[u8])],
        out: &mut [u8],
    ) -> Result<(), RepairError> {
        expect_each(self.id, self.lost, &self.helpers, contributions)?
            .map_err(RepairError::Missing)?;
        let rows: Vec<&[u8]> = contributions.iter().map(|(_, piece)| *piece).collect();
        if !same_lengths(&rows, out.len()) {
            return Err(RepairError::Lengths);
        }
        sum(self.kernel, &rows, out);
        Ok(())
    }
}

/// Why a share cannot be repaired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RepairError {
    /// A message of something else.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The source cannot give.
    #[error(transparent)]
    Randomness(RandomnessError),
    /// Not k helpers.
    #[error("{have} helpers were named and {need} are needed, neither more nor fewer")]
    Helpers {
        /// Named.
        have: usize,
        /// k.
        need: usize,
    },
    /// A helper stands twice.
    #[error("holder {0} stands twice among the helpers; each helps once")]
    DuplicatePoint(Point),
    /// No holder has this point.
    #[error("the point {0} is beyond the number of holders; use the threshold of this object")]
    BeyondN(Point),
    /// Who lost its share cannot help.
    #[error("holder {0} lost its share and cannot help; ask another")]
    LostHelps(Point),
    /// Not one of the helpers.
    #[error("holder {0} is none of the helpers of this repair")]
    NoHelper(Point),
    /// A mask or contribution is not there.
    #[error("what holder {0} was to send is not there; ask it again, or others to help")]
    Missing(Point),
    /// Lengths differ.
    #[error("the pieces differ in length; ask for them again")]
    Lengths,
}
