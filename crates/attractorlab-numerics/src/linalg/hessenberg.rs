//! Reduction to Hessenberg form, and resolvents at many frequencies.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::hessenberg::{hessenberg_in_place, hessenberg_in_place_scratch};
use faer::linalg::householder;
use faer::linalg::qr::no_pivoting::factor::recommended_block_size;
use faer::prelude::default;
use faer::{Conj, Mat, MatRef, Par};

use super::{Complex64, LinalgError, check_square, lifting_scale, matvec, matvec_transposed, scaled};

/// `A = Q H Qᵀ` with Q orthogonal and H upper Hessenberg (zero below the first subdiagonal).
///
/// One reduction, O(n³), makes every later solve with `s I − A` an O(n²) matter: the frequency response
/// of a network at hundreds of frequencies.
///
/// ```
/// use attractorlab_numerics::linalg::{Complex64, Hessenberg, Mat};
/// let a = Mat::from_fn(2, 2, |i, j| [[0.0, 1.0], [-1.0, 0.0]][i][j]);
/// let reduced = Hessenberg::new(a.as_ref())?;
/// let s = Complex64::new(1.0, 0.0);
/// let x = reduced.solve_shifted(s, &[Complex64::new(2.0, 0.0), Complex64::new(0.0, 0.0)])?;
/// assert!((x[0] - 1.0).norm() < 1e-15 && (x[1] + 1.0).norm() < 1e-15);
/// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hessenberg {
    /// The upper Hessenberg factor, with exact zeros below the first subdiagonal.
    pub h: Mat<f64>,
    /// The orthogonal factor.
    pub q: Mat<f64>,
    norm: f64,
}

impl Hessenberg {
    /// Reduces `a` (n×n).
    ///
    /// # Errors
    /// [`LinalgError::NotSquare`], [`LinalgError::NotFinite`].
    pub fn new(a: MatRef<'_, f64>) -> Result<Self, LinalgError> {
        let n = check_square(a)?;
        let scale = lifting_scale(a);
        if scale != 1.0 {
            let mut reduced = Self::new(scaled(a, scale).as_ref())?;
            reduced.h = scaled(reduced.h.as_ref(), 1.0 / scale);
            reduced.norm /= scale;
            return Ok(reduced);
        }
        let mut h = Mat::zeros(n, n);
        h.copy_from(a);
        let mut q = Mat::identity(n, n);
        if n > 2 {
            let block = recommended_block_size::<f64>(n - 1, n - 1).max(1);
            let mut coefficients = Mat::zeros(block, n - 1);
            let scratch = hessenberg_in_place_scratch::<f64>(n, block, Par::Seq, default()).or(
                householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(
                    n - 1,
                    block,
                    n - 1,
                ),
            );
            let mut memory = MemBuffer::new(scratch);
            hessenberg_in_place(
                h.as_mut(),
                coefficients.as_mut(),
                Par::Seq,
                MemStack::new(&mut memory),
                default(),
            );
            householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
                h.as_ref().submatrix(1, 0, n - 1, n - 1),
                coefficients.as_ref(),
                Conj::No,
                q.as_mut().submatrix_mut(1, 1, n - 1, n - 1),
                Par::Seq,
                MemStack::new(&mut memory),
            );
            for j in 0..n {
                for i in j + 2..n {
                    h[(i, j)] = 0.0;
                }
            }
        }
        let norm = h.norm_l2();
        Ok(Self { h, q, norm })
    }

    /// Order n of the matrix.
    pub fn dim(&self) -> usize {
        self.h.nrows()
    }

    /// The solution x of `(s I − A) x = b`, in O(n²).
    ///
    /// Orthogonal elimination (Henry 1994, "The shifted Hessenberg system solve computation"): backward
    /// stable whatever the shift, and without a copy of H.
    ///
    /// # Errors
    /// [`LinalgError::Singular`] when `s` is an eigenvalue to working precision.
    ///
    /// # Panics
    /// If `b` has not length n.
    #[track_caller]
    pub fn solve_shifted(&self, s: Complex64, b: &[Complex64]) -> Result<Vec<Complex64>, LinalgError> {
        assert_eq!(b.len(), self.dim(), "Hessenberg::solve_shifted: b needs one entry a row");
        let mut y = Split::from_complex(b);
        y = y.map(|part, out| matvec_transposed(self.q.as_ref(), part, out));
        self.solve_reduced(s, &mut y, Pivots::Exact)?;
        Ok(y.map(|part, out| matvec(self.q.as_ref(), part, out)).to_complex())
    }

    /// `cᵀ (s I − A)⁻¹ b` at every frequency `s`: the transfer function from input `b` to readout `c`.
    ///
    /// # Errors
    /// [`LinalgError::Singular`] when one of the frequencies is an eigenvalue to working precision.
    ///
    /// # Panics
    /// If `b` or `c` has not length n.
    ///
    /// ```
    /// use attractorlab_numerics::linalg::{Complex64, Hessenberg, Mat};
    /// let a = Mat::from_fn(1, 1, |_, _| -1.0);
    /// let i = Complex64::i();
    /// let gain = Hessenberg::new(a.as_ref())?.frequency_response(&[1.0], &[2.0], &[i])?;
    /// assert!((gain[0] - 2.0 / (1.0 + i)).norm() < 1e-15);
    /// # Ok::<(), attractorlab_numerics::linalg::LinalgError>(())
    /// ```
    #[track_caller]
    pub fn frequency_response(
        &self,
        c: &[f64],
        b: &[f64],
        frequencies: &[Complex64],
    ) -> Result<Vec<Complex64>, LinalgError> {
        let n = self.dim();
        assert_eq!(c.len(), n, "Hessenberg::frequency_response: c needs n entries");
        assert_eq!(b.len(), n, "Hessenberg::frequency_response: b needs n entries");
        let column = |v| MatRef::from_column_major_slice(v, n, 1);
        let gains = self.transfer_matrices(column(c), column(b), frequencies)?;
        Ok(gains.into_iter().map(|gain| gain[(0, 0)]).collect())
    }

    /// `Cᵀ (s I − A)⁻¹ B` (L×K) at every frequency `s`, from the K inputs in the columns of `b` (n×K) to
    /// the L readouts in the columns of `c` (n×L): O(n²K) a frequency.
    ///
    /// # Errors
    /// [`LinalgError::Singular`] when one of the frequencies is an eigenvalue to working precision.
    ///
    /// # Panics
    /// If `b` or `c` has not n rows.
    #[track_caller]
    pub fn transfer_matrices(
        &self,
        c: MatRef<'_, f64>,
        b: MatRef<'_, f64>,
        frequencies: &[Complex64],
    ) -> Result<Vec<Mat<Complex64>>, LinalgError> {
        let n = self.dim();
        assert_eq!(c.nrows(), n, "Hessenberg::transfer_matrices: c needs n rows");
        assert_eq!(b.nrows(), n, "Hessenberg::transfer_matrices: b needs n rows");
        let reduced = |a: MatRef<'_, f64>| -> Vec<Vec<f64>> {
            (0..a.ncols())
                .map(|k| {
                    let (column, mut out): (Vec<f64>, _) = (a.col(k).iter().copied().collect(), vec![0.0; n]);
                    matvec_transposed(self.q.as_ref(), &column, &mut out);
                    out
                })
                .collect()
        };
        let (inputs, readouts) = (reduced(b), reduced(c));
        let along = |y: &[f64], c: &[f64]| y.iter().zip(c).map(|(y, c)| y * c).sum::<f64>();
        frequencies
            .iter()
            .map(|&s| {
                let mut gain = Mat::zeros(readouts.len(), inputs.len());
                for (k, input) in inputs.iter().enumerate() {
                    let mut y = Split { re: input.clone(), im: vec![0.0; n] };
                    self.solve_reduced(s, &mut y, Pivots::Exact)?;
                    for (l, c) in readouts.iter().enumerate() {
                        gain[(l, k)] = Complex64::new(along(&y.re, c), along(&y.im, c));
                    }
                }
                Ok(gain)
            })
            .collect()
    }

    /// A unit vector v with `‖A v − λ v‖ ≲ ε ‖A‖` when λ is an eigenvalue to working precision.
    ///
    /// Inverse iteration with rescaling, so that chains of Jordan vectors (growth by 1/ε a step) do not
    /// overflow: the vector of the chain's head comes out.
    pub(super) fn null_vector(&self, lambda: Complex64) -> Vec<Complex64> {
        let n = self.dim();
        let start = 1.0 / (n.max(1) as f64).sqrt();
        let mut y = Split { re: vec![start; n], im: vec![0.0; n] };
        let mut best = (f64::INFINITY, y.clone());
        // A second step helps a poor start, and spoils the vector of a Jordan chain: keep the better.
        for _ in 0..2 {
            // Replaced pivots leave nothing that could fail.
            let _ = self.solve_reduced(lambda, &mut y, Pivots::Replaced);
            y.normalise();
            let residual = self.residual(lambda, &y);
            if residual < best.0 {
                best = (residual, y.clone());
            }
        }
        best.1.map(|part, out| matvec(self.q.as_ref(), part, out)).to_complex()
    }

    /// `‖H y − λ y‖`.
    fn residual(&self, lambda: Complex64, y: &Split) -> f64 {
        let image = y.map(|part, out| matvec(self.h.as_ref(), part, out));
        (0..self.dim()).map(|i| (image.get(i) - lambda * y.get(i)).norm_sqr()).sum::<f64>().sqrt()
    }

    /// Overwrites `b` with the solution of `(s I − H) y = b`.
    ///
    /// From the last column to the first, a rotation of two neighbouring columns removes the
    /// subdiagonal entry; the finished column of the triangular factor is used at once and forgotten.
    fn solve_reduced(&self, s: Complex64, b: &mut Split, pivots: Pivots) -> Result<(), LinalgError> {
        let n = self.dim();
        if n == 0 {
            return Ok(());
        }
        let floor = f64::EPSILON * if self.norm > 0.0 { self.norm } else { 1.0 };
        // Column k of s I − H, as changed by the rotations so far.
        let mut work = Split { re: vec![0.0; n], im: vec![0.0; n] };
        for (w, h) in work.re.iter_mut().zip(self.h.col(n - 1).iter()) {
            *w = -h;
        }
        work.re[n - 1] += s.re;
        work.im[n - 1] += s.im;
        let mut rotations = vec![Rotation::IDENTITY; n];
        for k in (0..n).rev() {
            let mut pivot = work.get(k);
            if k > 0 {
                let sub = -self.h[(k, k - 1)];
                let length = pivot.norm().hypot(sub);
                if length > 0.0 {
                    rotations[k] = Rotation { sine: sub / length, phase: pivot / length };
                    pivot = Complex64::new(length, 0.0);
                }
            }
            match pivots {
                Pivots::Exact if pivot.norm() <= floor * 1e-3 => {
                    return Err(LinalgError::Singular { pivot: k, size: n });
                }
                Pivots::Replaced if pivot.norm() <= floor => pivot = Complex64::new(floor, 0.0),
                _ => {}
            }
            let y = b.get(k) / pivot;
            b.set(k, y);
            if k > 0 {
                self.eliminate(k, s, rotations[k], y, &mut work, b);
            }
            if matches!(pivots, Pivots::Replaced) {
                b.keep_in_range();
            }
        }
        // y = G z undoes the rotations, first column first.
        for (k, &Rotation { sine, phase }) in rotations.iter().enumerate().skip(1) {
            let (low, high) = (b.get(k - 1), b.get(k));
            b.set(k - 1, low * phase + high * sine);
            b.set(k, high * phase.conj() - low * sine);
        }
        Ok(())
    }

    /// Rows 0..k of one elimination step: subtracts the finished column k times `y` from `b`, and leaves
    /// the rotated column k−1 in `work`.
    fn eliminate(
        &self,
        k: usize,
        s: Complex64,
        Rotation { sine, phase }: Rotation,
        y: Complex64,
        work: &mut Split,
        b: &mut Split,
    ) {
        let column = self.h.as_ref().col(k - 1).subrows(0, k);
        let column = column.try_as_col_major().expect("Mat columns are contiguous").as_slice();
        let (w_re, w_im) = (&mut work.re[..k], &mut work.im[..k]);
        let (b_re, b_im) = (&mut b.re[..k], &mut b.im[..k]);
        // The shift sits on the diagonal of column k−1 only, that is, in its row k−1.
        let last = k - 1;
        for i in 0..k {
            let c_re = -column[i] + if i == last { s.re } else { 0.0 };
            let c_im = if i == last { s.im } else { 0.0 };
            // finished = conj(phase) work + sine column; next = phase column − sine work.
            let f_re = phase.re * w_re[i] + phase.im * w_im[i] + sine * c_re;
            let f_im = phase.re * w_im[i] - phase.im * w_re[i] + sine * c_im;
            let n_re = phase.re * c_re - phase.im * c_im - sine * w_re[i];
            let n_im = phase.re * c_im + phase.im * c_re - sine * w_im[i];
            b_re[i] -= y.re * f_re - y.im * f_im;
            b_im[i] -= y.re * f_im + y.im * f_re;
            w_re[i] = n_re;
            w_im[i] = n_im;
        }
    }
}

/// `[column k−1, column k] ← [column k−1, column k] [[phase, sine], [−sine, conj(phase)]]`.
#[derive(Clone, Copy)]
struct Rotation {
    sine: f64,
    phase: Complex64,
}

impl Rotation {
    const IDENTITY: Self = Self { sine: 0.0, phase: Complex64::new(1.0, 0.0) };
}

/// What to do about a pivot that vanishes.
#[derive(Clone, Copy)]
enum Pivots {
    Exact,
    /// Replace it by ε‖H‖: the system is then solved for a matrix within rounding.
    Replaced,
}

/// A complex vector as two real ones, which vectorises.
#[derive(Clone)]
struct Split {
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Split {
    fn from_complex(x: &[Complex64]) -> Self {
        Self { re: x.iter().map(|z| z.re).collect(), im: x.iter().map(|z| z.im).collect() }
    }

    fn to_complex(&self) -> Vec<Complex64> {
        self.re.iter().zip(&self.im).map(|(&re, &im)| Complex64::new(re, im)).collect()
    }

    fn get(&self, i: usize) -> Complex64 {
        Complex64::new(self.re[i], self.im[i])
    }

    fn set(&mut self, i: usize, value: Complex64) {
        self.re[i] = value.re;
        self.im[i] = value.im;
    }

    /// Applies a real linear map to both parts.
    fn map(&self, apply: impl Fn(&[f64], &mut [f64])) -> Self {
        let mut out = Self { re: vec![0.0; self.re.len()], im: vec![0.0; self.im.len()] };
        apply(&self.re, &mut out.re);
        apply(&self.im, &mut out.im);
        out
    }

    fn largest(&self) -> f64 {
        self.re.iter().chain(&self.im).fold(0.0, |largest, part| part.abs().max(largest))
    }

    fn scale(&mut self, factor: f64) {
        self.re.iter_mut().chain(&mut self.im).for_each(|part| *part *= factor);
    }

    fn keep_in_range(&mut self) {
        let largest = self.largest();
        if largest > 1e100 {
            self.scale(1.0 / largest);
        }
    }

    fn normalise(&mut self) {
        let largest = self.largest();
        if largest > 0.0 {
            self.scale(1.0 / largest);
            let norm = self.re.iter().chain(&self.im).map(|part| part * part).sum::<f64>().sqrt();
            self.scale(1.0 / norm);
        }
    }
}
