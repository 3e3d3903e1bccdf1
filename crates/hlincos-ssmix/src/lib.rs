//! SS-MIX2 names and paths, HL7 v2.5 messages, Japanese characters: bytes to values and defects.
