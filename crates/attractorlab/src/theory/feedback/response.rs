//! Outliers of readouts that are made of a whole trajectory.

use std::f64::consts::TAU;

use attractorlab_numerics::linalg::{Mat, complex_eigenvalues};
use num_complex::Complex;

/// The equation Φ(λ) = 1 for the outliers at one state z of a readout Σ γ_k φ(x_k) of samples of a clamped
/// trajectory. With an eigenvector u of J·diag(φ') scaled to (n·φ'u)/N = 1, R = ⟨x u⟩ and R̃_k = ⟨x_k u⟩,
///
/// R = v(z)/(λ − g²F), P_k = F_k R̃_k + H_k R, R̃_{k+1} = (1−dt)R̃_k + dt(g²P_k + v(A))/λ, Φ = Σ γ_k P_k,
///
/// F_k = E φ'(x_k)φ'(x), H_k = E φ(x_k)φ''(x), v(z) = Sm²z + Smi. G'(z) = Φ(1).
///
/// Source: specification section 5; for z other than the target ours.
pub(super) struct Response {
    pub(super) gain_squared: f64,
    pub(super) dt: f64,
    /// g²F.
    pub(super) bulk: f64,
    /// v at z and at the target.
    pub(super) own: f64,
    pub(super) training: f64,
    /// Smi where the first sample is itself a clamped state: λR̃₀ = g²P₀ + Smi. Otherwise R̃₀ = 0.
    pub(super) first: Option<f64>,
    /// (γ_k, F_k, H_k).
    pub(super) samples: Vec<(f64, f64, f64)>,
}

/// Points on the circle; a multiple of four.
const POINTS: usize = 128;

impl Response {
    /// Φ(λ).
    pub(super) fn at(&self, lambda: Complex<f64>) -> Complex<f64> {
        let own = self.own / (lambda - self.bulk);
        let mut overlap = Complex::new(0.0, 0.0);
        if let (Some(input), Some((_, gains, curvature))) = (self.first, self.samples.first()) {
            overlap = (self.gain_squared * curvature * own + input) / (lambda - self.gain_squared * gains);
        }
        let per_step = self.dt / lambda;
        let mut sum = Complex::new(0.0, 0.0);
        for (weight, gains, curvature) in &self.samples {
            let response = gains * overlap + curvature * own;
            sum += weight * response;
            overlap = (1.0 - self.dt) * overlap + per_step * (self.gain_squared * response + self.training);
        }
        sum
    }

    /// All solutions with |λ| > `radius`, larger real part first.
    ///
    /// In μ = 1/λ the function 1 − Φ is analytic on the disc |μ| ≤ 1/radius: its poles are those of the
    /// network with the loop cut. Its winding number on the circle counts the zeros inside, and their
    /// power sums follow from the same points.
    pub(super) fn outliers(&self, radius: f64) -> Vec<Complex<f64>> {
        let function = |mu: Complex<f64>| 1.0 - self.at(mu.inv());
        let circle = 1.0 / radius;
        let half: Vec<Complex<f64>> = (0..=POINTS / 2)
            .map(|i| function(Complex::from_polar(circle, TAU * i as f64 / POINTS as f64)))
            .collect();
        // Values at conjugate points are conjugate.
        let value = |i: usize| if i <= POINTS / 2 { half[i] } else { half[POINTS - i].conj() };
        let turns: f64 = (0..POINTS).map(|i| (value((i + 1) % POINTS) / value(i)).arg()).sum();
        let count = (turns / TAU).round().max(0.0) as usize;
        if count == 0 {
            return Vec::new();
        }
        // Taylor coefficients in μ/circle, which give f'.
        let unit = |i: usize| Complex::from_polar(1.0, TAU * (i % POINTS) as f64 / POINTS as f64);
        let coefficients: Vec<f64> = (0..POINTS / 2)
            .map(|j| (0..POINTS).map(|i| (value(i) * unit(i * j).conj()).re).sum::<f64>() / POINTS as f64)
            .collect();
        let slope = |i: usize| {
            (1..POINTS / 2).map(|j| j as f64 * coefficients[j] * unit(i * (j - 1))).sum::<Complex<f64>>()
        };
        let ratio: Vec<Complex<f64>> = (0..POINTS).map(|i| slope(i) / value(i)).collect();
        let power_sum = |k: usize| {
            (0..POINTS).map(|i| unit(i * (k + 1)) * ratio[i]).sum::<Complex<f64>>().re / POINTS as f64
        };
        let mut found: Vec<Complex<f64>> = zeros_from_power_sums(count, power_sum)
            .into_iter()
            .map(|zero| polish(function, zero * circle).inv())
            .map(|lambda| if lambda.im.abs() < 1e-9 { Complex::new(lambda.re, 0.0) } else { lambda })
            .collect();
        found.sort_by(|a, b| b.re.total_cmp(&a.re));
        found
    }
}

/// Zeros of the polynomial with these power sums: Newton's identities, then its companion matrix.
fn zeros_from_power_sums(count: usize, power_sum: impl Fn(usize) -> f64) -> Vec<Complex<f64>> {
    let sums: Vec<f64> = (1..=count).map(power_sum).collect();
    let mut elementary = vec![1.0];
    for k in 1..=count {
        let sign = |i: usize| if i % 2 == 1 { 1.0 } else { -1.0 };
        let sum: f64 = (1..=k).map(|i| sign(i) * elementary[k - i] * sums[i - 1]).sum();
        elementary.push(sum / k as f64);
    }
    let companion = Mat::from_fn(count, count, |i, j| {
        let value = if i == 0 {
            if j % 2 == 0 { elementary[j + 1] } else { -elementary[j + 1] }
        } else if i == j + 1 {
            1.0
        } else {
            0.0
        };
        Complex::new(value, 0.0)
    });
    complex_eigenvalues(companion.as_ref()).unwrap_or_default()
}

/// A few secant steps.
fn polish(function: impl Fn(Complex<f64>) -> Complex<f64>, start: Complex<f64>) -> Complex<f64> {
    let (mut last, mut mu) = (start * 1.001, start);
    let (mut last_value, mut value) = (function(last), function(mu));
    for _ in 0..20 {
        let slope = (value - last_value) / (mu - last);
        let next = mu - value / slope;
        if !next.is_finite() || (next - start).norm() > 0.5 * start.norm() {
            break;
        }
        (last, last_value) = (mu, value);
        mu = next;
        value = function(mu);
        if (mu - last).norm() <= 1e-13 * mu.norm() {
            break;
        }
    }
    mu
}
