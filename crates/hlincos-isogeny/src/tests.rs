pub(crate) mod watched {
    pub(crate) fn known(told: [u8; 1]) -> [u8; 1] {
        told
    }
}
