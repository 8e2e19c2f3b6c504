//! Random draws of the ensembles that the theories speak of.

use attractorlab_numerics::linalg::Mat;
use attractorlab_numerics::random::Stream;

/// An N×N matrix of independent N(0, g²/N) entries, the diagonal included: spectral radius g.
pub fn gaussian_bulk(units: usize, g: f64, stream: &mut Stream) -> Mat<f64> {
    let scale = g / (units as f64).sqrt();
    Mat::from_fn(units, units, |_, _| scale * stream.normal())
}

/// Feedback and input vectors with a shared direction (Mastrogiuseppe & Ostojic 2019):
/// m = Sm(ρξ + √(1−ρ²) ηᵐ), I = SI(ρξ + √(1−ρ²) ηᴵ), with standard normal ξ, ηᵐ, ηᴵ.
#[derive(Debug, Clone)]
pub struct InputVectors {
    /// The shared direction ξ.
    pub shared: Vec<f64>,
    /// The feedback vector's own direction ηᵐ.
    pub feedback_own: Vec<f64>,
    /// The input vector's own direction ηᴵ.
    pub input_own: Vec<f64>,
    /// The feedback vector m.
    pub feedback: Vec<f64>,
    /// The input vector I.
    pub input: Vec<f64>,
}

impl InputVectors {
    /// Draws the vectors of a network of `units` units; `feedback_std` and `input_std` are the
    /// standard deviations Sm and SI of the entries, `rho` the weight of the shared direction.
    pub fn draw(units: usize, feedback_std: f64, input_std: f64, rho: f64, stream: &mut Stream) -> Self {
        let own = ((1.0 - rho) * (1.0 + rho)).max(0.0).sqrt();
        let shared = stream.normals(units);
        let feedback_own = stream.normals(units);
        let input_own = stream.normals(units);
        let mix = |std: f64, direction: &[f64]| {
            shared.iter().zip(direction).map(|(xi, eta)| std * (rho * xi + own * eta)).collect()
        };
        Self {
            feedback: mix(feedback_std, &feedback_own),
            input: mix(input_std, &input_own),
            shared,
            feedback_own,
            input_own,
        }
    }
}
