//! One stationary state of the closed loop.

use num_complex::Complex;

use super::Inputs;
use crate::theory::clamped::DriveMoments;

/// Whether perturbations of a stationary state die out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// Bulk radius and real parts of the outliers are below one.
    Stable,
    /// An outlier has real part one or more: a saddle of the readout's dynamics.
    OutlierUnstable,
    /// The bulk radius is one or more: the stationary theory does not hold, the state is chaotic.
    BulkUnstable,
}

impl Stability {
    /// A word for tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::OutlierUnstable => "outlier-unstable",
            Self::BulkUnstable => "bulk-unstable",
        }
    }
}

/// A stationary state of a feedback network, in the limit of many units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPoint {
    /// Output z.
    pub z: f64,
    /// Variance Δ of the units' inputs.
    pub delta: f64,
    /// Eigenvalues λ of J·diag(φ') outside its random bulk, larger real part first. The state is
    /// stable if both have Re λ < 1; one inside the bulk disc is not visible in a finite spectrum. NaN where
    /// the theory gives none: those inside the disc of recursive least squares, those of chaotic states.
    pub outliers: [Complex<f64>; 2],
    /// Radius of the bulk of J·diag(φ').
    pub radius: f64,
    /// Slope G'(z) of the static map; one on a saddle-node.
    pub slope: f64,
    /// The verdict.
    pub stability: Stability,
}

impl FixedPoint {
    /// The stability that these numbers mean.
    pub(super) fn judged(radius: f64, outliers: &[Complex<f64>; 2]) -> Stability {
        if radius >= 1.0 {
            Stability::BulkUnstable
        } else if outliers[0].re >= 1.0 {
            Stability::OutlierUnstable
        } else {
            Stability::Stable
        }
    }

    /// The state at output `z` of a Gaussian readout with overlaps s_nm, s_nI (equation 9):
    /// λ² − Tλ + D = 0 with a_z = s_nm⟨φ'⟩, k = (s_nm z + s_nI)⟨φ'''⟩(Sm²z + Smi),
    /// T = g²F + a_z + k, D = g²F a_z.
    pub(super) fn gaussian(inputs: &Inputs, s_nm: f64, s_ni: f64, z: f64, m: &DriveMoments) -> Self {
        let bulk = inputs.g * inputs.g * m.power_slope;
        let direct = s_nm * m.gain;
        let indirect = (s_nm * z + s_ni) * m.third * inputs.half_drive_slope(z);
        let outliers = quadratic(bulk + direct + indirect, bulk * direct);
        let radius = m.radius(inputs.g);
        let stability = Self::judged(radius, &outliers);
        // G' = s_nm⟨φ'⟩ + (s_nm z + s_nI)·½⟨φ'''⟩·dΔ/dz, dΔ/dz = S'(z)/(1 − g²F)
        let slope = direct + indirect / (1.0 - bulk);
        Self { z, delta: m.delta, outliers, radius, slope, stability }
    }

    /// Whether the leading outlier lies outside of the bulk disc, where a finite spectrum shows it.
    pub fn outlier_is_visible(&self) -> bool {
        self.outliers[0].norm() > self.radius
    }
}

/// Roots of λ² − trace·λ + determinant, larger real part first, without cancellation.
pub(super) fn quadratic(trace: f64, determinant: f64) -> [Complex<f64>; 2] {
    let half = 0.5 * trace;
    let discriminant = half * half - determinant;
    if discriminant < 0.0 {
        let imaginary = (-discriminant).sqrt();
        return [Complex::new(half, imaginary), Complex::new(half, -imaginary)];
    }
    let large = half + half.signum() * discriminant.sqrt();
    // Nobody wants to read −0.
    let small = if large == 0.0 { 0.0 } else { determinant / large + 0.0 };
    let (first, second) = if large >= small { (large, small) } else { (small, large) };
    [Complex::new(first, 0.0), Complex::new(second, 0.0)]
}
