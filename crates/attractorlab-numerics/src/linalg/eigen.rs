//! Spectra of general matrices.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, evd_cplx, evd_real, evd_scratch};
use faer::prelude::default;
use faer::{Accum, Mat, MatMut, MatRef, Par};

use super::{
    Complex64, Hessenberg, LinalgError, Products, check_square, frobenius_norm, lifting_scale,
    lifting_scale_of, scaled,
};

/// The eigenvalues of a real matrix `a` (n×n), conjugate pairs next to each other, in no further order.
///
/// The sum is verified against the trace before it is returned.
///
/// # Errors
/// [`LinalgError::NotSquare`], [`LinalgError::NotFinite`], [`LinalgError::NotConverged`].
///
/// ```
/// use attractorlab_numerics::linalg::{Mat, eigenvalues};
/// let rotation = Mat::from_fn(2, 2, |i, j| [[0.0, -1.0], [1.0, 0.0]][i][j]);
/// let lambda = eigenvalues(rotation.as_ref())?;
/// assert!((lambda[0].im.abs() - 1.0).abs() < 1e-15 && lambda[0] == lambda[1].conj());
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
pub fn eigenvalues(a: MatRef<'_, f64>) -> Result<Vec<Complex64>, LinalgError> {
    let n = check_square(a)?;
    let scale = lifting_scale(a);
    if scale != 1.0 {
        let values = eigenvalues(scaled(a, scale).as_ref())?;
        return Ok(values.into_iter().map(|value| value / scale).collect());
    }
    let values = real_decomposition(a, n, None, None)?;
    check_trace(a, &values)?;
    Ok(values)
}

/// The eigenvalues of a complex matrix `a` (n×n), in no order.
///
/// # Errors
/// [`LinalgError::NotSquare`], [`LinalgError::NotFinite`], [`LinalgError::NotConverged`].
///
/// ```
/// use attractorlab_numerics::linalg::{Complex64, Mat, complex_eigenvalues};
/// let a = Mat::from_fn(1, 1, |_, _| Complex64::new(1.0, 2.0));
/// assert_eq!(complex_eigenvalues(a.as_ref())?, [Complex64::new(1.0, 2.0)]);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
pub fn complex_eigenvalues(a: MatRef<'_, Complex64>) -> Result<Vec<Complex64>, LinalgError> {
    let n = a.nrows();
    if n != a.ncols() {
        return Err(LinalgError::NotSquare { rows: n, cols: a.ncols() });
    }
    for col in 0..n {
        for row in 0..n {
            if !a[(row, col)].is_finite() {
                return Err(LinalgError::NotFinite { row, col });
            }
        }
    }
    let scale = lifting_scale_of(a.norm_max());
    if scale != 1.0 {
        let scaled = Mat::from_fn(n, n, |i, j| a[(i, j)] * scale);
        let values = complex_eigenvalues(scaled.as_ref())?;
        return Ok(values.into_iter().map(|value| value / scale).collect());
    }
    let mut values = Diag::<Complex64>::zeros(n);
    if n > 0 {
        let no = ComputeEigenvectors::No;
        let scratch = evd_scratch::<Complex64>(n, no, no, Par::Seq, default());
        evd_cplx(
            a,
            values.as_mut(),
            None,
            None,
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            default(),
        )
        .map_err(|_| not_converged(f64::NAN))?;
    }
    let values: Vec<Complex64> = values.column_vector().iter().copied().collect();
    let trace = (0..n).map(|i| a[(i, i)]).sum();
    check_sum(trace, &values, a.norm_l2())?;
    Ok(values)
}

/// Which columns of an [`Eigen`] do not belong to a basis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defective {
    /// Columns whose left and right vectors are orthogonal up to `√ε`: the matrix is within rounding of
    /// one with a Jordan block there. Their right vectors are still eigenvectors of small residual, but
    /// linearly dependent; their left vectors have length 1 instead of `left^H right = 1`.
    pub columns: Vec<usize>,
    /// Those among them whose vectors overflowed in the decomposition and were computed anew by inverse
    /// iteration.
    pub recomputed: Vec<usize>,
}

/// Eigenvalues with right and left eigenvectors of a real matrix, normalised and always finite.
///
/// `A right[:, i] = λ_i right[:, i]` and `left[:, i]^H A = λ_i left[:, i]^H`, with `‖right[:, i]‖ = 1` and
/// `left^H right = I` (left vectors carry a complex conjugate when used). Conjugate pairs stand next to
/// each other. A matrix without a basis of eigenvectors, such as any feed-forward chain, is reported in
/// [`Eigen::defective`], column by column; every other column keeps its meaning.
///
/// ```
/// use attractorlab_numerics::linalg::{Eigen, Mat};
/// let chain = Mat::from_fn(2, 2, |i, j| if j == i + 1 { 1.0 } else { 0.0 });
/// let eigen = Eigen::new(chain.as_ref())?;
/// assert_eq!(eigen.defective.expect("a Jordan block").columns, [0, 1]);
/// assert!(eigen.residual < 1e-15 && eigen.right[(0, 1)].norm() > 0.999);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Eigen {
    /// The eigenvalues.
    pub values: Vec<Complex64>,
    /// Right eigenvectors, columns of length 1.
    pub right: Mat<Complex64>,
    /// Left eigenvectors as columns, biorthogonal to the right ones.
    pub left: Mat<Complex64>,
    /// Largest `‖A v − λ v‖ / ‖A‖` over the right vectors (2-norm over Frobenius norm).
    pub residual: f64,
    /// How much an eigenvalue moves per perturbation of A: `1 / cos` of the angle between left and right
    /// vector, 1 for a normal matrix, infinite where the two are orthogonal.
    pub condition: Vec<f64>,
    /// Columns without a basis, if any.
    pub defective: Option<Defective>,
}

impl Eigen {
    /// Decomposes `a` (n×n).
    ///
    /// # Errors
    /// [`LinalgError::NotSquare`], [`LinalgError::NotFinite`]; [`LinalgError::NotConverged`] when the
    /// eigenvalues miss the trace or an eigenvector misses its equation by more than 1e-10 of ‖A‖.
    pub fn new(a: MatRef<'_, f64>) -> Result<Self, LinalgError> {
        let n = check_square(a)?;
        let scale = lifting_scale(a);
        if scale != 1.0 {
            let mut eigen = Self::new(scaled(a, scale).as_ref())?;
            eigen.values.iter_mut().for_each(|value| *value /= scale);
            return Ok(eigen);
        }
        let (mut right, mut left) = (Mat::zeros(n, n), Mat::zeros(n, n));
        let values = real_decomposition(a, n, Some(left.as_mut()), Some(right.as_mut()))?;
        check_trace(a, &values)?;
        let mut right = unpack(&values, right.as_ref());
        let mut left = unpack(&values, left.as_ref());
        let recomputed = replace_overflowed(a, &values, &mut right, &mut left)?;
        let groups = clusters(&values, f64::EPSILON.sqrt() * frobenius_norm(a));
        let (condition, columns) = biorthogonalise(&groups, right.as_ref(), &mut left);
        let residual = largest_residual(a, &values, right.as_ref());
        if residual.is_nan() || residual > 1e-10 {
            return Err(not_converged(residual));
        }
        let defective = (!columns.is_empty() || !recomputed.is_empty()).then(|| {
            let mut columns = columns;
            columns.extend(recomputed.iter().copied());
            columns.sort_unstable();
            columns.dedup();
            Defective { columns, recomputed }
        });
        Ok(Self { values, right, left, residual, condition, defective })
    }

    /// Whether some eigenvalue has too few eigenvectors.
    pub fn is_defective(&self) -> bool {
        self.defective.is_some()
    }
}

fn not_converged(defect: f64) -> LinalgError {
    LinalgError::NotConverged { what: "spectrum", defect }
}

/// Eigenvalues, and optionally the vectors in faer's packed form: a conjugate pair fills two columns.
fn real_decomposition(
    a: MatRef<'_, f64>,
    n: usize,
    left: Option<MatMut<'_, f64>>,
    right: Option<MatMut<'_, f64>>,
) -> Result<Vec<Complex64>, LinalgError> {
    let (mut re, mut im) = (Diag::<f64>::zeros(n), Diag::<f64>::zeros(n));
    if n > 0 {
        let compute = |wanted| if wanted { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
        let scratch =
            evd_scratch::<f64>(n, compute(left.is_some()), compute(right.is_some()), Par::Seq, default());
        evd_real(
            a,
            re.as_mut(),
            im.as_mut(),
            left,
            right,
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            default(),
        )
        .map_err(|_| not_converged(f64::NAN))?;
    }
    Ok((0..n).map(|i| Complex64::new(re[i], im[i])).collect())
}

/// faer ignores whether its QR iteration converged; a wrong spectrum almost surely misses the trace.
fn check_trace(a: MatRef<'_, f64>, values: &[Complex64]) -> Result<(), LinalgError> {
    let trace = (0..a.nrows()).map(|i| a[(i, i)]).sum::<f64>();
    check_sum(Complex64::new(trace, 0.0), values, frobenius_norm(a))
}

fn check_sum(trace: Complex64, values: &[Complex64], norm: f64) -> Result<(), LinalgError> {
    let error = (values.iter().sum::<Complex64>() - trace).norm();
    let defect = if error == 0.0 { 0.0 } else { error / norm };
    let tolerance = 1e-13 * (values.len() as f64).max(10.0);
    if defect <= tolerance { Ok(()) } else { Err(not_converged(defect)) }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

/// Unpacks conjugate pairs and scales every column to length 1; overflowed columns become NaN.
fn unpack(values: &[Complex64], packed: MatRef<'_, f64>) -> Mat<Complex64> {
    let n = values.len();
    let mut vectors = Mat::zeros(n, n);
    let mut j = 0;
    while j < n {
        let pair = values[j].im != 0.0 && j + 1 < n;
        let part = |i: usize| Complex64::new(packed[(i, j)], if pair { packed[(i, j + 1)] } else { 0.0 });
        // Two steps, because the entries may be near overflow.
        let largest = (0..n).map(part).fold(0.0, |largest: f64, z| {
            let size = z.re.abs().max(z.im.abs());
            if size.is_nan() || largest.is_nan() { f64::NAN } else { largest.max(size) }
        });
        let norm = (0..n).map(|i| (part(i) / largest).norm_sqr()).sum::<f64>().sqrt();
        for i in 0..n {
            let value = part(i) / largest / norm;
            vectors[(i, j)] = value;
            if pair {
                vectors[(i, j + 1)] = value.conj();
            }
        }
        j += if pair { 2 } else { 1 };
    }
    vectors
}

/// Recomputes the columns that overflowed, and returns their positions.
fn replace_overflowed(
    a: MatRef<'_, f64>,
    values: &[Complex64],
    right: &mut Mat<Complex64>,
    left: &mut Mat<Complex64>,
) -> Result<Vec<usize>, LinalgError> {
    let overflowed = |vectors: &Mat<Complex64>, j: usize| vectors.col(j).iter().any(|z| !z.is_finite());
    let mut recomputed = Vec::new();
    for (vectors, side) in [(right, Side::Right), (left, Side::Left)] {
        let bad: Vec<usize> = (0..values.len()).filter(|&j| overflowed(vectors, j)).collect();
        if bad.is_empty() {
            continue;
        }
        let hessenberg = Hessenberg::new(if side == Side::Right { a } else { a.transpose() })?;
        let mut last: Option<(Complex64, Vec<Complex64>)> = None;
        for &j in &bad {
            // A left vector of A for λ is a right vector of Aᵀ for the conjugate of λ.
            let lambda = if side == Side::Right { values[j] } else { values[j].conj() };
            let vector = match last.take() {
                Some((value, vector)) if value == lambda => vector,
                _ => hessenberg.null_vector(lambda),
            };
            for (i, value) in vector.iter().enumerate() {
                vectors[(i, j)] = *value;
            }
            last = Some((lambda, vector));
        }
        recomputed.extend(bad);
    }
    recomputed.sort_unstable();
    recomputed.dedup();
    Ok(recomputed)
}

/// Groups of eigenvalues closer than `distance` to a neighbour of the same group.
fn clusters(values: &[Complex64], distance: f64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].re.total_cmp(&values[j].re));
    let mut group_of: Vec<usize> = (0..values.len()).collect();
    for (position, &i) in order.iter().enumerate() {
        for &j in &order[position + 1..] {
            if values[j].re - values[i].re > distance {
                break;
            }
            if (values[j] - values[i]).norm() <= distance && group_of[i] != group_of[j] {
                let (keep, drop) = (group_of[i].min(group_of[j]), group_of[i].max(group_of[j]));
                group_of.iter_mut().filter(|group| **group == drop).for_each(|group| *group = keep);
            }
        }
    }
    let mut groups = vec![Vec::new(); values.len()];
    for (i, group) in group_of.into_iter().enumerate() {
        groups[group].push(i);
    }
    groups.retain(|group: &Vec<usize>| !group.is_empty());
    groups
}

/// Rescales (within a cluster: recombines) the left vectors so that `left^H right = I`, and returns the
/// condition of every eigenvalue and the columns where that is impossible.
fn biorthogonalise(
    groups: &[Vec<usize>],
    right: MatRef<'_, Complex64>,
    left: &mut Mat<Complex64>,
) -> (Vec<f64>, Vec<usize>) {
    let n = right.nrows();
    let threshold = (10.0 * n as f64 * f64::EPSILON).sqrt();
    let mut condition = vec![1.0; n];
    let mut defective = Vec::new();
    for group in groups {
        let k = group.len();
        let select = |from: MatRef<'_, Complex64>| Mat::from_fn(n, k, |i, j| from[(i, group[j])]);
        let (v, w) = (select(right), select(left.as_ref()));
        let overlap = w.adjoint() * &v;
        let smallest = if k == 1 {
            overlap[(0, 0)].norm()
        } else {
            overlap.singular_values().ok().and_then(|sigma| sigma.last().copied()).unwrap_or(0.0)
        };
        if smallest.is_nan() || smallest <= threshold {
            for &j in group {
                let cosine: Complex64 = (0..n).map(|i| left[(i, j)].conj() * right[(i, j)]).sum();
                condition[j] = 1.0 / cosine.norm();
            }
            defective.extend(group.iter().copied());
            continue;
        }
        // left ← left overlap^{-H}
        let inverse = invert(&overlap);
        let solved = &w * inverse.adjoint();
        for (c, &j) in group.iter().enumerate() {
            for i in 0..n {
                left[(i, j)] = solved[(i, c)];
            }
            condition[j] = solved.col(c).norm_l2();
        }
    }
    (condition, defective)
}

fn invert(a: &Mat<Complex64>) -> Mat<Complex64> {
    use faer::linalg::solvers::{DenseSolveCore, PartialPivLu};
    PartialPivLu::new(a.as_ref()).inverse()
}

fn largest_residual(a: MatRef<'_, f64>, values: &[Complex64], right: MatRef<'_, Complex64>) -> f64 {
    let n = values.len();
    let norm = frobenius_norm(a);
    let (re, im) = (Mat::from_fn(n, n, |i, j| right[(i, j)].re), Mat::from_fn(n, n, |i, j| right[(i, j)].im));
    let (mut a_re, mut a_im) = (Mat::zeros(n, n), Mat::zeros(n, n));
    f64::matmul(a, re.as_ref(), 1.0, Accum::Replace, a_re.as_mut());
    f64::matmul(a, im.as_ref(), 1.0, Accum::Replace, a_im.as_mut());
    (0..n)
        .map(|j| {
            let error = (0..n)
                .map(|i| (Complex64::new(a_re[(i, j)], a_im[(i, j)]) - values[j] * right[(i, j)]).norm_sqr())
                .sum::<f64>()
                .sqrt();
            if error == 0.0 { 0.0 } else { error / norm }
        })
        .fold(0.0, |largest, residual: f64| if residual.is_nan() { residual } else { residual.max(largest) })
}
