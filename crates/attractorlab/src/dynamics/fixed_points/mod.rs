//! All fixed points of a system: found, certified, counted, classified, linked.
//!
//! [`find`] searches from many starts and merges what it finds ([`find_under_inputs`] where every start has an input of
//! its own); [`certify`] proves that a point is there, alone
//! in a ball, and counts its unstable directions; [`completeness`] says how much may have been missed;
//! [`modes`] and [`links`] say what happens around the points and between them.

mod certify;
mod completeness;
mod find;
mod links;
mod modes;
mod starts;
mod under_inputs;

pub use certify::{Certificate, Stability, Uncertified, certify, survives_rounding};
pub use completeness::{Completeness, completeness};
pub use find::{FindError, FindOptions, FixedPoint, FixedPoints, Hits, SlowPoint, find, find_until};
pub use links::{Link, LinkEnd, LinkOptions, links};
pub use modes::{Mode, Modes, modes};
pub use starts::{SeedKind, Starts};
pub use under_inputs::{UnderInput, find_under_inputs};
