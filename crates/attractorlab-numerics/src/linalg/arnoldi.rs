//! A few leading eigenvalues of an operator.

use faer::{Mat, MatMut, MatRef};

use super::krylov::KrylovSpace;
use super::{
    Complex64, Eigen, LinalgError, LinearOperator, Qr, eigenvalues, frobenius_norm, matmul, matmul_transposed,
};
use crate::kernels::axpy;

/// Which eigenvalues lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leading {
    /// Largest |λ|.
    Magnitude,
    /// Largest Re λ.
    RealPart,
}

/// How to search for leading eigenvalues.
#[derive(Debug, Clone, PartialEq)]
pub struct ArnoldiOptions {
    /// The order in which eigenvalues lead.
    pub leading: Leading,
    /// Accepted `‖A v − λ v‖ / |λ|` for unit v.
    pub tolerance: f64,
    /// Dimension of the Krylov space before a restart; `None` takes `max(4k + 20, 40)`.
    pub subspace: Option<usize>,
    /// Restarts before the search is given up. Small by default: an outlier needs none or a few, while
    /// eigenvalues at the edge of a bulk would need hundreds, and the dense [`super::eigenvalues`] is
    /// faster for them.
    pub max_restarts: usize,
    /// Seed of the starting vector.
    pub seed: u64,
    /// A starting vector, of the operator's dimension, where something is known of the eigenvector; a random one otherwise,
    /// or if it is zero or not finite.
    pub start: Option<Vec<f64>>,
}

impl Default for ArnoldiOptions {
    fn default() -> Self {
        Self {
            leading: Leading::Magnitude,
            tolerance: 1e-10,
            subspace: None,
            max_restarts: 10,
            seed: 0,
            start: None,
        }
    }
}

/// How a search for eigenvalues ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArnoldiStatus {
    /// Every residual is within the tolerance.
    Converged,
    /// The restarts are used up and some residual exceeds the tolerance: the values are estimates.
    /// Typical when eigenvalues of a bulk were asked for.
    Stalled,
}

/// Leading eigenvalues, foremost first, with what is needed to judge them.
#[derive(Debug, Clone)]
pub struct LeadingEigenvalues {
    /// The eigenvalues: as many as asked for, one more if the last would split a conjugate pair.
    pub values: Vec<Complex64>,
    /// Right eigenvectors, columns of length 1.
    pub vectors: Mat<Complex64>,
    /// `‖A v − λ v‖`, computed with the operator itself.
    pub residuals: Vec<f64>,
    /// Whether they can be relied on.
    pub status: ArnoldiStatus,
    /// Products with the operator.
    pub iterations: usize,
}

/// The `k` leading eigenvalues of `operator`, by the Arnoldi method with thick restarts.
///
/// Meant for outliers: eigenvalues clearly apart from the bulk. The method sees a multiple eigenvalue
/// once.
///
/// Source: Stewart, SIAM J. Matrix Anal. Appl. 23, 601 (2002); the invariant subspace of a restart comes
/// from Ritz vectors here instead of a reordered Schur form.
///
/// # Errors
/// [`LinalgError::OperatorNotFinite`] when a product contains NaN or infinity;
/// [`LinalgError::NotConverged`] from the small projected problem. That the search stalled is not an
/// error but [`LeadingEigenvalues::status`].
///
/// ```
/// use attractorlab_numerics::linalg::{ArnoldiOptions, ArnoldiStatus, Mat, leading_eigenvalues};
/// let a = Mat::from_fn(50, 50, |i, j| if i == j { 1.0 / (1 + i) as f64 } else { 0.0 });
/// let found = leading_eigenvalues(&a, 2, &ArnoldiOptions::default())?;
/// assert_eq!(found.status, ArnoldiStatus::Converged);
/// assert!((found.values[0] - 1.0).norm() < 1e-9 && (found.values[1] - 0.5).norm() < 1e-9);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
pub fn leading_eigenvalues<A: LinearOperator + ?Sized>(
    operator: &A,
    k: usize,
    options: &ArnoldiOptions,
) -> Result<LeadingEigenvalues, LinalgError> {
    let n = operator.dim();
    let k = k.min(n);
    if k == 0 {
        return Ok(LeadingEigenvalues {
            values: Vec::new(),
            vectors: Mat::zeros(n, 0),
            residuals: Vec::new(),
            status: ArnoldiStatus::Converged,
            iterations: 0,
        });
    }
    let limit = options.subspace.unwrap_or((4 * k + 20).max(40)).max(k + 3).min(n);
    let mut space = KrylovSpace::new(n, limit, options.seed, options.start.as_deref());
    let mut restarts = 0;
    loop {
        // A look now and then ends an easy search early; the small problem is cheap.
        let until = (space.size + 10).min(limit);
        while space.size < until {
            space.extend(operator)?;
        }
        let ritz = space.ritz_pairs(k, options.leading)?;
        let done = ritz.iter().all(|pair| pair.residual <= 0.5 * options.tolerance * pair.value.norm());
        // Values that have not yet been seen could still lead, unless the space is spanned.
        let settled = space.size >= (2 * k + 8).min(n);
        if (done && settled) || space.size == n || (space.size == limit && restarts == options.max_restarts) {
            return space.solution(operator, &ritz, options.tolerance);
        }
        if space.size == limit {
            space.restart(k, options.leading)?;
            restarts += 1;
        }
    }
}

/// The eigenvalues of `operator` on a Krylov space of this dimension: rough, but spread over the whole spectrum, as
/// polynomials that damp it need them. What leads is found by [`leading_eigenvalues`].
///
/// # Errors
/// As [`leading_eigenvalues`].
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, ritz_values};
/// let a = Mat::from_fn(100, 100, |i, j| if i == j { i as f64 / 99.0 } else { 0.0 });
/// let values = ritz_values(&a, 10, 0)?;
/// assert_eq!(values.len(), 10);
/// assert!(values.iter().all(|value| (-1e-12..=1.0 + 1e-12).contains(&value.re)));
/// assert!(values.iter().any(|value| value.re > 0.9) && values.iter().any(|value| value.re < 0.1));
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
pub fn ritz_values<A: LinearOperator + ?Sized>(
    operator: &A,
    dimension: usize,
    seed: u64,
) -> Result<Vec<Complex64>, LinalgError> {
    let dimension = dimension.min(operator.dim());
    let mut space = KrylovSpace::new(operator.dim(), dimension, seed, None);
    while space.size < dimension {
        space.extend(operator)?;
    }
    eigenvalues(space.h.as_ref())
}

struct RitzPair {
    value: Complex64,
    /// Coordinates in the basis, of length 1.
    vector: Vec<Complex64>,
    /// As predicted by the Krylov decomposition.
    residual: f64,
}

impl KrylovSpace {
    /// The `k` leading Ritz pairs, one more if the last would split a conjugate pair.
    fn ritz_pairs(&self, k: usize, leading: Leading) -> Result<Vec<RitzPair>, LinalgError> {
        let m = self.size;
        let eigen = Eigen::new(self.h.as_ref().submatrix(0, 0, m, m))?;
        let rank = |z: Complex64| match leading {
            Leading::Magnitude => z.norm(),
            Leading::RealPart => z.re,
        };
        let mut order: Vec<usize> = (0..m).collect();
        // Of a pair, the member with positive imaginary part comes first; partners stay together.
        order.sort_by(|&i, &j| {
            let (x, y) = (eigen.values[i], eigen.values[j]);
            rank(y).total_cmp(&rank(x)).then(y.im.abs().total_cmp(&x.im.abs())).then(y.im.total_cmp(&x.im))
        });
        let mut count = k.min(m);
        if count < m && eigen.values[order[count - 1]].im > 0.0 {
            count += 1;
        }
        Ok(order[..count]
            .iter()
            .map(|&i| {
                let vector: Vec<Complex64> = eigen.right.col(i).iter().copied().collect();
                let coupling: Complex64 = vector.iter().zip(&self.b).map(|(y, b)| y * b).sum();
                RitzPair { value: eigen.values[i], vector, residual: coupling.norm() }
            })
            .collect())
    }

    /// Shrinks V to the span of the leading Ritz vectors.
    fn restart(&mut self, k: usize, leading: Leading) -> Result<(), LinalgError> {
        let m = self.size;
        let kept = self.ritz_pairs((2 * k + 4).min(m - 2).max(k), leading)?;
        // Real and imaginary parts of the kept vectors span the subspace.
        let mut columns = Vec::new();
        for pair in kept.iter().filter(|pair| pair.value.im >= 0.0) {
            columns.push(pair.vector.iter().map(|z| z.re).collect::<Vec<_>>());
            if pair.value.im > 0.0 {
                columns.push(pair.vector.iter().map(|z| z.im).collect());
            }
        }
        let mut span = Mat::from_fn(m, columns.len(), |i, j| columns[j][i]);
        let y = loop {
            match Qr::new(span.as_ref()) {
                Ok(qr) => break qr.thin_q(),
                // Dependent Ritz vectors (a defective projection): fewer will do.
                Err(LinalgError::RankDeficient { rank, .. }) if rank > 0 && rank < span.ncols() => {
                    span = span.as_ref().subcols(0, rank).to_owned();
                }
                Err(error) => return Err(error),
            }
        };
        let p = y.ncols();
        let h = self.h.as_ref().submatrix(0, 0, m, m);
        let (mut hy, mut small) = (Mat::zeros(m, p), Mat::zeros(p, p));
        matmul(h, y.as_ref(), hy.as_mut());
        matmul_transposed(y.as_ref(), hy.as_ref(), small.as_mut());
        let coupling: Vec<f64> =
            (0..p).map(|j| y.col(j).iter().zip(&self.b).map(|(y, b)| y * b).sum()).collect();
        let mut basis = vec![0.0; self.n * p];
        matmul(
            MatRef::from_column_major_slice(&self.basis[..self.n * m], self.n, m),
            y.as_ref(),
            MatMut::from_column_major_slice_mut(&mut basis, self.n, p),
        );
        basis.extend_from_slice(self.column(m));
        self.basis = basis;
        self.h.fill(0.0);
        self.h.as_mut().submatrix_mut(0, 0, p, p).copy_from(small);
        self.b = coupling;
        self.size = p;
        Ok(())
    }

    /// Ritz vectors in full length, with their residuals under the operator.
    fn solution<A: LinearOperator + ?Sized>(
        &self,
        operator: &A,
        ritz: &[RitzPair],
        tolerance: f64,
    ) -> Result<LeadingEigenvalues, LinalgError> {
        let n = self.n;
        let mut vectors = Mat::zeros(n, ritz.len());
        let mut residuals = Vec::with_capacity(ritz.len());
        let mut iterations = self.iterations;
        let size = frobenius_norm(self.h.as_ref().submatrix(0, 0, self.size, self.size));
        let mut converged = true;
        for (j, pair) in ritz.iter().enumerate() {
            let (mut re, mut im) = (vec![0.0; n], vec![0.0; n]);
            for (i, y) in pair.vector.iter().enumerate() {
                axpy(y.re, self.column(i), &mut re);
                axpy(y.im, self.column(i), &mut im);
            }
            let (mut a_re, mut a_im) = (vec![0.0; n], vec![0.0; n]);
            operator.apply(&re, &mut a_re);
            iterations += 1;
            if pair.value.im != 0.0 {
                operator.apply(&im, &mut a_im);
                iterations += 1;
            }
            let mut error = 0.0;
            for i in 0..n {
                let v = Complex64::new(re[i], im[i]);
                vectors[(i, j)] = v;
                error += (Complex64::new(a_re[i], a_im[i]) - pair.value * v).norm_sqr();
            }
            let residual = error.sqrt();
            if !residual.is_finite() {
                return Err(LinalgError::OperatorNotFinite);
            }
            // An eigenvalue of 0 can only be met up to rounding.
            converged &= residual <= tolerance * pair.value.norm() + 100.0 * f64::EPSILON * size;
            residuals.push(residual);
        }
        Ok(LeadingEigenvalues {
            values: ritz.iter().map(|pair| pair.value).collect(),
            vectors,
            residuals,
            status: if converged { ArnoldiStatus::Converged } else { ArnoldiStatus::Stalled },
            iterations,
        })
    }
}
