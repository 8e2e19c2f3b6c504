//! Sweeps as a library.

mod faults;
mod plan;
mod resume;
mod scale;
mod shipped;
mod view;
mod world;
