//! Segments by the names of their fields; segments without a view are read by number.
//!
//! A view is a segment and costs nothing: each method cuts its field when asked. What is not
//! sent is empty.

mod types;

pub use types::{Address, Coded, Person, Phone};

use crate::hl7::{Message, Segment, Value};
use crate::time::Time;

/// Defines views: a segment's name, and methods with the numbers and types of their fields.
macro_rules! views {
    ($($(#[$about:meta])* $view:ident $segment:literal {
        $($(#[$what:meta])* $method:ident: $kind:ident $number:literal;)*
    })*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $view<'m>(pub Segment<'m>);

        impl<'m> $view<'m> {
            /// The segment's name.
            pub const SEGMENT: &'static str = $segment;

            /// The first of a message; an empty one when there is none.
            #[must_use]
            pub fn first(message: &'m Message<'_>) -> Self {
                Self(message.first(Self::SEGMENT))
            }

            /// All of a message.
            pub fn all(message: &'m Message<'_>) -> impl Iterator<Item = Self> {
                message.all(Self::SEGMENT).map(Self)
            }

            /// The view of a segment of that name.
            #[must_use]
            pub fn of(segment: Segment<'m>) -> Option<Self> {
                (segment.name() == Self::SEGMENT).then_some(Self(segment))
            }

            $(views!(@method $(#[$what])* $method $kind $number);)*
        }
    )*};
    (@method $(#[$what:meta])* $method:ident value $number:literal) => {
        $(#[$what])* #[must_use]
        pub fn $method(&self) -> Value<'m> { self.0.field($number) }
    };
    (@method $(#[$what:meta])* $method:ident coded $number:literal) => {
        $(#[$what])* #[must_use]
        pub fn $method(&self) -> Coded<'m> { Coded(self.0.field($number)) }
    };
    (@method $(#[$what:meta])* $method:ident codes $number:literal) => {
        $(#[$what])*
        pub fn $method(&self) -> impl Iterator<Item = Coded<'m>> + use<'m> {
            self.0.field($number).repetitions().map(Coded)
        }
    };
    (@method $(#[$what:meta])* $method:ident person $number:literal) => {
        $(#[$what])* #[must_use]
        pub fn $method(&self) -> Person<'m> { Person(self.0.field($number)) }
    };
    (@method $(#[$what:meta])* $method:ident doctor $number:literal) => {
        $(#[$what])* #[must_use]
        pub fn $method(&self) -> types::Doctor<'m> { types::Doctor(self.0.field($number)) }
    };
    (@method $(#[$what:meta])* $method:ident address $number:literal) => {
        $(#[$what])* #[must_use]
        pub fn $method(&self) -> Address<'m> { Address(self.0.field($number)) }
    };
    (@method $(#[$what:meta])* $method:ident phone $number:literal) => {
        $(#[$what])* #[must_use]
        pub fn $method(&self) -> Phone<'m> { Phone(self.0.field($number)) }
    };
    (@method $(#[$what:meta])* $method:ident time $number:literal) => {
        $(#[$what])* #[must_use]
        pub fn $method(&self) -> Option<Time> { Time::parse(self.0.field($number).component(1).raw()) }
    };
    (@method $(#[$what:meta])* $method:ident id $number:literal) => {
        $(#[$what])* #[must_use]
        pub fn $method(&self) -> Value<'m> { self.0.field($number).component(1) }
    };
}

pub use types::Doctor;

views! {
    /// Patient.
    Pid "PID" {
        /// The identifier, with and without `^^^^PI`.
        patient: id 3;
        /// The name: kanji and kana.
        name: person 5;
        /// Day of birth.
        born: time 7;
        /// M, F, O, U.
        sex: value 8;
        /// Address.
        address: address 11;
        /// Telephone at home.
        phone: phone 13;
        /// Telephone at work.
        work_phone: phone 14;
        /// When the record was changed last.
        updated: time 33;
    }
    /// Visit.
    Pv1 "PV1" {
        /// O outpatient, I inpatient; `0` occurs for O.
        class: value 2;
        /// Ward, room, bed.
        location: value 3;
        /// Attending doctor.
        attending: doctor 7;
        /// Department.
        department: id 10;
        /// Admitted, or seen.
        admitted: time 44;
        /// Discharged.
        discharged: time 45;
    }
    /// Allergy, short form.
    Al1 "AL1" {
        /// DA drug, FA food, ...
        class: coded 2;
        /// To what.
        allergen: coded 3;
        /// SV, MO, MI.
        severity: coded 4;
        /// What happened.
        reaction: value 5;
        /// Since when.
        since: time 6;
    }
    /// Allergy, long form.
    Iam "IAM" {
        /// DA drug, FA food, ...
        class: coded 2;
        /// To what.
        allergen: coded 3;
        /// SV, MO, MI.
        severity: coded 4;
        /// What happened; repeats.
        reaction: value 5;
        /// A added, D deleted, U updated.
        action: coded 6;
        /// Allergy, intolerance, ...
        sensitivity: coded 9;
        /// Since when.
        since: time 11;
        /// Since when, in words.
        since_words: value 12;
        /// When it was reported.
        reported: time 13;
        /// Confirmed, suspected, ...
        status: coded 17;
    }
    /// Problem.
    Prb "PRB" {
        /// AD, UP, DE.
        action: value 1;
        /// When it was entered.
        acted: time 2;
        /// The disease: MDCDX2.
        problem: coded 3;
        /// Its number at the facility.
        instance: id 4;
        /// When it was established.
        established: time 7;
        /// When it was solved.
        solved: time 9;
        /// ICD-10; then where it was set.
        classification: coded 10;
        /// `1` suspected.
        confirmation: coded 13;
        /// How it ended.
        outcome: coded 14;
        /// When it began.
        onset: time 16;
        /// Its name as the hospital shows it.
        shown: value 17;
        /// `1` main diagnosis.
        ranking: coded 18;
    }
    /// Modifiers of a problem's name.
    Zpr "ZPR" {
        /// Prefixes.
        prefixes: codes 1;
        /// The base name.
        base: coded 2;
        /// Suffixes.
        suffixes: codes 3;
    }
    /// Order.
    Orc "ORC" {
        /// NW new, CA cancelled, PA parent, CH child, ...
        control: value 1;
        /// Placer's number.
        placer_order: id 2;
        /// Filler's number.
        filler_order: id 3;
        /// Group (Rp): `1`, or `<order>_01_001`.
        group: id 4;
        /// State.
        status: value 5;
        /// When it was entered.
        entered: time 9;
        /// Who ordered.
        orderer: doctor 12;
        /// Department.
        department: coded 17;
        /// In or out, test or treatment.
        order_type: coded 29;
    }
    /// Drug of an order.
    Rxe "RXE" {
        /// The drug: HOT9, YJ, ...
        drug: coded 2;
        /// Least dose.
        least: value 3;
        /// Most.
        most: value 4;
        /// Unit of a dose.
        unit: coded 5;
        /// Form.
        form: coded 6;
        /// First dose, uneven doses, comments; repeats.
        instructions: codes 7;
        /// Amount dispensed.
        dispensed: value 10;
        /// Its unit.
        dispensed_unit: coded 11;
        /// Prescription number.
        prescription: value 15;
        /// Total of a day: amount, then unit.
        daily: value 19;
        /// Outpatient or inpatient; in or outside the hospital; repeats.
        place: codes 21;
        /// Rate.
        rate: value 23;
        /// Its unit.
        rate_unit: coded 24;
        /// 21 oral, 22 as needed, 23 external, 24 self-injection.
        kind: coded 27;
        /// Supplements, since 1.2g; repeats.
        supplements: codes 31;
    }
    /// Timing.
    Tq1 "TQ1" {
        /// Usage codes, then their supplements; repeats.
        patterns: value 3;
        /// For how long: number, then unit.
        duration: value 6;
        /// From.
        start: time 7;
        /// Until.
        end: time 8;
        /// In words.
        words: value 11;
        /// How many times (as needed).
        times: value 14;
    }
    /// Way.
    Rxr "RXR" {
        /// PO, AP, IV, SC, ...
        route: coded 1;
        /// Where on the body.
        site: coded 2;
        /// Device.
        device: coded 3;
        /// Method.
        method: coded 4;
    }
    /// Component of a mixture.
    Rxc "RXC" {
        /// B base, A additive.
        kind: value 1;
        /// The drug.
        drug: coded 2;
        /// How much.
        amount: value 3;
        /// Its unit.
        unit: coded 4;
    }
    /// Administration.
    Rxa "RXA" {
        /// From.
        start: time 3;
        /// Until.
        end: time 4;
        /// The drug.
        drug: coded 5;
        /// How much.
        amount: value 6;
        /// Its unit.
        unit: coded 7;
        /// By whom.
        administrator: doctor 10;
        /// Whether it was given: CP, PA, RE, NA.
        status: value 20;
    }
    /// Specimen.
    Spm "SPM" {
        /// Its number.
        number: value 2;
        /// Blood, urine, ...
        specimen: coded 4;
        /// When it was taken.
        taken: time 17;
    }
    /// Request of an observation.
    Obr "OBR" {
        /// Placer's number.
        placer_order: id 2;
        /// Filler's number.
        filler_order: id 3;
        /// What.
        service: coded 4;
        /// From.
        start: time 7;
        /// Until.
        end: time 8;
        /// Who ordered.
        orderer: doctor 16;
        /// When it was reported.
        reported: time 22;
        /// F final, P preliminary.
        status: value 25;
    }
    /// Observation.
    Obx "OBX" {
        /// NM, ST, CWE, ED, ...
        value_type: value 2;
        /// What: JLAC10, then the hospital's own code.
        test: coded 3;
        /// The value, as sent: `  -` keeps its spaces.
        result: value 5;
        /// Its unit.
        unit: coded 6;
        /// Reference range.
        range: value 7;
        /// H, L, HH, LL, A.
        flag: value 8;
        /// F final, P preliminary, D withdrawn.
        status: value 11;
        /// When.
        observed: time 14;
    }
    /// Insurance.
    In1 "IN1" {
        /// Kind of insurance.
        plan: coded 2;
        /// Insurer's number.
        insurer: id 3;
        /// 記号; since 1.2h also `記号~番号~枝番`.
        symbol: value 10;
        /// 番号.
        number: value 11;
        /// From.
        start: time 12;
        /// Until.
        end: time 13;
        /// Relationship.
        relationship: coded 17;
    }
    /// Disability.
    Db1 "DB1" {
        /// Whose: PT the patient's.
        whose: value 2;
        /// Whether there is one: Y, N.
        present: value 4;
        /// From.
        start: time 5;
        /// Until.
        end: time 6;
    }
    /// Next of kin.
    Nk1 "NK1" {
        /// The name.
        name: person 2;
        /// Relationship.
        relationship: coded 3;
        /// Address.
        address: address 4;
        /// Telephone.
        phone: phone 5;
    }
}

impl In1<'_> {
    /// Symbol and number, in either of the two forms: IN1-10 and IN1-11, or repetitions of IN1-10.
    #[must_use]
    pub fn symbol_and_number(&self) -> (String, String) {
        let mut parts = self.symbol().every_repetition().map(|part| part.text());
        let (symbol, second) = (parts.next().unwrap_or_default(), parts.next());
        match second {
            Some(number) if self.number().is_empty() => (symbol, number),
            _ => (symbol, self.number().text()),
        }
    }
}

#[cfg(test)]
mod tests;
