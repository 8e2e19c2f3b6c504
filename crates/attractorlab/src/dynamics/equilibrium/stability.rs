//! Whether the states of a batch are stable: Re λ < 1 for every eigenvalue λ of diag(φ')W.
//!
//! Three tests, from the cheapest on:
//!
//! 1. **Symmetric part.** The nonzero eigenvalues of GW are those of G^½ W G^½, whose real parts are at most the
//!    largest eigenvalue of G^½ S G^½ with S = (W + Wᵀ)/2, hence at most max φ' · λ_max(S). If max φ' · λ_max(S) < 1
//!    every state of every input is stable: one Cholesky factorisation proves it for the whole batch.
//! 2. **Growth.** A random perturbation v of the state is relaxed, v ← v + a(GWv − v), so that a mode of eigenvalue λ
//!    is multiplied by μ = 1 + a(λ − 1). If v dies out, |μ| < 1 for every mode of which it contains more than it is
//!    shrunk to, and hence Re λ < 1. If it does not, the μ that dominates is read off three states in a row:
//!    Re λ > 1 is an instability, Re λ < 1 with |μ| ≥ 1 a step that is too long, and a shorter one is tried. A mode
//!    so near to the boundary that its side is within the error of the reading leaves the state undecided.
//! 3. **Spectrum.** The eigenvalues themselves, in 64 bits.
//!
//! The first and the third are certain, up to rounding, and so is an instability that the second finds. That it finds
//! a state stable is as certain as that two random vectors are not both nearly orthogonal to the same left
//! eigenvector: a vector whose part along an unstable mode is below ε can die out to ε before the mode is seen, which
//! has the probability ε√(2N/π). With ε = 1e-10 for vectors that die out, and about 1e-6 for those whose factor is
//! read when time is up, and two vectors, that is below N·1e-12 for a state.

use attractorlab_numerics::kernels::{Real, dot};
use attractorlab_numerics::linalg::{Cholesky, Complex64, Mat, MatRef, eigenvalues};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;

use super::{Columns, Equilibria, EquilibriumStatus, FixedPointLayer, blocks};
use crate::network::Transfer;

/// How far the stability of states is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StabilityTest {
    /// Not at all: solved columns are [`EquilibriumStatus::Undecided`], and so are unstable ones.
    Off,
    /// A proof from the symmetric part of W, or else the growth of a random perturbation: as cheap as the search
    /// of the states. Columns near the boundary may stay undecided.
    Growth,
    /// As [`StabilityTest::Growth`], and the spectrum of every column that it leaves undecided.
    #[default]
    Exact,
    /// The spectrum of every column, whose largest real part is then in [`Equilibria::growth`].
    Spectrum,
}

/// Steps of the test perturbations, largest first.
const STEPS: [f64; 4] = [0.6, 0.2, 0.06, 0.02];
/// Sweeps for each step.
const SWEEPS: usize = 300;
/// Sweeps between two looks at the perturbations.
const EVERY: usize = 10;
/// A perturbation of this size, from one, has died out: an unstable mode would have to be a smaller part of it.
const DIED_OUT: f64 = 1e-10;
/// A perturbation of this size is looked at.
const GROWN: f64 = 1e4;

/// max φ'.
fn steepest(transfer: Transfer) -> f64 {
    match transfer {
        Transfer::Tanh | Transfer::Relu { .. } | Transfer::Linear | Transfer::Softplus => 1.0,
        Transfer::Erf => (2.0 / std::f64::consts::PI).sqrt(),
        Transfer::Logistic => 0.25,
    }
}

impl<T: Real> FixedPointLayer<T> {
    /// Whether the symmetric part of W proves that every state under every input is stable.
    pub fn is_contracting(&self) -> bool {
        *self.contracting.get_or_init(|| {
            let (n, w) = (self.units(), self.wide_weights());
            let steepest = steepest(self.transfer);
            // Definite by more than rounding: 1 − max φ' S is positive.
            let margin = 1e-9;
            let matrix = Mat::from_fn(n, n, |i, j| {
                let identity = if i == j { 1.0 - margin } else { 0.0 };
                identity - 0.5 * steepest * (w[(i, j)] + w[(j, i)])
            });
            Cholesky::new(matrix.as_ref()).is_ok()
        })
    }

    /// Decides the columns that are solved.
    pub(super) fn decide(&self, found: &mut Equilibria<T>, test: StabilityTest) {
        if test == StabilityTest::Off {
            return;
        }
        let solved = |found: &Equilibria<T>| -> Vec<usize> {
            (0..found.status.len()).filter(|&c| found.status[c] == EquilibriumStatus::Undecided).collect()
        };
        let mut open = solved(found);
        if test != StabilityTest::Spectrum && !open.is_empty() {
            if self.is_contracting() {
                for &c in &open {
                    found.status[c] = EquilibriumStatus::Stable;
                }
                return;
            }
            for step in STEPS {
                let (stable, unstable): (Vec<_>, Vec<_>) = self
                    .perturb(&found.gains, &open, step, 0)
                    .into_iter()
                    .partition(|(_, status)| *status == EquilibriumStatus::Stable);
                // The first vector may miss an unstable mode by chance: stable is what two find so.
                let stable: Vec<usize> = stable.into_iter().map(|(c, _)| c).collect();
                let confirmed = self.perturb(&found.gains, &stable, step, 1);
                for (c, status) in unstable.into_iter().chain(confirmed) {
                    found.status[c] = status;
                }
                open = solved(found);
                if open.is_empty() {
                    break;
                }
            }
            if test == StabilityTest::Growth {
                return;
            }
        }
        let decided: Vec<(usize, Option<f64>)> =
            open.par_iter().map(|&c| (c, largest_real_part(self.weights(), found.gains.column(c)))).collect();
        for (c, growth) in decided {
            found.growth[c] = growth;
            found.status[c] = match growth {
                Some(growth) if growth < 1.0 => EquilibriumStatus::Stable,
                Some(_) => EquilibriumStatus::Unstable,
                None => EquilibriumStatus::Undecided,
            };
        }
    }

    /// Relaxes a perturbation of each of these columns, and returns those that it decides.
    fn perturb(
        &self,
        gains: &Columns<T>,
        columns: &[usize],
        step: f64,
        replicate: u64,
    ) -> Vec<(usize, EquilibriumStatus)> {
        let n = self.units();
        let seed: Vec<T> = Stream::new(0, "stability: perturbations", replicate)
            .normals(n)
            .into_iter()
            .map(|v| T::from_f64(v / (n as f64).sqrt()))
            .collect();
        blocks(columns.len())
            .into_par_iter()
            .flat_map_iter(|block| {
                let mut open: Vec<usize> = columns[block].to_vec();
                let mut v: Vec<T> = open.iter().flat_map(|_| seed.iter().copied()).collect();
                // The last three perturbations of each column.
                let (mut before, mut between) = (v.clone(), v.clone());
                let (mut image, mut work) = (vec![T::default(); v.len()], Vec::new());
                let mut decided = Vec::new();
                for sweep in 1..=SWEEPS {
                    self.forward.multiply(&v, &mut image, open.len(), &mut work);
                    for (slot, &c) in open.iter().enumerate() {
                        let here = slot * n..(slot + 1) * n;
                        let (v, image) = (&mut v[here.clone()], &image[here]);
                        for ((v, w), g) in v.iter_mut().zip(image).zip(gains.column(c)) {
                            *v += T::from_f64(step) * (*g * *w - *v);
                        }
                    }
                    match sweep % EVERY {
                        k if k == EVERY - 2 => before.copy_from_slice(&v),
                        k if k == EVERY - 1 => between.copy_from_slice(&v),
                        0 => {
                            for slot in (0..open.len()).rev() {
                                let here = slot * n..(slot + 1) * n;
                                let states =
                                    [&before[here.clone()], &between[here.clone()], &v[here.clone()]];
                                match judge(states, step, sweep == SWEEPS) {
                                    Verdict::Wait => continue,
                                    Verdict::Doubt => {}
                                    Verdict::Side(status) => decided.push((open[slot], status)),
                                }
                                let last = open.len() - 1;
                                for states in [&mut v, &mut before, &mut between, &mut image] {
                                    states.copy_within(last * n..(last + 1) * n, here.start);
                                    states.truncate(last * n);
                                }
                                open.swap_remove(slot);
                            }
                            if open.is_empty() {
                                break;
                            }
                        }
                        _ => {}
                    }
                }
                decided
            })
            .collect()
    }
}

/// What three states in a row of a perturbation tell.
enum Verdict {
    /// Nothing yet.
    Wait,
    /// This step decides nothing.
    Doubt,
    /// The side of the boundary.
    Side(EquilibriumStatus),
}

/// Judges a perturbation that began with length one; `last` if there is no more time.
fn judge<T: Real>(states: [&[T]; 3], step: f64, last: bool) -> Verdict {
    let sizes = states.map(|state| dot(state, state).to_f64().sqrt());
    let died_out = sizes[2] < DIED_OUT;
    if died_out && sizes[2] == 0.0 {
        return Verdict::Side(EquilibriumStatus::Stable);
    }
    if !died_out && sizes[2] < GROWN && !last {
        return Verdict::Wait;
    }
    let Some((mu, error)) = dominant(states) else {
        // Many modes together, all of which die out, or one that only begins to show.
        return match (died_out, sizes[0] > sizes[1] && sizes[1] > sizes[2]) {
            (true, true) => Verdict::Side(EquilibriumStatus::Stable),
            (true, false) if !last => Verdict::Wait,
            _ => Verdict::Doubt,
        };
    };
    // λ − 1 = (μ − 1)/a.
    let distance = (mu.re - 1.0) / step;
    if distance > 10.0 * error / step {
        Verdict::Side(EquilibriumStatus::Unstable)
    } else if mu.norm() + 10.0 * error < 1.0 {
        Verdict::Side(EquilibriumStatus::Stable)
    } else if died_out && !last {
        Verdict::Wait
    } else {
        Verdict::Doubt
    }
}

/// The factor μ by which a sequence grows (one of a conjugate pair where it turns), and the error of the fit relative
/// to the last state; `None` if neither one factor nor a pair describes three states in a row.
fn dominant<T: Real>([v0, v1, v2]: [&[T]; 3]) -> Option<(Complex64, f64)> {
    let product = |a: &[T], b: &[T]| dot(a, b).to_f64();
    let size = product(v2, v2);
    if !(size > 0.0 && size.is_finite()) {
        return None;
    }
    let (a11, a10, a00) = (product(v1, v1), product(v1, v0), product(v0, v0));
    let (b1, b0) = (product(v2, v1), product(v2, v0));
    let sine = |ratio: f64| ratio.max(0.0).sqrt();
    let real = b1 / a11;
    let error = sine(1.0 - b1 * b1 / (a11 * size)) * real.abs();
    if error < 1e-3 {
        return Some((Complex64::new(real, 0.0), error));
    }
    // v2 = p v1 + q v0, and μ² = p μ + q.
    let determinant = a11 * a00 - a10 * a10;
    let (p, q) = ((b1 * a00 - b0 * a10) / determinant, (b0 * a11 - b1 * a10) / determinant);
    let error = sine(1.0 - (p * b1 + q * b0) / size);
    let discriminant = 0.25 * p * p + q;
    if !(error < 1e-2) {
        return None;
    }
    let mu = if discriminant < 0.0 {
        Complex64::new(0.5 * p, (-discriminant).sqrt())
    } else {
        let root = discriminant.sqrt();
        let (low, high) = (0.5 * p - root, 0.5 * p + root);
        Complex64::new(if high.abs() >= low.abs() { high } else { low }, 0.0)
    };
    Some((mu, error * mu.norm()))
}

/// The largest real part of the eigenvalues of diag(gains) W; `None` if the spectrum cannot be computed.
pub(crate) fn largest_real_part<T: Real>(weights: MatRef<'_, T>, gains: &[T]) -> Option<f64> {
    let n = gains.len();
    let effective = Mat::from_fn(n, n, |i, j| gains[i].to_f64() * weights[(i, j)].to_f64());
    let values = eigenvalues(effective.as_ref()).ok()?;
    Some(values.iter().map(|value| value.re).fold(f64::NEG_INFINITY, f64::max))
}
