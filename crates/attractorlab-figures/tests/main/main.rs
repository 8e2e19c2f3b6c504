//! The crate as its users see it.

mod gallery;
mod report;
mod robustness;
mod xml;
