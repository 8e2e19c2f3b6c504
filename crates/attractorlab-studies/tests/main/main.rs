//! Tests of the study runner through the public API.

mod rehearsal;
mod runner;
mod selection;
