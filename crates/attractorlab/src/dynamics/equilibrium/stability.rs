//! Whether the states of a batch are stable: Re λ < 1 for every eigenvalue λ of diag(φ')W.
//!
//! Three tests, from the cheapest on:
//!
//! 1. **Symmetric part.** The nonzero eigenvalues of GW are those of G^½ W G^½, whose real parts are at most the
//!    largest eigenvalue of G^½ S G^½ with S = (W + Wᵀ)/2, hence at most max φ' · λ_max(S). If max φ' · λ_max(S) < 1
//!    every state of every input is stable: one Cholesky factorisation proves it for the whole batch.
//! 2. **Growth.** A random perturbation v of the state is multiplied by a polynomial of GW that damps stable spectra
//!    and no mode with Re λ ≥ 1 ([`filter`](super::filter)). If v dies out, Re λ < 1 for every mode it contains. Between
//!    two such products v is relaxed, v ← v + a(GWv − v), so that a mode of eigenvalue λ is multiplied by
//!    μ = 1 + a(λ − 1), and the μ that dominates is read off three states in a row: Re λ > 1 is an instability. What the
//!    polynomial does not decide is relaxed all the time, by shorter and shorter steps. A mode so near to the boundary
//!    that its side is within the error of the reading leaves the state undecided. One perturbation is enough to see an
//!    instability; a state is stable only if two independent ones say so.
//! 3. **Spectrum.** The eigenvalues themselves, in 64 bits.
//!
//! What is certain: test 1 is a proof, test 3 is right up to rounding, and so is an instability that test 2 sees. Its
//! *stable* is a matter of probability: a mode that grows is missed while v hardly contains it. Its share of a random v
//! of length one is at least |l·v|/|l| for its left eigenvector l, a normal number of standard deviation 1/√N, so that
//! v shrinks to ε in spite of it with a probability below √(2N/π)·ε, and two do with the square of that: 6e-10 for
//! N = 1000 and ε = 1e-6. Where v does not die out in time, so that the dominant μ < 1 is read, a growing mode
//! that is a share f of v is hidden if f is within the error of the reading: below √(2N/π)·f, squared. Where that
//! matters, ask for [`StabilityTest::Spectrum`].

use attractorlab_numerics::kernels::{Real, dot};
use attractorlab_numerics::linalg::{Cholesky, Complex64, Mat, MatRef, eigenvalues};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;

use super::filter::Factor;
use super::{Columns, Equilibria, EquilibriumStatus, FixedPointLayer, blocks};
use crate::network::Transfer;

/// How far the stability of states is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StabilityTest {
    /// Not at all: solved columns are [`EquilibriumStatus::Undecided`], and so are unstable ones.
    Off,
    /// A proof from the symmetric part of W, or else the growth of random perturbations: as cheap as the search
    /// of the states. Columns near the boundary may stay undecided. An instability that is seen is one; *stable* without
    /// the proof is wrong if both of two random perturbations lack the mode that grows (6e-10 for 1000 units, more for a
    /// mode whose growth is slower than the test can follow).
    Growth,
    /// As [`StabilityTest::Growth`], with the same small probability of error, and the spectrum of every column that it
    /// leaves undecided.
    #[default]
    Exact,
    /// The spectrum of every column, whose largest real part is then in [`Equilibria::growth`].
    Spectrum,
}

/// Steps of the test perturbations, largest first.
const STEPS: [f64; 4] = [0.6, 0.2, 0.06, 0.02];
/// Sweeps for each step.
const SWEEPS: usize = 240;
/// Sweeps between two looks at the perturbations.
const EVERY: usize = 10;
/// Products with the polynomial before relaxation takes over.
const PRODUCTS: usize = 6;
/// Step between two products.
const LOOK: f64 = 0.3;
/// A perturbation that has shrunk by this factor has died out, if it still shrinks.
const SHRUNK: f64 = 1e-6;
/// One that has grown by this factor is looked at.
const GROWN: f64 = 1e4;
/// Perturbations that must die out.
const PERTURBATIONS: u64 = 2;

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
            let polynomial =
                Course { factors: self.filter(&found.gains, &open), look: LOOK, cycles: PRODUCTS };
            let relaxed = STEPS.map(|step| Course {
                factors: vec![Factor::Real(step); EVERY - 2],
                look: step,
                cycles: SWEEPS / EVERY,
            });
            for course in std::iter::once(polynomial).chain(relaxed) {
                if course.factors.is_empty() {
                    continue;
                }
                // Those that no perturbation has shown to be anything but stable.
                let mut stable = open;
                for replicate in 0..PERTURBATIONS {
                    let (died_out, seen): (Vec<_>, Vec<_>) = self
                        .perturb(&found.gains, &stable, &course, replicate)
                        .into_iter()
                        .partition(|(_, status)| *status == EquilibriumStatus::Stable);
                    for (c, status) in seen {
                        found.status[c] = status;
                    }
                    stable = died_out.into_iter().map(|(c, _)| c).collect();
                }
                for c in stable {
                    found.status[c] = EquilibriumStatus::Stable;
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

    /// Puts a perturbation of each of these columns on its course, and returns those that it decides.
    fn perturb(
        &self,
        gains: &Columns<T>,
        columns: &[usize],
        course: &Course,
        replicate: u64,
    ) -> Vec<(usize, EquilibriumStatus)> {
        let n = self.units();
        let seed: Vec<T> = perturbation(n, replicate).into_iter().map(T::from_f64).collect();
        blocks(columns.len())
            .into_par_iter()
            .flat_map_iter(|block| {
                let mut open: Vec<usize> = columns[block].to_vec();
                let mut v: Vec<T> = open.iter().flat_map(|_| seed.iter().copied()).collect();
                let mut scratch = Scratch::default();
                // The perturbations before the last two steps.
                let (mut before, mut between) = (Vec::new(), Vec::new());
                let mut decided = Vec::new();
                for cycle in 1..=course.cycles {
                    for factor in &course.factors {
                        self.apply(*factor, gains, &open, &mut v, &mut scratch);
                    }
                    before.clone_from(&v);
                    self.apply(Factor::Real(course.look), gains, &open, &mut v, &mut scratch);
                    between.clone_from(&v);
                    self.apply(Factor::Real(course.look), gains, &open, &mut v, &mut scratch);
                    for slot in (0..open.len()).rev() {
                        let here = slot * n..(slot + 1) * n;
                        let states = [&before[here.clone()], &between[here.clone()], &v[here.clone()]];
                        match judge(states, course, cycle == course.cycles) {
                            Verdict::Wait => continue,
                            Verdict::Doubt => {}
                            Verdict::Side(status) => decided.push((open[slot], status)),
                        }
                        let last = open.len() - 1;
                        for states in [&mut v, &mut before, &mut between] {
                            states.copy_within(last * n..(last + 1) * n, here.start);
                            states.truncate(last * n);
                        }
                        open.swap_remove(slot);
                    }
                    if open.is_empty() {
                        break;
                    }
                }
                decided
            })
            .collect()
    }

    /// Multiplies the perturbations of the open columns by a factor.
    fn apply(
        &self,
        factor: Factor,
        gains: &Columns<T>,
        open: &[usize],
        v: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let n = self.units();
        let Scratch { first, second, work } = scratch;
        // out = (GW − 1) x.
        let mut differ = |x: &[T], out: &mut Vec<T>| {
            out.resize(x.len(), T::default());
            self.forward.multiply(x, out, open.len(), work);
            for ((out, x), &c) in out.chunks_exact_mut(n).zip(x.chunks_exact(n)).zip(open) {
                for ((o, x), g) in out.iter_mut().zip(x).zip(gains.column(c)) {
                    *o = *g * *o - *x;
                }
            }
        };
        differ(v, first);
        match factor {
            Factor::Real(a) => {
                let a = T::from_f64(a);
                v.iter_mut().zip(first.iter()).for_each(|(v, d)| *v += a * *d);
            }
            Factor::Pair { first: a, second: b } => {
                differ(first, second);
                let (a, b) = (T::from_f64(a), T::from_f64(b));
                for ((v, d), e) in v.iter_mut().zip(first.iter()).zip(second.iter()) {
                    *v += a * *d + b * *e;
                }
            }
        }
    }
}

/// What is done to a perturbation: cycles of factors and two relaxations, by which it is judged.
struct Course {
    factors: Vec<Factor>,
    /// Step of the relaxations.
    look: f64,
    cycles: usize,
}

impl Course {
    /// Whether all steps are equal, so that the mode that dominates at the end is the one that grows fastest. (What
    /// dominates after a polynomial may be what the polynomial happens to magnify.)
    fn is_relaxation(&self) -> bool {
        self.factors.iter().all(|factor| *factor == Factor::Real(self.look))
    }
}

/// Memory for the products.
#[derive(Default)]
struct Scratch<T> {
    first: Vec<T>,
    second: Vec<T>,
    work: Vec<T>,
}

/// A random perturbation, of length about one.
fn perturbation(n: usize, replicate: u64) -> Vec<f64> {
    let normals = Stream::new(0, "stability: perturbations", replicate).normals(n);
    normals.into_iter().map(|v| v / (n as f64).sqrt()).collect()
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
fn judge<T: Real>(states: [&[T]; 3], course: &Course, last: bool) -> Verdict {
    let step = course.look;
    let length = |of: &[T]| dot(of, of).to_f64().sqrt();
    let size = length(states[2]);
    let reading = dominant(states);
    if size < SHRUNK {
        let shrinks = reading.map_or(size < length(states[1]), |(mu, _)| mu.norm() < 1.0);
        // Of length zero: nothing is left that could grow.
        if shrinks || size == 0.0 {
            return Verdict::Side(EquilibriumStatus::Stable);
        }
    }
    if size < GROWN && !last {
        return Verdict::Wait;
    }
    let Some((mu, error)) = reading else { return Verdict::Doubt };
    // λ − 1 = (μ − 1)/a.
    let distance = (mu.re - 1.0) / step;
    if distance > 10.0 * error / step {
        Verdict::Side(EquilibriumStatus::Unstable)
    } else if course.is_relaxation() && mu.norm() + 10.0 * error < 1.0 {
        Verdict::Side(EquilibriumStatus::Stable)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::EquilibriumOptions;

    /// W = λ m nᵀ with n·m = 1 and n·v = `overlap` for the first perturbation v: its one mode grows for λ > 1, and v
    /// hardly contains it.
    fn nearly_blind(n: usize, eigenvalue: f64, overlap: f64) -> Mat<f64> {
        let v = perturbation(n, 0);
        let mut stream = Stream::new(5, "stability: tests", 0);
        let (m, mut left) = (stream.normals(n), stream.normals(n));
        let vv = dot(&v, &v);
        let without: Vec<f64> = {
            let along = dot(&left, &v) / vv;
            left.iter().zip(&v).map(|(l, v)| l - along * v).collect()
        };
        let scale = 1.0 / dot(&without, &m);
        for ((l, w), v) in left.iter_mut().zip(&without).zip(&v) {
            *l = scale * w + overlap * v / vv;
        }
        let unit = dot(&left, &m);
        Mat::from_fn(n, n, |i, j| eigenvalue * m[i] * left[j] / unit)
    }

    #[test]
    fn a_growing_mode_that_one_perturbation_hardly_contains_is_seen() {
        let n = 20;
        for eigenvalue in [1.02, 1.05, 1.3] {
            for overlap in [1e-4, 1e-5, 1e-7, 0.0] {
                let w = nearly_blind(n, eigenvalue, overlap);
                let truth = largest_real_part(w.as_ref(), &vec![1.0; n]).unwrap();
                assert!((truth - eigenvalue).abs() < 1e-9, "{truth}");
                let layer = FixedPointLayer::new(w, Transfer::Tanh).unwrap();
                for stability in [StabilityTest::Growth, StabilityTest::Exact] {
                    // The origin, where all gains are one.
                    let options = EquilibriumOptions { stability, ..EquilibriumOptions::of::<f64>() };
                    let found = layer.solve(&Columns::zeros(n, 1), None, &options).unwrap();
                    assert_eq!(
                        found.status[0],
                        EquilibriumStatus::Unstable,
                        "{eigenvalue} {overlap:e} {stability:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_bulk_beside_the_boundary_is_decided_without_its_spectrum() {
        // Antisymmetric part large, so that the symmetric part proves nothing; the spectrum ends at about 0.8.
        let n = 150;
        let mut stream = Stream::new(3, "stability: tests", 1);
        let w = Mat::from_fn(n, n, |_, _| 0.8 * stream.normal() / (n as f64).sqrt());
        let layer = FixedPointLayer::new(w, Transfer::Tanh).unwrap();
        assert!(!layer.is_contracting());
        let options =
            EquilibriumOptions { stability: StabilityTest::Growth, ..EquilibriumOptions::of::<f64>() };
        let found = layer.solve(&Columns::zeros(n, 3), None, &options).unwrap();
        assert!(found.status.iter().all(|s| *s == EquilibriumStatus::Stable), "{:?}", found.status);
    }
}
