//! Schuessler, Dubreuil, Mastrogiuseppe, Ostojic & Barak 2020: the interplay between randomness and structure during
//! learning in recurrent networks.

mod cosine;
mod divergence;
mod linear;
mod linear_growth;
mod linear_rank;
mod linear_scaling;

pub use cosine::CosineStudy;
pub use divergence::Divergence;
pub use linear_growth::LinearGrowth;
pub use linear_rank::LinearRank;
pub use linear_scaling::LinearScaling;
