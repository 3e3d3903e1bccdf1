//! Which dealings of a reshare may be used.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::ReshareError;
use crate::algebra::collinear::{Located, Value, locate};
use crate::algebra::{Route, RouteError, ShareId, VALUE_BYTES};
use crate::field::mul;
use crate::polynomial::weights_at;
use crate::{Point, Threshold};

/// The values that the new holders publish of the dealings of the old ones.
#[derive(Clone, Debug)]
pub struct ReshareCheck {
    old: Threshold,
    new: Threshold,
    id: ShareId,
    /// Ascending.
    dealers: Vec<Point>,
    /// By old and new holder.
    values: BTreeMap<(Point, Point), [u8; VALUE_BYTES]>,
}

/// What may be used of a reshare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reshared {
    /// The k old holders whose dealings all new holders use, in ascending order.
    pub dealers: Vec<Point>,
    /// Whether it was seen that old holders dealt their true shares.
    pub parity: Parity,
    /// Old holders who did not, in ascending order.
    ///
    /// Security: if at most (m-k)/2 of the m whose dealings are straight lied.
    pub culprits: Vec<Point>,
    /// Dealings that are not straight and are not used.
    pub disputes: Vec<Dispute>,
}

/// Whether old holders dealt their true shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// More than k dealt, and what they dealt lies on polynomials.
    Holds,
    /// Only k dealt: what they dealt is taken for their shares.
    Unchecked,
}

/// A dealing of which the new holders' values do not fit: the old holder dealt badly, or those of
/// the new ones who differ lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Who dealt.
    pub dealer: Point,
    /// Who differs, in ascending order; nobody if it cannot be told.
    pub differing: Vec<Point>,
}

impl ReshareCheck {
    /// Prepares for the values of the dealings of some old holders.
    ///
    /// # Errors
    /// [`ReshareError::DuplicatePoint`], [`ReshareError::BeyondN`], [`ReshareError::TooFew`].
    pub fn new(
        old: Threshold,
        new: Threshold,
        id: ShareId,
        dealers: &[Point],
    ) -> Result<Self, ReshareError> {
        let mut sorted = dealers.to_vec();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ReshareError::DuplicatePoint(pair[0]));
        }
        if let Some(last) = sorted.last().filter(|last| last.get() > old.n()) {
            return Err(ReshareError::BeyondN(*last));
        }
        let (have, need) = (sorted.len(), usize::from(old.k()));
        if have < need {
            let disputes = Vec::new();
            return Err(ReshareError::TooFew {
                have,
                need,
                disputes,
            });
        }
        Ok(Self {
            old,
            new,
            id,
            dealers: sorted,
            values: BTreeMap::new(),
        })
    }

    /// Takes the value that new holder `route.to` published of the dealing of old holder
    /// `route.from`.
    ///
    /// # Errors
    /// [`ReshareError::Route`], [`ReshareError::BeyondN`].
    pub fn add(&mut self, route: Route, value: [u8; VALUE_BYTES]) -> Result<(), ReshareError> {
        self.id.expect(route.id)?;
        if route.to.get() > self.new.n() {
            return Err(ReshareError::BeyondN(route.to));
        }
        let known = self.dealers.contains(&route.from);
        if !known || self.values.contains_key(&(route.from, route.to)) {
            return Err(RouteError::From(route.from).into());
        }
        self.values.insert((route.from, route.to), value);
        Ok(())
    }

    /// Judges the dealings, once all new holders published their values.
    ///
    /// Shape: a dealing is *straight* if its values lie on a polynomial of degree below k'; its
    /// value at 0 is then z_i = h_r(y_i) + w_i, which is compared as in a scrub.
    /// Security: let `r` be drawn after all dealings were delivered, and new holders publish
    /// without having seen others' values. If at least one old holder in a set of k+1 or more is
    /// wrong and at most m-k, that is seen but for L/2^128; up to (m-k)/2 are named.
    /// New holders who lie can have dealings refused, not used wrongly by honest ones.
    ///
    /// # Errors
    /// [`ReshareError::Missing`], [`ReshareError::TooFew`], [`ReshareError::Parity`].
    pub fn judge(&self) -> Result<Reshared, ReshareError> {
        let mut straight: Vec<Value> = Vec::new();
        let mut disputes = Vec::new();
        for dealer in &self.dealers {
            match self.at_zero(*dealer)? {
                Ok(value) => straight.push((dealer.get(), value)),
                Err(dispute) => disputes.push(dispute),
            }
        }
        let need = usize::from(self.old.k());
        let mut off = match locate(&straight, need) {
            Located::AllFit => Vec::new(),
            Located::Off(off) => off,
            Located::Unknown => return Err(ReshareError::Parity),
        };
        off.sort_unstable();
        let point = |at: usize| Point::new(straight[at].0).expect("a holder's point");
        let culprits: Vec<Point> = off.iter().map(|at| point(*at)).collect();
        let honest = (0..straight.len()).filter(|at| !off.contains(at));
        let dealers: Vec<Point> = honest.take(need).map(point).collect();
        let have = dealers.len();
        if have < need {
            return Err(ReshareError::TooFew {
                have,
                need,
                disputes,
            });
        }
        let parity = if straight.len() > need {
            Parity::Holds
        } else {
            Parity::Unchecked
        };
        Ok(Reshared {
            dealers,
            parity,
            culprits,
            disputes,
        })
    }

    /// The value at 0 of a straight dealing, or who differs.
    fn at_zero(&self, dealer: Point) -> Result<Result<[u8; VALUE_BYTES], Dispute>, ReshareError> {
        let value = |to: Point| Some((to.get(), *self.values.get(&(dealer, to))?));
        let all: Option<Vec<Value>> = self.new.points().map(value).collect();
        let all = all.ok_or(ReshareError::Missing(dealer))?;
        let k = usize::from(self.new.k());
        let differing = match locate(&all, k) {
            Located::AllFit => {
                let points: Vec<u8> = all[..k].iter().map(|(x, _)| *x).collect();
                let weighted = weights_at(&points, 0).into_iter().zip(&all);
                return Ok(Ok(weighted.fold(
                    [0; VALUE_BYTES],
                    |mut sum, (weight, (_, value))| {
                        let pairs = sum.iter_mut().zip(value);
                        pairs.for_each(|(sum, byte)| *sum ^= mul(weight, *byte));
                        sum
                    },
                )));
            }
            Located::Off(which) => which,
            Located::Unknown => Vec::new(),
        };
        let point = |at: usize| Point::new(all[at].0).expect("a holder's point");
        let mut differing: Vec<Point> = differing.into_iter().map(point).collect();
        differing.sort_unstable();
        Ok(Err(Dispute { dealer, differing }))
    }
}
