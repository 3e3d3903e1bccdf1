//! The conversations: the shareholder's interface as types, deal, restore and check over it.
