//! PPR-01: all problems of the patient in one file.

use jiff::civil::Date;

use super::{Envelope, Segment, Sender};
use crate::generator::calendar::Day;
use crate::generator::clinic::illness::Problem;

/// Writes PPR^ZD1 with the problems as they were known on a day.
pub(crate) fn problems(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    list: &[Problem],
    known_on: Date,
) {
    sender.start(text, "PPR^ZD1^PPR_ZD1", envelope);
    sender.pid(text, envelope);
    let known = list.iter().filter(|problem| problem.since <= known_on);
    for (index, problem) in known.enumerate() {
        let facts = problem.illness.facts();
        let code = format!("{}^{}^{}", facts.code, facts.name, facts.system);
        let instance = format!(
            "{:015}",
            u64::from(sender.person.number) * 1_000 + index as u64
        );
        let healed = problem.until.filter(|until| *until <= known_on);
        let segment = Segment::open(text, "PRB")
            .field(1, "AD")
            .field(2, Day(problem.since))
            .field(3, &code)
            .field(4, &instance)
            .field(7, Day(problem.since));
        let class = format!("{}^^I10^O^外来時^JHSD0004", facts.icd10);
        let segment = match healed {
            Some(day) => segment
                .field(9, Day(day))
                .field(10, class)
                .field(14, "F^治癒^HL70241")
                .field(15, Day(day)),
            None => segment.field(10, class),
        };
        let segment = segment.field(16, Day(problem.since)).field(17, facts.name);
        let main = index == 0;
        if main {
            segment.field(18, "1^主診断^JHSD0007").close()
        } else {
            segment.close()
        }
        Segment::open(text, "ZPR").field(2, &code).close();
        Segment::open(text, "ORC")
            .field(1, "NW")
            .field(2, &instance)
            .field(12, sender.doctor())
            .field(17, sender.department())
            .field(29, "O^外来患者オーダ^HL70482")
            .close();
    }
}
