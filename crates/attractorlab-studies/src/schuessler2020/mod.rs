//! Schuessler, Dubreuil, Mastrogiuseppe, Ostojic & Barak 2020: the interplay between randomness and structure during
//! learning in recurrent networks.

mod cosine;
mod divergence;
mod learnt;
mod linear;
mod linear_growth;
mod linear_rank;
mod linear_scaling;
mod network_size;
mod spectra;
mod strength_scan;
mod task_learning;
mod text;

pub use cosine::CosineStudy;
pub use divergence::Divergence;
pub use linear_growth::LinearGrowth;
pub use linear_rank::LinearRank;
pub use linear_scaling::LinearScaling;
pub use network_size::NetworkSize;
pub use spectra::TrainedSpectra;
pub use strength_scan::StrengthScan;
pub use task_learning::TaskLearningStudy;
pub use text::TextStudy;
