//! Schuessler, Mastrogiuseppe, Ostojic & Barak 2024: aligned and oblique dynamics in recurrent neural networks.

mod aligned_oblique;
mod cycling;
mod noise_compression;

pub use aligned_oblique::AlignedOblique;
pub use noise_compression::NoiseCompression;
