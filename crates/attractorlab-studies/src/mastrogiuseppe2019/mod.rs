//! Mastrogiuseppe & Ostojic 2019: a geometrical analysis of global stability in trained feedback
//! networks.

mod finite;
mod finite_size;
mod lines;
mod phase_diagrams;
mod prediction;
mod pure_classes;
mod rules;
mod strong_bulk;
mod target_sweep;
mod trained_readouts;
mod training_classes;

pub use finite_size::FiniteSize;
pub use phase_diagrams::PhaseDiagrams;
pub use prediction::PredictionStudy;
pub use pure_classes::PureClasses;
pub use strong_bulk::StrongBulk;
pub use target_sweep::TargetSweep;
pub use trained_readouts::TrainedReadouts;
pub use training_classes::TrainingClasses;
