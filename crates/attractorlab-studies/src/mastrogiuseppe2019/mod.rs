//! Mastrogiuseppe & Ostojic 2019: a geometrical analysis of global stability in trained feedback
//! networks.

mod finite;
mod lines;
mod prediction;
mod pure_classes;
mod rules;
mod target_sweep;
mod trained_readouts;

pub use prediction::PredictionStudy;
pub use pure_classes::PureClasses;
pub use target_sweep::TargetSweep;
pub use trained_readouts::TrainedReadouts;
