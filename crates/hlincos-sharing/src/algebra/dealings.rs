//! Which dealings of a round may be used, and who dealt or answered wrongly.
//!
//! Receiver j publishes v_ij of the dealing of contributor i. A dealing is straight if its values
//! lie on one polynomial of degree below k (that is 0 at 0, where zeros were dealt). If they do
//! not, i dealt badly or receivers lie. An *explanation* is a set of fewer than k holders without
//! whose dealings and values everything is straight; while fewer than k are wrong, those who are
//! wrong are one. So whoever is in every explanation is a culprit.
//!
//! Source: `spec/algebra.md`, section 4.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::collinear::{Value, fit, without_root};
use super::linear_hash::VALUE_BYTES;
use super::route::{Route, RouteError, ShareId};
use crate::subsets::{few_subsets, subsets};
use crate::{Point, Threshold};

/// What was dealt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dealings {
    /// Shares of zeros, for a refresh.
    Zeros,
    /// Shares of random bytes, for masks.
    Masks,
}

/// The values of one round.
#[derive(Clone, Debug)]
pub struct DealingCheck {
    threshold: Threshold,
    id: ShareId,
    kind: Dealings,
    contributors: Vec<Point>,
    /// By contributor and receiver.
    values: BTreeMap<(Point, Point), [u8; VALUE_BYTES]>,
}

/// What may be used of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Contributors whose dealings every holder adds, in ascending order.
    pub contributors: Vec<Point>,
    /// Holders who dealt or answered wrongly, in ascending order.
    ///
    /// Security: if fewer than k holders are wrong.
    pub culprits: Vec<Point>,
    /// Holders of whom some are wrong, and it cannot be told which, in ascending order.
    pub suspects: Vec<Point>,
}

impl DealingCheck {
    /// Prepares for the values of a round.
    ///
    /// # Errors
    /// [`DealingError::DuplicatePoint`], [`DealingError::BeyondN`]; [`DealingError::TooFew`] for
    /// fewer than k contributors, of whom none may be honest.
    pub fn new(
        threshold: Threshold,
        id: ShareId,
        kind: Dealings,
        contributors: &[Point],
    ) -> Result<Self, DealingError> {
        let mut sorted = contributors.to_vec();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(DealingError::DuplicatePoint(pair[0]));
        }
        if let Some(last) = sorted.last().filter(|last| last.get() > threshold.n()) {
            return Err(DealingError::BeyondN(*last));
        }
        enough(&sorted, usize::from(threshold.k()))?;
        Ok(Self {
            threshold,
            id,
            kind,
            contributors: sorted,
            values: BTreeMap::new(),
        })
    }

    /// Takes the value that holder `route.to` published of the dealing of `route.from`.
    ///
    /// # Errors
    /// [`DealingError::Route`], [`DealingError::BeyondN`].
    pub fn add(&mut self, route: Route, value: [u8; VALUE_BYTES]) -> Result<(), DealingError> {
        self.id.expect(route.id)?;
        if route.to.get() > self.threshold.n() {
            return Err(DealingError::BeyondN(route.to));
        }
        let known = self.contributors.contains(&route.from);
        if !known || self.values.contains_key(&(route.from, route.to)) {
            return Err(RouteError::From(route.from).into());
        }
        self.values.insert((route.from, route.to), value);
        Ok(())
    }

    /// Judges the round, once all n holders published their values of all dealings.
    ///
    /// Security: let fewer than k holders be wrong, and the values' `r` be drawn after all
    /// dealings were delivered. Then, but for L/2^128 per dealing of L bytes, what honest holders
    /// have of the accepted dealings lies on polynomials as it should, and one at least is honest:
    /// nobody who is right is a culprit.
    /// Time: depends on who is wrong.
    ///
    /// # Errors
    /// [`DealingError::Missing`], [`DealingError::TooFew`], [`DealingError::NoExplanation`].
    pub fn judge(&self) -> Result<Accepted, DealingError> {
        for from in &self.contributors {
            let there = |to: &Point| self.values.contains_key(&(*from, *to));
            if let Some(to) = self.threshold.points().find(|to| !there(to)) {
                return Err(DealingError::Missing { from: *from, to });
            }
        }
        let explanations = self.explanations()?;
        let in_some = |point: &Point| explanations.iter().any(|all| all.contains(point));
        let in_all = |point: &Point| explanations.iter().all(|all| all.contains(point));
        let (culprits, rest): (Vec<Point>, Vec<Point>) = self.threshold.points().partition(in_all);
        let suspects: Vec<Point> = rest.into_iter().filter(in_some).collect();
        let straight =
            |from: &Point| !culprits.contains(from) && self.is_straight(*from, &culprits);
        let contributors: Vec<Point> = self.contributors.iter().copied().filter(straight).collect();
        // One more than the wrong ones who may be left.
        enough(
            &contributors,
            usize::from(self.threshold.k()) - culprits.len(),
        )?;
        Ok(Accepted {
            contributors,
            culprits,
            suspects,
        })
    }

    /// The least sets of holders, fewer than k, that explain all values.
    fn explanations(&self) -> Result<Vec<Vec<Point>>, DealingError> {
        let everyone: Vec<Point> = self.threshold.points().collect();
        let mut found: Vec<Vec<Point>> = Vec::new();
        for size in 0..usize::from(self.threshold.k()) {
            few_subsets(size, everyone.len()).ok_or(DealingError::NoExplanation)?;
            for subset in subsets(size, everyone.len()) {
                let wrong: Vec<Point> = subset.into_iter().map(|at| everyone[at]).collect();
                let known = |less: &Vec<Point>| less.iter().all(|point| wrong.contains(point));
                if !found.iter().any(known) && self.is_explained_by(&wrong) {
                    found.push(wrong);
                }
            }
            // Nobody is wrong.
            if size == 0 && !found.is_empty() {
                break;
            }
        }
        if found.is_empty() {
            return Err(DealingError::NoExplanation);
        }
        Ok(found)
    }

    fn is_explained_by(&self, wrong: &[Point]) -> bool {
        let mut others = self
            .contributors
            .iter()
            .filter(|from| !wrong.contains(from));
        others.all(|from| self.is_straight(*from, wrong))
    }

    /// Whether a dealing is straight, by the values of all but some.
    fn is_straight(&self, from: Point, but: &[Point]) -> bool {
        let of_dealing = self.values.range((from, FIRST)..=(from, LAST));
        let values: Vec<Value> = of_dealing
            .filter(|((_, to), _)| !but.contains(to))
            .map(|((_, to), value)| (to.get(), *value))
            .collect();
        let k = usize::from(self.threshold.k());
        match self.kind {
            Dealings::Zeros => fit(&without_root(&values), k - 1),
            Dealings::Masks => fit(&values, k),
        }
    }
}

fn enough(contributors: &[Point], need: usize) -> Result<(), DealingError> {
    if contributors.len() < need.max(1) {
        return Err(DealingError::TooFew {
            have: contributors.len(),
            need: need.max(1),
        });
    }
    Ok(())
}

/// Why a round cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DealingError {
    /// A value of something else.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// A contributor stands twice.
    #[error("holder {0} stands twice among the contributors; each deals once")]
    DuplicatePoint(Point),
    /// No holder has this point.
    #[error("the point {0} is beyond the number of holders; use the threshold of this object")]
    BeyondN(Point),
    /// A holder has not published yet.
    #[error("holder {to} has not published its value of the dealing of {from}; wait for it")]
    Missing {
        /// Whose dealing.
        from: Point,
        /// Whose value.
        to: Point,
    },
    /// Too few to be sure that one is honest.
    #[error("{have} dealings can be used and {need} are needed; let further holders deal")]
    TooFew {
        /// Dealings that could be used.
        have: usize,
        /// One more than may be wrong.
        need: usize,
    },
    /// k or more holders are wrong, or k and n are too great to try all sets of fewer.
    #[error("no few holders explain what is wrong; throw the round away and look at the holders")]
    NoExplanation,
}

const FIRST: Point = Point::new(1).expect("not 0");
const LAST: Point = Point::new(255).expect("not 0");
