//! In which order the segments of a message stand.
//!
//! A pattern such as `MSH EVN PID (ORC RXE TQ1+)+` becomes a position automaton (Glushkov): one
//! state per segment name written in it, and for each the set of those that may follow.
//!
//! Source: HL7 v2.5 and SS-MIX2 guideline 1.2; `spec/ssmix-message.md`, section 4.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The patterns by MSH-9.1 and MSH-9.2. `?` at most once, `*` any number, `+` at least once.
#[rustfmt::skip]
const PATTERNS: [(&str, &str); 33] = [
    ("ADT^A01", "MSH SFT* EVN PID PD1? ROL* NK1* PV1 PV2? ROL* DB1* OBX* AL1* DG1* DRG? (PR1 ROL*)* GT1* (IN1 IN2? IN3* ROL*)* ACC? UB1? UB2? PDA?"),
    ("ADT^A02", "MSH SFT* EVN PID PD1? ROL* PV1 PV2? ROL* DB1* OBX* PDA?"),
    ("ADT^A03", "MSH SFT* EVN PID PD1? ROL* NK1* PV1 PV2? ROL* DB1* AL1* DG1* DRG? (PR1 ROL*)* OBX* GT1* (IN1 IN2? IN3* ROL*)* ACC? PDA?"),
    ("ADT^A04", "MSH SFT* EVN PID PD1? ROL* NK1* PV1 PV2? ROL* DB1* OBX* AL1* DG1* DRG? (PR1 ROL*)* GT1* (IN1 IN2? IN3* ROL*)* ACC? UB1? UB2? PDA?"),
    ("ADT^A08", "MSH SFT* EVN PID PD1? ROL* NK1* PV1 PV2? ROL* DB1* OBX* AL1* DG1* DRG? (PR1 ROL*)* GT1* (IN1 IN2? IN3* ROL*)* ACC? UB1? UB2? PDA?"),
    ("ADT^A11", "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX* DG1*"),
    ("ADT^A12", "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX* DG1*"),
    ("ADT^A13", "MSH SFT* EVN PID PD1? ROL* NK1* PV1 PV2? ROL* DB1* OBX* AL1* DG1* DRG? (PR1 ROL*)* GT1* (IN1 IN2? IN3* ROL*)* ACC? UB1? UB2? PDA?"),
    ("ADT^A14", "MSH SFT* EVN PID PD1? ROL* NK1* PV1 PV2? ROL* DB1* OBX* AL1* DG1* DRG? (PR1 ROL*)* GT1* (IN1 IN2? IN3* ROL*)* ACC? UB1? UB2?"),
    ("ADT^A15", "MSH SFT* EVN PID PD1? ROL* PV1 PV2? ROL* DB1* OBX* DG1*"),
    ("ADT^A16", "MSH SFT* EVN PID PD1? ROL* NK1* PV1 PV2? ROL* DB1* OBX* AL1* DG1* DRG? (PR1 ROL*)* GT1* (IN1 IN2? IN3* ROL*)* ACC?"),
    ("ADT^A21", "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX*"),
    ("ADT^A22", "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX*"),
    ("ADT^A23", "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX*"),
    ("ADT^A25", "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX*"),
    ("ADT^A26", "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX*"),
    ("ADT^A27", "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX*"),
    ("ADT^A52", "MSH SFT* EVN PID PD1? PV1 PV2?"),
    ("ADT^A53", "MSH SFT* EVN PID PD1? PV1 PV2?"),
    ("ADT^A54", "MSH SFT* EVN PID PD1? ROL* PV1 PV2? ROL*"),
    ("ADT^A55", "MSH SFT* EVN PID PD1? PV1 PV2?"),
    ("ADT^A60", "MSH SFT* EVN PID PV1? PV2? IAM*"),
    ("PPR^ZD1", "MSH SFT* PID (PV1 PV2?)? (PRB ZPR? ZPD* NTE* VAR* (ROL VAR*)* (PTH VAR*)* ZI1* (OBX NTE*)* (GOL NTE* VAR* (ROL VAR*)* (OBX NTE*)*)* (ORC NTE* VAR* (OBX NTE* VAR*)*)*)+"),
    ("OMD^O03", "MSH SFT* NTE* (PID PD1? NTE* (PV1 PV2?)? (IN1 IN2? IN3?)* GT1? AL1*)? (ORC (TQ1 TQ2*)* (ODS+ NTE* (OBX NTE*)*)?)+ (ORC (TQ1 TQ2*)* ODT+ NTE*)*"),
    ("RDE^O11", "MSH SFT* NTE* (PID PD1? NTE* (PV1 PV2?)? (IN1 IN2? IN3?)* GT1? AL1*)? (ORC (TQ1 TQ2*)* (RXO NTE* RXR+ (RXC NTE*)*)? RXE NTE* (TQ1 TQ2*)+ RXR+ RXC* (OBX NTE*)* FT1* BLG? CTI*)+"),
    ("RAS^O17", "MSH SFT* NTE* (PID PD1? NTE* AL1* (PV1 PV2?)?)? (ORC (TQ1 TQ2*)* (RXO NTE* RXR+ (RXC NTE*)*)? (RXE (TQ1 TQ2*)* RXR+ RXC*)? (RXA+ RXR (OBX NTE*)*)+ CTI*)+"),
    ("OML^O33", "MSH SFT* NTE* (PID PD1? NTE* NK1* (PV1 PV2?)? (IN1 IN2? IN3?)* GT1? AL1*)? (SPM OBX* SAC* (ORC (TQ1 TQ2*)* (OBR TCD? NTE* DG1* (OBX TCD? NTE*)*)? FT1* CTI* BLG?)+)+"),
    ("OUL^R22", "MSH SFT* NTE? (PID PD1? NTE*)? (PV1 PV2?)? (SPM OBX* (SAC INV?)* (OBR ORC? NTE* (TQ1 TQ2*)* (OBX TCD? SID* NTE*)* CTI*)+)+ DSC?"),
    ("OMG^O19", "MSH SFT* NTE* (PID PD1? NTE* NK1* (PV1 PV2?)? (IN1 IN2? IN3?)* GT1? AL1*)? (ORC (TQ1 TQ2*)* OBR NTE* CTD? DG1* (OBX NTE*)* (SPM OBX* (SAC OBX*)*)* FT1* CTI* BLG?)+"),
    ("OMI^Z23", "MSH SFT* NTE* (PID PD1? NTE* (PV1 PV2?)? (IN1 IN2? IN3?)* GT1? AL1*)? (ORC (TQ1 TQ2*)* OBR NTE* CTD? DG1* (OBX NTE*)* (ZE1 OBX* ZE2*)* IPC+)+"),
    ("ORU^R01", "MSH SFT* ((PID PD1? NTE* NK1* (PV1 PV2?)?)? (ORC? OBR NTE* (TQ1 TQ2*)* CTD? (OBX NTE*)* FT1* CTI* (SPM OBX*)*)+)+ DSC?"),
    ("ORU^R30", "MSH SFT* PID PD1? (PV1 PV2?)? ORC OBR NTE* (TQ1 TQ2*)* (OBX NTE*)+"),
    ("MDM^T02", "MSH SFT* EVN PID PV1 (ORC (TQ1 TQ2*)* OBR NTE*)* TXA (OBX NTE*)+"),
];

/// How segments break the order of their message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderError {
    /// The segment of this place may not stand there.
    Unexpected(usize),
    /// The message ends before a segment that it must have.
    Incomplete,
}

/// Checks the order of segments. Message types without a pattern are not checked.
///
/// Time: linear in the segments.
///
/// # Errors
/// The first [`OrderError`].
pub fn check<'n>(
    code: &str,
    trigger: &str,
    names: impl Iterator<Item = &'n str>,
) -> Result<(), OrderError> {
    static AUTOMATA: LazyLock<HashMap<&'static str, Automaton>> = LazyLock::new(|| {
        let made = PATTERNS.map(|(message, pattern)| (message, Automaton::of(pattern)));
        HashMap::from(made)
    });
    AUTOMATA
        .get(format!("{code}^{trigger}").as_str())
        .map_or(Ok(()), |automaton| automaton.check(names))
}

/// Sets of states: the names of a pattern by their place in it; at most 128.
type States = u128;

/// A pattern as states and what may follow each.
struct Automaton {
    names: Vec<&'static str>,
    follow: Vec<States>,
    first: States,
    last: States,
}

/// What is known of a piece of a pattern: its first and last states, and whether it may be absent.
#[derive(Clone, Copy)]
struct Piece {
    first: States,
    last: States,
    optional: bool,
}

impl Piece {
    const NOTHING: Self = Self {
        first: 0,
        last: 0,
        optional: true,
    };
}

impl Automaton {
    fn of(pattern: &'static str) -> Self {
        let mut automaton = Self {
            names: Vec::new(),
            follow: Vec::new(),
            first: 0,
            last: 0,
        };
        let mut rest = pattern;
        let whole = automaton.sequence(&mut rest);
        assert!(rest.is_empty() && automaton.names.len() <= 128, "{pattern}");
        (automaton.first, automaton.last) = (whole.first, whole.last);
        automaton
    }

    /// Pieces one after another, up to a closing bracket or the end.
    fn sequence(&mut self, rest: &mut &'static str) -> Piece {
        let mut so_far = Piece::NOTHING;
        loop {
            *rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with(')') {
                return so_far;
            }
            let next = self.piece(rest);
            self.join(so_far.last, next.first);
            so_far = Piece {
                first: so_far.first | if so_far.optional { next.first } else { 0 },
                last: next.last | if next.optional { so_far.last } else { 0 },
                optional: so_far.optional && next.optional,
            };
        }
    }

    /// A name or a bracket, and how often it may stand.
    fn piece(&mut self, rest: &mut &'static str) -> Piece {
        let mut piece = if let Some(inside) = rest.strip_prefix('(') {
            *rest = inside;
            let piece = self.sequence(rest);
            *rest = rest.strip_prefix(')').expect("brackets close");
            piece
        } else {
            let (name, after) = rest.split_at(3);
            *rest = after;
            let state = 1 << self.names.len();
            self.names.push(name);
            self.follow.push(0);
            Piece {
                first: state,
                last: state,
                optional: false,
            }
        };
        let times = rest.chars().next().filter(|times| "?*+".contains(*times));
        if let Some(times) = times {
            *rest = &rest[1..];
            piece.optional |= times != '+';
            if times != '?' {
                self.join(piece.last, piece.first);
            }
        }
        piece
    }

    /// Lets some states follow others.
    fn join(&mut self, from: States, to: States) {
        for (at, follow) in self.follow.iter_mut().enumerate() {
            if from >> at & 1 == 1 {
                *follow |= to;
            }
        }
    }

    fn check<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<(), OrderError> {
        let (mut open, mut reached) = (self.first, 0);
        for (at, name) in names.enumerate() {
            let known = self.names.iter().enumerate();
            let named: States = known
                .filter(|(_, known)| **known == name)
                .map(|(state, _)| 1 << state)
                .sum();
            reached = open & named;
            if reached == 0 {
                return Err(OrderError::Unexpected(at));
            }
            let follow = self.follow.iter().enumerate();
            open = follow
                .filter(|(state, _)| reached >> state & 1 == 1)
                .fold(0, |open, (_, follow)| open | follow);
        }
        if reached & self.last == 0 {
            return Err(OrderError::Incomplete);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{KINDS, Kind};

    fn check_names(message: &str, names: &str) -> Result<(), OrderError> {
        let (code, trigger) = message.split_once('^').unwrap();
        check(code, trigger, names.split_whitespace())
    }

    #[test]
    fn every_message_of_every_kind_has_a_pattern() {
        for event in KINDS.iter().flat_map(Kind::events) {
            let name = format!("{}^{}", event.code, event.trigger);
            assert!(
                PATTERNS.iter().any(|(message, _)| *message == name),
                "{name}"
            );
        }
    }

    #[test]
    fn good_messages_pass_and_the_first_misplaced_segment_is_told() {
        let good = "MSH PID PV1 AL1 ORC RXE TQ1 RXR ORC RXE TQ1 TQ1 RXR RXC RXC";
        assert_eq!(check_names("RDE^O11", good), Ok(()));
        assert_eq!(check_names("RDE^O11", "MSH ORC RXE TQ1 RXR"), Ok(()));
        for (names, error) in [
            ("MSH PID ORC RXE RXR TQ1", OrderError::Unexpected(4)),
            ("MSH PID ORC RXE TQ1 RXR MSH", OrderError::Unexpected(6)),
            ("MSH PID ORC RXE TQ1", OrderError::Incomplete),
            ("PID", OrderError::Unexpected(0)),
            ("MSH PID ZZZ", OrderError::Unexpected(2)),
            ("", OrderError::Incomplete),
        ] {
            assert_eq!(check_names("RDE^O11", names), Err(error), "{names}");
        }
        assert_eq!(
            check_names("OUL^R22", "MSH PID SPM OBR ORC OBX OBX OBR OBX"),
            Ok(())
        );
        assert_eq!(
            check_names("OUL^R22", "MSH PID SPM ORC OBR OBX"),
            Err(OrderError::Unexpected(3))
        );
        assert_eq!(check_names("XXX^Z99", "anything"), Ok(()));
    }

    #[test]
    fn repetition_absence_and_brackets_mean_what_they_say() {
        let passes = |pattern: &'static str, names: &str| {
            Automaton::of(pattern)
                .check(names.split_whitespace())
                .is_ok()
        };
        for (pattern, good, bad) in [
            ("AAA?", &["AAA"][..], &["AAA AAA", "BBB"][..]),
            ("AAA+ BBB", &["AAA BBB", "AAA AAA BBB"], &["BBB", "AAA"]),
            (
                "AAA (BBB CCC?)*",
                &["AAA", "AAA BBB", "AAA BBB CCC BBB"],
                &["AAA CCC", "AAA BBB CCC CCC"],
            ),
            (
                "(AAA? BBB?)+ CCC",
                &["CCC", "BBB AAA CCC"],
                &["AAA", "CCC AAA"],
            ),
        ] {
            assert!(good.iter().all(|names| passes(pattern, names)), "{pattern}");
            assert!(bad.iter().all(|names| !passes(pattern, names)), "{pattern}");
        }
    }
}
