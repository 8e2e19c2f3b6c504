//! Transfer functions of an operator at many frequencies, from a Krylov space.

use faer::{Mat, MatRef};

use super::krylov::KrylovSpace;
use super::{Complex64, LinalgError, LinearOperator, check_finite, frobenius_norm, matvec_transposed};
use crate::kernels::dot;

/// Frequencies that are solved for together.
const LANES: usize = 8;

/// Steps between two looks at what has converged.
const LOOK: usize = 8;

/// Accepted backward error ‖b − (s − A) x‖ / (‖A‖ ‖x‖ + ‖b‖), in units of ε: that of a solve by factorisation.
const ACCEPTED: f64 = 4.0;

/// `Cᵀ (s I − A)⁻¹ b`, from one input to L outputs, at any frequencies s, by the full orthogonalisation method: one Krylov space
/// of A and b serves all frequencies, because shifts leave it as it is.
///
/// In m steps the operator is multiplied with m vectors, and a frequency costs O(m²) from then on. Away from the spectrum the
/// error falls as (ρ/|s|)ᵐ with the spectral radius ρ, whatever the size of the matrix; near an eigenvalue the method gives up
/// at a number of steps that is chosen, and [`Hessenberg`](super::Hessenberg) is the way. What is returned has a backward error
/// of a few ε, as that of a solve; a gain is as exact as |c||x| lets it be, so that one far below is zero to working precision.
/// An eigenvalue that the input does not excite is a frequency like others.
///
/// Source: Saad, Math. Comp. 37, 105 (1981); shifted systems: Simoncini, BIT 43, 459 (2003). The small systems are solved from the
/// last row up (Hyman's method), where the error of each step belongs to an entry of the matrix.
///
/// ```
/// use attractorlab_numerics::linalg::{Complex64, KrylovResponse, Mat};
/// let a = Mat::from_fn(2, 2, |i, j| [[0.0, 1.0], [0.0, 0.0]][i][j]);
/// let (b, c) = ([0.0, 1.0], Mat::from_fn(2, 1, |i, _| [1.0, 0.0][i]));
/// // Two integrators in a row: 1/s².
/// let s = Complex64::new(0.0, 2.0);
/// let gains = KrylovResponse::new(&b, c, 10)?.at(&a, &[s])?.expect("all of the space is spanned");
/// assert!((gains[0][0] - 1.0 / (s * s)).norm() < 1e-15);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct KrylovResponse {
    space: KrylovSpace,
    limit: usize,
    /// |b|.
    length: f64,
    readout: Mat<f64>,
    /// Cᵀv of each vector of the basis, one after the other.
    along: Vec<f64>,
}

/// One frequency on the space as it is.
struct Solved {
    gains: Vec<Complex64>,
    /// In units of what is accepted.
    error: f64,
    is_singular: bool,
}

impl KrylovResponse {
    /// Prepares the response of the outputs in the columns of `readout` (n×L) to the input `input`; no more than `limit` steps
    /// are ever made, for which n·limit + limit² numbers are reserved.
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`] for an input or a readout that is not.
    ///
    /// # Panics
    /// If `readout` has another number of rows than `input` entries.
    #[track_caller]
    pub fn new(input: &[f64], readout: Mat<f64>, limit: usize) -> Result<Self, LinalgError> {
        let n = input.len();
        assert_eq!(readout.nrows(), n, "KrylovResponse::new: readout needs one row for each entry of input");
        check_finite(MatRef::from_column_major_slice(input, n, 1))?;
        check_finite(readout.as_ref())?;
        let limit = limit.clamp(1, n.max(1));
        // Squares of what is near 1 neither overflow nor underflow.
        let largest = input.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()));
        let unit: Vec<f64> = input.iter().map(|entry| entry / largest.max(f64::MIN_POSITIVE)).collect();
        let length = largest.max(f64::MIN_POSITIVE) * dot(&unit, &unit).sqrt();
        let space = KrylovSpace::new(n, limit, 0, Some(&unit));
        Ok(Self { space, limit, length, readout, along: Vec::new() })
    }

    /// Steps made so far: products with the operator.
    pub fn steps(&self) -> usize {
        self.space.size
    }

    /// The L gains at each frequency; `None` if some need more steps than the limit. What is asked for later starts from the
    /// space as it is, so `operator` must be the same, and its last digits depend on what was asked before. A frequency that is
    /// not finite has gains that are NaN.
    ///
    /// # Errors
    /// [`LinalgError::OperatorNotFinite`], also where the squares of a product overflow; [`LinalgError::Singular`] when one of
    /// the frequencies is an eigenvalue to working precision.
    ///
    /// # Panics
    /// If the operator is not of the order of the input.
    #[track_caller]
    pub fn at<A: LinearOperator + ?Sized>(
        &mut self,
        operator: &A,
        frequencies: &[Complex64],
    ) -> Result<Option<Vec<Vec<Complex64>>>, LinalgError> {
        assert_eq!(operator.dim(), self.space.n, "KrylovResponse::at: one entry of the input for each row");
        let mut found = vec![vec![Complex64::new(0.0, 0.0); self.readout.ncols()]; frequencies.len()];
        if self.length == 0.0 {
            return Ok(Some(found));
        }
        let is_finite = |i: &usize| frequencies[*i].re.is_finite() && frequencies[*i].im.is_finite();
        let (mut pending, others): (Vec<usize>, _) = (0..frequencies.len()).partition(is_finite);
        for i in others {
            found[i].fill(Complex64::new(f64::NAN, f64::NAN));
        }
        while !pending.is_empty() {
            if self.space.size > 0 {
                // While the one that was worst has not converged, the others can wait.
                let pilot = self.solve(&[frequencies[pending[0]]]).remove(0);
                if pilot.error <= 1.0 {
                    pending = self.accept(frequencies, &pending, &mut found)?;
                    continue;
                }
                if self.space.size == self.limit {
                    return Ok(None);
                }
            }
            for _ in 0..LOOK.min(self.limit - self.space.size) {
                self.extend(operator)?;
            }
        }
        Ok(Some(found))
    }

    /// Takes over the gains of those that have converged; the others, the worst one first.
    fn accept(
        &self,
        frequencies: &[Complex64],
        pending: &[usize],
        found: &mut [Vec<Complex64>],
    ) -> Result<Vec<usize>, LinalgError> {
        let mut left: Vec<(usize, f64)> = Vec::new();
        for chunk in pending.chunks(LANES) {
            let asked: Vec<Complex64> = chunk.iter().map(|&i| frequencies[i]).collect();
            for (&i, solved) in chunk.iter().zip(self.solve(&asked)) {
                if !(solved.error <= 1.0) {
                    left.push((i, solved.error));
                } else if solved.is_singular {
                    return Err(LinalgError::Singular { pivot: 0, size: self.space.n });
                } else {
                    found[i] = solved.gains;
                }
            }
        }
        left.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(left.into_iter().map(|(i, _)| i).collect())
    }

    fn extend<A: LinearOperator + ?Sized>(&mut self, operator: &A) -> Result<(), LinalgError> {
        self.space.extend(operator)?;
        let mut along = vec![0.0; self.readout.ncols()];
        matvec_transposed(self.readout.as_ref(), self.space.column(self.space.size - 1), &mut along);
        self.along.extend(along);
        Ok(())
    }

    /// Solves (s − H) x = |b| e₁ for up to [`LANES`] frequencies: with y of a last entry 1, each row from the last one up gives
    /// the entry before, and the first row by what y has to be divided.
    fn solve(&self, frequencies: &[Complex64]) -> Vec<Solved> {
        let m = self.space.size;
        let h: MatRef<'_, f64> = self.space.h.as_ref().submatrix(0, 0, m, m);
        let norm = (0..m).map(|j| frobenius_norm(h.subcols(j, 1))).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let mut s = [Complex64::new(0.0, 0.0); LANES];
        s[..frequencies.len()].copy_from_slice(frequencies);
        let mut y = vec![[[0.0; LANES]; 2]; m];
        y[m - 1][0] = [1.0; LANES];
        let mut row = vec![0.0; m];
        for k in (1..m).rev() {
            let subdiagonal = h[(k, k - 1)];
            if subdiagonal == 0.0 {
                // b reaches no further than the vectors before.
                y[k..].fill([[0.0; LANES]; 2]);
                y[k - 1][0] = [1.0; LANES];
                continue;
            }
            y[k - 1] = row_times(h, k, &s, &y, &mut row).map(|part| part.map(|part| part / subdiagonal));
            for lane in 0..LANES {
                // Any multiple of y does so far.
                let size = y[k - 1][0][lane].abs().max(y[k - 1][1][lane].abs());
                if size > 1e50 {
                    y[k - 1..].iter_mut().flatten().for_each(|part| part[lane] /= size);
                }
            }
        }
        let [re, im] = row_times(h, 0, &s, &y, &mut row);
        (0..frequencies.len())
            .map(|lane| self.solved(&y, lane, Complex64::new(re[lane], im[lane]), norm, s[lane]))
            .collect()
    }

    fn solved(
        &self,
        y: &[[[f64; LANES]; 2]],
        lane: usize,
        divisor: Complex64,
        norm: f64,
        s: Complex64,
    ) -> Solved {
        let size = y.iter().flatten().map(|part| part[lane] * part[lane]).sum::<f64>().sqrt();
        let last = y.last().map_or(0.0, |last| last[0][lane].hypot(last[1][lane]));
        let residual = self.space.b.last().map_or(0.0, |coupling| coupling.abs() * last);
        let accepted = ACCEPTED * f64::EPSILON * (norm * size + divisor.norm());
        let outputs = self.readout.ncols();
        // Divided in two steps, because the square of the divisor may be out of range.
        let (distance, direction) = (divisor.norm(), divisor / divisor.norm());
        let gain = |l: usize| {
            let sum = y
                .iter()
                .zip(self.along.iter().skip(l).step_by(outputs))
                .fold(Complex64::new(0.0, 0.0), |sum, (y, c)| {
                    sum + Complex64::new(c * y[0][lane], c * y[1][lane])
                });
            self.length * (sum / distance) / direction
        };
        Solved {
            gains: (0..outputs).map(gain).collect(),
            error: residual / accepted,
            is_singular: divisor.norm() <= 1e-3 * f64::EPSILON * norm.max(s.norm()) * size,
        }
    }
}

/// Row k of (s − H) y, in both parts; `y` is zero before column k. `row` is memory.
fn row_times(
    h: MatRef<'_, f64>,
    k: usize,
    s: &[Complex64; LANES],
    y: &[[[f64; LANES]; 2]],
    row: &mut [f64],
) -> [[f64; LANES]; 2] {
    // Copied first, because its entries lie apart.
    row.iter_mut().enumerate().skip(k).for_each(|(j, row)| *row = h[(k, j)]);
    let [mut re, mut im] = [[0.0; LANES]; 2];
    for (h, [y_re, y_im]) in row[k..].iter().zip(&y[k..]) {
        for lane in 0..LANES {
            re[lane] -= h * y_re[lane];
            im[lane] -= h * y_im[lane];
        }
    }
    let [y_re, y_im] = y[k];
    for lane in 0..LANES {
        re[lane] += s[lane].re * y_re[lane] - s[lane].im * y_im[lane];
        im[lane] += s[lane].re * y_im[lane] + s[lane].im * y_re[lane];
    }
    [re, im]
}
