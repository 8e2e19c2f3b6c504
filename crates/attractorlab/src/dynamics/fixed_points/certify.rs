//! Proofs in floating point: a fixed point exists, is alone, and has so many unstable directions.

use attractorlab_numerics::interval::{Interval, summation_bound};
use attractorlab_numerics::kernels::axpy;
use attractorlab_numerics::linalg::{Eigen, Lu, Mat, MatRef, matmul, matvec};

use super::super::stationary::{Balance, Residual};
use super::super::{Enclosed, Enclosure, SolverOptions, Status, Time, fixed_point};
use crate::network::Network;

/// What is proved of a fixed point. Distances are largest differences over the variables.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// Centre of the balls: the state, after a last Newton step.
    pub x: Vec<f64>,
    /// There is a fixed point within this distance of the centre.
    pub existence_radius: f64,
    /// It is the only one within this distance.
    pub uniqueness_radius: f64,
    /// Bound on the contraction of the Newton-like map in the small ball, below 1.
    pub contraction: f64,
    /// What is proved of its stability.
    pub stability: Stability,
}

/// What is proved of the stability of a fixed point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stability {
    /// Every eigenvalue is on the stable side.
    Stable,
    /// Exactly so many eigenvalues are on the unstable side.
    Unstable {
        /// How many.
        directions: usize,
    },
    /// An eigenvalue is nearer to the boundary than the bound on its error.
    Marginal {
        /// Bound on the error of the eigenvalues; infinite where the matrix of eigenvectors is singular.
        error: f64,
    },
}

/// Why nothing is proved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Uncertified {
    /// The Jacobian of the residual is singular to working precision: a bifurcation, or no fixed point at all.
    #[error(
        "the linear system at the state is singular to working precision (reciprocal condition {condition:.1e})"
    )]
    Singular {
        /// Estimate of the reciprocal condition number.
        condition: f64,
    },
    /// No ball passed the test.
    #[error(
        "no ball around the state passes the test: residual bound {residual:.1e}, contraction {contraction:.2}"
    )]
    NoBall {
        /// Bound on the correction that the residual asks for.
        residual: f64,
        /// Contraction at the centre.
        contraction: f64,
    },
    /// The state is NaN or infinite.
    #[error("the state is not finite")]
    NotFinite,
}

/// A hair above the result of a short computation with `n` roundings.
fn above(x: f64, n: usize) -> f64 {
    x * (1.0 + 2.0 * (n + 4) as f64 * f64::EPSILON) + f64::MIN_POSITIVE
}

fn absolute(a: MatRef<'_, f64>) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)].abs())
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0_f64, |m, x| if x.is_nan() { f64::INFINITY } else { m.max(x.abs()) })
}

fn product(a: &Mat<f64>, x: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; a.nrows()];
    matvec(a.as_ref(), x, &mut out);
    out
}

fn row_sums(a: &Mat<f64>) -> Vec<f64> {
    product(a, &vec![1.0; a.ncols()])
}

/// The Newton-like map T(x) = x − A R(x) with an approximate inverse A of R' at the centre.
struct Test<'a, S> {
    system: &'a S,
    x: &'a [f64],
    /// |A|
    size: Mat<f64>,
    /// The middle of R' at the centre.
    centre: Mat<f64>,
    /// Row bounds of |1 − A R'| at the centre's middle.
    defect: Vec<f64>,
    /// Bound on |A R(x)|.
    correction: f64,
}

/// R' over a box: F' − 1 for a map, τF' in continuous time.
fn residual_jacobian(system: &impl Enclosed, x: &[Interval]) -> Enclosure {
    let mut out = system.enclose_jacobian(x);
    if system.time() == Time::Discrete {
        for i in 0..x.len() {
            let entry = Interval::around(out.middle[(i, i)], out.radius[(i, i)]) - Interval::point(1.0);
            out.middle[(i, i)] = entry.middle();
            out.radius[(i, i)] = entry.radius();
        }
    }
    out
}

impl<'a, S: Enclosed> Test<'a, S> {
    fn new(system: &'a S, x: &'a [f64]) -> Result<Self, Uncertified> {
        let n = x.len();
        let point: Vec<Interval> = x.iter().map(|x| Interval::point(*x)).collect();
        let at = residual_jacobian(system, &point);
        let lu = Lu::new(at.middle.as_ref()).map_err(|_| Uncertified::Singular { condition: 0.0 })?;
        let condition = lu.reciprocal_condition();
        if !(condition > 1e-14) {
            return Err(Uncertified::Singular { condition });
        }
        let inverse = lu.inverse();
        let size = absolute(inverse.as_ref());

        let mut residual = system.enclose_field(&point);
        if system.time() == Time::Discrete {
            residual.iter_mut().zip(&point).for_each(|(r, x)| *r = *r - *x);
        }
        let middle: Vec<f64> = residual.iter().map(|r| r.middle()).collect();
        let gamma = summation_bound(n);
        let doubt: Vec<f64> = residual.iter().map(|r| gamma * r.magnitude() + r.radius()).collect();
        let (value, doubt) = (product(&inverse, &middle), product(&size, &doubt));
        let correction = above(value.iter().zip(&doubt).fold(0.0, |m, (v, d)| f64::max(m, v.abs() + d)), n);

        let mut defect = Mat::zeros(n, n);
        matmul(inverse.as_ref(), at.middle.as_ref(), defect.as_mut());
        (0..n).for_each(|i| defect[(i, i)] -= 1.0);
        let rounding = product(&size, &row_sums(&absolute(at.middle.as_ref())));
        let defect = row_sums(&absolute(defect.as_ref()))
            .iter()
            .zip(rounding)
            .map(|(d, r)| above(d + gamma * r + 4.0 * f64::EPSILON, n))
            .collect();
        Ok(Self { system, x, size, centre: at.middle, defect, correction })
    }

    /// Bound on the contraction in the ball of this radius.
    fn contraction(&self, radius: f64) -> f64 {
        let n = self.x.len();
        let ball: Vec<Interval> = self.x.iter().map(|x| Interval::around(*x, radius)).collect();
        let over = residual_jacobian(self.system, &ball);
        let spread = Mat::from_fn(n, n, |i, j| {
            (over.middle[(i, j)] - self.centre[(i, j)]).abs() + over.radius[(i, j)]
        });
        let spread = product(&self.size, &row_sums(&spread));
        above(self.defect.iter().zip(spread).fold(0.0, |m, (d, s)| f64::max(m, d + above(s, 2 * n))), n)
    }

    /// The contraction, if the ball is mapped into itself.
    fn holds(&self, radius: f64) -> Option<f64> {
        let contraction = self.contraction(radius);
        (contraction < 1.0 && above(self.correction + contraction * radius, 2) <= radius)
            .then_some(contraction)
    }
}

/// Proves that there is exactly one fixed point near `x`, and counts its unstable directions.
///
/// The Newton-like map x − A R(x), with A an approximate inverse of the Jacobian of the residual R, must map a ball
/// into itself and contract it; residual and Jacobian are enclosed over the ball with every rounding error
/// (Krawczyk 1969; Rump, Acta Numerica 19, 287 (2010)). The eigenvalues are enclosed by the residual of a numerical
/// diagonalisation over the small ball (Bauer & Fike 1960): a union of discs that does not touch the boundary of
/// stability has as many eigenvalues on each side as centres.
///
/// ```
/// use attractorlab::dynamics::fixed_points::{Stability, certify};
/// use attractorlab::network::{Connectivity, Form, RateNetwork, Transfer};
/// use attractorlab::numerics::linalg::Mat;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bulk = Mat::from_fn(1, 1, |_, _| 2.0);
/// let network = RateNetwork::new(Connectivity::new(bulk)?, Transfer::Tanh, Form::Map);
/// let proof = certify(&network.under(&[]), &[0.957_504_024_079_064])?;
/// assert!(proof.existence_radius < 1e-14 && proof.uniqueness_radius > 0.1);
/// assert_eq!(proof.stability, Stability::Stable);
/// assert_eq!(certify(&network.under(&[]), &[0.0])?.stability, Stability::Unstable { directions: 1 });
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Uncertified`] if nothing can be proved.
///
/// # Panics
/// If x has not one entry for each variable.
#[track_caller]
pub fn certify<S: Enclosed>(system: &S, x: &[f64]) -> Result<Certificate, Uncertified> {
    assert_eq!(x.len(), system.dim(), "one entry of the state for each variable");
    if !x.iter().all(|x| x.is_finite()) {
        return Err(Uncertified::NotFinite);
    }
    let x = polished(system, x);
    let test = Test::new(system, &x)?;
    let mut found = None;
    let mut radius = 1.5 * test.correction + f64::MIN_POSITIVE;
    for _ in 0..40 {
        let contraction = test.contraction(radius);
        if contraction < 1.0 && above(test.correction + contraction * radius, 2) <= radius {
            found = Some((radius, contraction));
            break;
        }
        if contraction >= 1.0 {
            break;
        }
        radius = 1.1 * radius.max(test.correction / (1.0 - contraction));
    }
    let Some((existence_radius, contraction)) = found else {
        let contraction = test.contraction(radius);
        return Err(Uncertified::NoBall { residual: test.correction, contraction });
    };
    // The largest ball that passes, by factors of two, then by halving the last step thrice.
    // A point without residual has no scale of its own: from far below the spacing of numbers, steps lead nowhere.
    let spacing = f64::EPSILON * (1.0 + x.iter().fold(0.0_f64, |m, x| m.max(x.abs())));
    let mut uniqueness_radius =
        if test.holds(spacing).is_some() { existence_radius.max(spacing) } else { existence_radius };
    let mut factor = 16.0;
    for _ in 0..60 {
        if uniqueness_radius < 1e6 && test.holds(factor * uniqueness_radius).is_some() {
            uniqueness_radius *= factor;
        } else if factor > 1.2 {
            factor = factor.sqrt();
        } else {
            break;
        }
    }
    let ball: Vec<Interval> = x.iter().map(|x| Interval::around(*x, existence_radius)).collect();
    let stability = decide(system.time(), &system.enclose_jacobian(&ball));
    Ok(Certificate { x, existence_radius, uniqueness_radius, contraction, stability })
}

/// One or two Newton steps in floating point, as long as they lower the residual.
fn polished(system: &impl Enclosed, x: &[f64]) -> Vec<f64> {
    let balance = Residual(system);
    let (mut x, n) = (x.to_vec(), x.len());
    let (mut residual, mut trial_residual) = (vec![0.0; n], vec![0.0; n]);
    balance.residual(&x, &mut residual);
    for _ in 0..3 {
        let Ok(lu) = Lu::from_matrix(balance.jacobian(&x)) else { break };
        let mut trial = x.clone();
        axpy(-1.0, &lu.solve(&residual), &mut trial);
        balance.residual(&trial, &mut trial_residual);
        if largest(&trial_residual) >= largest(&residual) {
            break;
        }
        x = trial;
        std::mem::swap(&mut residual, &mut trial_residual);
    }
    x
}

/// A complex matrix as its real and imaginary parts.
struct Parts {
    re: Mat<f64>,
    im: Mat<f64>,
}

impl Parts {
    /// Upper bound of the absolute values.
    fn size(&self) -> Mat<f64> {
        Mat::from_fn(self.re.nrows(), self.re.ncols(), |i, j| {
            self.re[(i, j)].hypot(self.im[(i, j)]) * (1.0 + 4.0 * f64::EPSILON)
        })
    }

    fn times(&self, other: &Self) -> Self {
        let (rows, columns) = (self.re.nrows(), other.re.ncols());
        let mut parts = [0, 1].map(|_| Mat::zeros(rows, columns));
        let [re, im] = &mut parts;
        matmul(self.re.as_ref(), other.re.as_ref(), re.as_mut());
        attractorlab_numerics::linalg::matmul_add(-1.0, self.im.as_ref(), other.im.as_ref(), re.as_mut());
        matmul(self.re.as_ref(), other.im.as_ref(), im.as_mut());
        attractorlab_numerics::linalg::matmul_add(1.0, self.im.as_ref(), other.re.as_ref(), im.as_mut());
        let [re, im] = parts;
        Self { re, im }
    }
}

/// Counts the eigenvalues on the unstable side of every matrix in the enclosure.
fn decide(time: Time, jacobian: &Enclosure) -> Stability {
    let unknown = Stability::Marginal { error: f64::INFINITY };
    let n = jacobian.middle.nrows();
    let Ok(eigen) = Eigen::new(jacobian.middle.as_ref()) else { return unknown };
    if eigen.is_defective() {
        return unknown;
    }
    let right = Parts {
        re: Mat::from_fn(n, n, |i, j| eigen.right[(i, j)].re),
        im: Mat::from_fn(n, n, |i, j| eigen.right[(i, j)].im),
    };
    let left = Parts {
        re: Mat::from_fn(n, n, |i, j| eigen.left[(j, i)].re),
        im: Mat::from_fn(n, n, |i, j| -eigen.left[(j, i)].im),
    };
    // P = J V − V Λ, then W P; and 1 − W V.
    let [mut re, mut im] = [0, 1].map(|_| Mat::zeros(n, n));
    matmul(jacobian.middle.as_ref(), right.re.as_ref(), re.as_mut());
    matmul(jacobian.middle.as_ref(), right.im.as_ref(), im.as_mut());
    for j in 0..n {
        let value = eigen.values[j];
        for i in 0..n {
            let moved = eigen.right[(i, j)] * value;
            re[(i, j)] -= moved.re;
            im[(i, j)] -= moved.im;
        }
    }
    let gap = Parts { re, im };
    // Complex products have twice the terms of real ones.
    let gamma = summation_bound(2 * n + 4);
    let (left_size, right_size) = (left.size(), right.size());
    let ones = vec![1.0; n];
    let right_rows = product(&right_size, &ones);
    let sizes: Vec<f64> = eigen.values.iter().map(|value| value.norm()).collect();
    let scaled_rows = product(&right_size, &sizes);
    let jacobian_rows = product(&absolute(jacobian.middle.as_ref()), &right_rows);
    let radius_rows = product(&jacobian.radius, &right_rows);
    let gap_rows = product(&gap.size(), &ones);
    let doubt: Vec<f64> = (0..n)
        .map(|i| gamma * (jacobian_rows[i] + 2.0 * scaled_rows[i] + gap_rows[i]) + radius_rows[i])
        .collect();
    let rest = row_sums(&left.times(&gap).size());
    let doubt = product(&left_size, &doubt);
    let residual = above(rest.iter().zip(doubt).fold(0.0, |m, (r, d)| f64::max(m, r + d)), 4 * n);
    let mut inverse = left.times(&right);
    (0..n).for_each(|i| inverse.re[(i, i)] -= 1.0);
    let defect = row_sums(&inverse.size());
    let doubt = product(&left_size, &right_rows);
    let defect = above(defect.iter().zip(doubt).fold(0.0, |m, (r, d)| f64::max(m, r + gamma * d)), 4 * n);
    if !(defect < 1.0) || !residual.is_finite() {
        return unknown;
    }
    let error = above(residual / (1.0 - defect), 4);
    let beyond = |value: &num_complex::Complex<f64>| match time {
        Time::Continuous => value.re,
        Time::Discrete => value.norm() - 1.0,
    };
    let margin = error + 8.0 * f64::EPSILON * (1.0 + sizes.iter().fold(0.0, |m: f64, s| m.max(*s)));
    if eigen.values.iter().any(|value| beyond(value).abs() <= margin) {
        return Stability::Marginal { error };
    }
    match eigen.values.iter().filter(|value| beyond(value) > 0.0).count() {
        0 => Stability::Stable,
        directions => Stability::Unstable { directions },
    }
}

/// Whether a certified point survives the rounding of all weights to 32-bit floats: the certificate of the
/// fixed point of the rounded network that Newton's method finds from x, if it lies nearby and has the same
/// stability.
///
/// `u` is the constant input.
///
/// # Panics
/// If x or u have the wrong length.
#[track_caller]
pub fn survives_rounding(network: &Network, u: &[f64], certificate: &Certificate) -> Option<Certificate> {
    let rounded = network.rounded_to_f32();
    let system = rounded.under(u);
    let options = SolverOptions { relaxation_steps: 0, ..SolverOptions::default() };
    let moved = fixed_point(&system, &certificate.x, options);
    if moved.status != Status::Converged {
        return None;
    }
    let again = certify(&system, &moved.x).ok()?;
    let apart = certificate.x.iter().zip(&again.x).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
    (apart < certificate.uniqueness_radius && again.stability == certificate.stability).then_some(again)
}
