//! What a network is asked to do.

pub mod images;
