//! What a network does.
