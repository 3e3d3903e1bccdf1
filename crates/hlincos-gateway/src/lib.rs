//! The dealer and combiner: splits, restores, answers queries, keeps no patient data.
