//! How many files of which sizes: counted as they are made, in bounded memory.

use std::collections::BTreeMap;

/// Sizes of files, or counts per patient, in steps of an eighth of a doubling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    buckets: Vec<u64>,
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            buckets: Vec::new(),
            count: 0,
            sum: 0,
            min: u64::MAX,
            max: 0,
        }
    }
}

impl Sizes {
    /// Counts one.
    pub(crate) fn add(&mut self, size: u64) {
        let bucket = bucket_of(size);
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.count += 1;
        self.sum += size;
        self.min = self.min.min(size);
        self.max = self.max.max(size);
    }

    /// Counts those of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (bucket, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket += more;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.sum
    }

    /// The mean, rounded down; 0 of nothing.
    #[must_use]
    pub fn mean(&self) -> u64 {
        self.sum.checked_div(self.count).unwrap_or(0)
    }

    /// The smallest; 0 of nothing.
    #[must_use]
    pub const fn min(&self) -> u64 {
        if self.count == 0 { 0 } else { self.min }
    }

    /// The largest; 0 of nothing.
    #[must_use]
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// The size below or at which so many of a thousand lie, at most an eighth too high.
    #[must_use]
    pub fn permille(&self, permille: u64) -> u64 {
        let wanted = (self.count * permille).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return end_of(bucket).clamp(self.min(), self.max);
            }
        }
        self.max
    }

    /// Counts by doublings: below 2 to the 0, 1, 2 ... with the upper ends, empty ones left out.
    #[must_use]
    pub fn doublings(&self) -> Vec<(u64, u64)> {
        let mut doublings = BTreeMap::new();
        for (bucket, count) in self.buckets.iter().enumerate().filter(|(_, n)| **n > 0) {
            let end = (end_of(bucket) + 1).next_power_of_two();
            *doublings.entry(end).or_insert(0) += count;
        }
        doublings.into_iter().collect()
    }
}

/// Eight buckets a doubling; sizes below 16 have one each.
fn bucket_of(size: u64) -> usize {
    if size < 16 {
        return usize::try_from(size).expect("below 16");
    }
    let octave = size.ilog2();
    let eighth = (size >> (octave - 3)) & 7;
    (octave as usize - 2) * 8 + usize::try_from(eighth).expect("three bits")
}

/// The largest size of a bucket.
fn end_of(bucket: usize) -> u64 {
    if bucket < 16 {
        return bucket as u64;
    }
    let octave = bucket / 8 + 2;
    (((bucket as u64 % 8) + 9) << (octave - 3)) - 1
}

/// What a store holds, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// Sizes of files by kind: `OMP-01`, `ADT-22 cancel`, `CDA`, `DICOM` ...
    pub kinds: BTreeMap<&'static str, Sizes>,
    /// Files by condition flag 0, 1, 2; documents count with their folder's.
    pub flags: [u64; 3],
    /// Broken rules by their words.
    pub defects: BTreeMap<&'static str, u64>,
    /// Files per patient.
    pub files_per_patient: Sizes,
    /// Bytes per patient.
    pub bytes_per_patient: Sizes,
    /// Patients who are also another facility's.
    pub shared_patients: u64,
}

impl Distribution {
    /// Counts a file.
    pub(crate) fn file(&mut self, kind: &'static str, flag: u8, size: usize) {
        self.kinds.entry(kind).or_default().add(size as u64);
        self.flags[usize::from(flag)] += 1;
    }

    /// Counts what another has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (kind, sizes) in &other.kinds {
            self.kinds.entry(kind).or_default().merge(sizes);
        }
        for (flag, more) in self.flags.iter_mut().zip(other.flags) {
            *flag += more;
        }
        for (defect, count) in &other.defects {
            *self.defects.entry(defect).or_default() += count;
        }
        self.files_per_patient.merge(&other.files_per_patient);
        self.bytes_per_patient.merge(&other.bytes_per_patient);
        self.shared_patients += other.shared_patients;
    }

    /// Sizes of all HL7 messages.
    #[must_use]
    pub fn messages(&self) -> Sizes {
        self.all(|kind| kind.contains('-') || kind == "OMD")
    }

    /// Sizes of all documents and images of the extended storage.
    #[must_use]
    pub fn documents(&self) -> Sizes {
        self.all(|kind| !(kind.contains('-') || kind == "OMD"))
    }

    fn all(&self, wanted: impl Fn(&str) -> bool) -> Sizes {
        let mut all = Sizes::default();
        for (_, sizes) in self.kinds.iter().filter(|(kind, _)| wanted(kind)) {
            all.merge(sizes);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_meet_and_are_an_eighth_wide_at_most() {
        for size in (0..5_000).chain([1 << 40, (1 << 40) + 12_345]) {
            let bucket = bucket_of(size);
            assert!(end_of(bucket) >= size && end_of(bucket) - size <= size / 8);
            assert!(bucket == 0 || end_of(bucket - 1) < size);
        }
    }

    #[test]
    fn percentiles_and_doublings_are_those_of_what_was_counted() {
        let mut sizes = Sizes::default();
        assert_eq!((sizes.permille(500), sizes.mean(), sizes.min()), (0, 0, 0));
        (1..=1_000).for_each(|size| sizes.add(size));
        assert_eq!(
            (sizes.count(), sizes.mean(), sizes.max()),
            (1_000, 500, 1_000)
        );
        assert!(
            (500..=562).contains(&sizes.permille(500)),
            "{}",
            sizes.permille(500)
        );
        assert!((990..=1_000).contains(&sizes.permille(990)));
        let doublings = sizes.doublings();
        assert_eq!(doublings.iter().map(|(_, count)| count).sum::<u64>(), 1_000);
        assert_eq!(doublings.last(), Some(&(1_024, 489)));
    }
}
