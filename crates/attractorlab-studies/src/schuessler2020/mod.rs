//! Schuessler et al. 2020: the interplay between randomness and structure during learning in RNNs.

mod learnt;
mod network_size;
mod spectra;
mod strength_scan;
mod task_learning;

pub use network_size::NetworkSize;
pub use spectra::TrainedSpectra;
pub use strength_scan::StrengthScan;
pub use task_learning::TaskLearningStudy;
