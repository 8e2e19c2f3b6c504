//! What simulation, fixed points and spectra need to know of a system.

use attractorlab_numerics::kernels::axpy;
use attractorlab_numerics::linalg::{Mat, matvec_transposed};

use crate::network::{Form, RateNetwork};

/// Whether time is continuous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// dx/dt = F(x); a state is stationary where F = 0, stable iff Re of all eigenvalues of F' is < 0.
    Continuous,
    /// x' = F(x); a state is stationary where F(x) = x, stable iff |eigenvalues of F'| < 1.
    Discrete,
}

/// An autonomous dynamical system with its Jacobian: a network, or a user's own.
///
/// ```
/// use attractorlab::dynamics::{Dynamics, SolverOptions, Status, Time, fixed_point};
/// use attractorlab::numerics::linalg::Mat;
///
/// /// dx/dt = x − x³.
/// struct DoubleWell;
/// impl Dynamics for DoubleWell {
///     fn dim(&self) -> usize {
///         1
///     }
///     fn time(&self) -> Time {
///         Time::Continuous
///     }
///     fn field(&self, x: &[f64], out: &mut [f64]) {
///         out[0] = x[0] - x[0].powi(3);
///     }
///     fn jacobian(&self, x: &[f64]) -> Mat<f64> {
///         Mat::from_fn(1, 1, |_, _| 1.0 - 3.0 * x[0] * x[0])
///     }
/// }
/// let found = fixed_point(&DoubleWell, &[0.7], SolverOptions::default());
/// assert_eq!(found.status, Status::Converged);
/// assert!((found.x[0] - 1.0).abs() < 1e-12);
/// ```
pub trait Dynamics: Sync {
    /// Number of variables.
    fn dim(&self) -> usize;

    /// Whether F is a vector field or a map.
    fn time(&self) -> Time;

    /// `out = F(x)`; both have [`Dynamics::dim`] entries.
    fn field(&self, x: &[f64], out: &mut [f64]);

    /// F'(x), with `∂Fᵢ/∂xⱼ` in row i and column j.
    fn jacobian(&self, x: &[f64]) -> Mat<f64>;

    /// `out = F'(x) v`. Overwrite it where the Jacobian need not be formed.
    fn jacobian_times(&self, x: &[f64], v: &[f64], out: &mut [f64]) {
        attractorlab_numerics::linalg::matvec(self.jacobian(x).as_ref(), v, out);
    }

    /// `out = F'(x)ᵀ v`. Overwrite it where the Jacobian need not be formed.
    fn jacobian_transposed_times(&self, x: &[f64], v: &[f64], out: &mut [f64]) {
        matvec_transposed(self.jacobian(x).as_ref(), v, out);
    }

    /// The time in which residuals are measured: F is multiplied by it before it is compared with a
    /// tolerance. 1 by default.
    fn time_constant(&self) -> f64 {
        1.0
    }
}

/// A rate network under a constant input; made by [`RateNetwork::under`].
#[derive(Debug, Clone)]
pub struct Driven<'a> {
    network: &'a RateNetwork,
    drive: Vec<f64>,
}

impl RateNetwork {
    /// The autonomous system of this network under the constant input u. (As a [`Dynamics`] itself, a
    /// network has input zero.) Noise plays no part in it.
    ///
    /// # Panics
    /// If u has not one entry for each input.
    #[track_caller]
    pub fn under(&self, u: &[f64]) -> Driven<'_> {
        Driven { network: self, drive: self.drive(u) }
    }

    /// The gains φ' that multiply the columns (current form, at x) or the rows (rate form and map, at
    /// Jr + drive) of J in the Jacobian.
    fn gains(&self, state: &[f64], drive: &[f64]) -> Vec<f64> {
        let n = self.units();
        let (mut argument, mut phi, mut gains) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        if self.form() == Form::Current {
            argument.copy_from_slice(state);
        } else {
            self.connectivity().apply(state, &mut argument);
            axpy(1.0, drive, &mut argument);
        }
        self.transfer().with_first(&argument, &mut phi, &mut gains);
        gains
    }

    fn field_of(&self, drive: &[f64], state: &[f64], out: &mut [f64]) {
        let rate = 1.0 / self.time_constant();
        match self.form() {
            Form::Current => {
                let mut rates = state.to_vec();
                self.transfer().values_in_place(&mut rates);
                self.connectivity().apply(&rates, out);
                for ((o, d), x) in out.iter_mut().zip(drive).zip(state) {
                    *o = (*o + d - x) * rate;
                }
            }
            Form::Rate | Form::Map => {
                self.connectivity().apply(state, out);
                axpy(1.0, drive, out);
                self.transfer().values_in_place(out);
                if self.form() == Form::Rate {
                    for (o, r) in out.iter_mut().zip(state) {
                        *o = (*o - r) * rate;
                    }
                }
            }
        }
    }

    fn jacobian_of(&self, drive: &[f64], state: &[f64]) -> Mat<f64> {
        let (n, gains) = (self.units(), self.gains(state, drive));
        let mut jacobian = if self.form() == Form::Current {
            self.connectivity().effective(&gains)
        } else {
            let mut j = self.connectivity().effective(&vec![1.0; n]);
            for column in 0..n {
                for row in 0..n {
                    j[(row, column)] *= gains[row];
                }
            }
            j
        };
        if self.form() != Form::Map {
            let rate = 1.0 / self.time_constant();
            for column in 0..n {
                jacobian[(column, column)] -= 1.0;
                for row in 0..n {
                    jacobian[(row, column)] *= rate;
                }
            }
        }
        jacobian
    }

    fn product_of(&self, drive: &[f64], state: &[f64], v: &[f64], out: &mut [f64], transposed: bool) {
        let gains = self.gains(state, drive);
        let scale = |values: &mut [f64]| values.iter_mut().zip(&gains).for_each(|(v, gain)| *v *= gain);
        // J diag(gains) in the current form, diag(gains) J in the others; transposed the other way round.
        if (self.form() == Form::Current) == transposed {
            self.multiply(v, out, transposed);
            scale(out);
        } else {
            let mut scaled = v.to_vec();
            scale(&mut scaled);
            self.multiply(&scaled, out, transposed);
        }
        if self.form() != Form::Map {
            let rate = 1.0 / self.time_constant();
            for (o, v) in out.iter_mut().zip(v) {
                *o = (*o - v) * rate;
            }
        }
    }

    fn multiply(&self, v: &[f64], out: &mut [f64], transposed: bool) {
        if transposed {
            self.connectivity().apply_transposed(v, out);
        } else {
            self.connectivity().apply(v, out);
        }
    }

    fn kind_of_time(&self) -> Time {
        if self.form() == Form::Map { Time::Discrete } else { Time::Continuous }
    }

    fn residual_scale(&self) -> f64 {
        if self.form() == Form::Map { 1.0 } else { self.time_constant() }
    }
}

impl Dynamics for RateNetwork {
    fn dim(&self) -> usize {
        self.units()
    }
    fn time(&self) -> Time {
        self.kind_of_time()
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        self.field_of(self.bias(), x, out);
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        self.jacobian_of(self.bias(), x)
    }
    fn jacobian_times(&self, x: &[f64], v: &[f64], out: &mut [f64]) {
        self.product_of(self.bias(), x, v, out, false);
    }
    fn jacobian_transposed_times(&self, x: &[f64], v: &[f64], out: &mut [f64]) {
        self.product_of(self.bias(), x, v, out, true);
    }
    fn time_constant(&self) -> f64 {
        self.residual_scale()
    }
}

impl Dynamics for Driven<'_> {
    fn dim(&self) -> usize {
        self.network.units()
    }
    fn time(&self) -> Time {
        self.network.kind_of_time()
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        self.network.field_of(&self.drive, x, out);
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        self.network.jacobian_of(&self.drive, x)
    }
    fn jacobian_times(&self, x: &[f64], v: &[f64], out: &mut [f64]) {
        self.network.product_of(&self.drive, x, v, out, false);
    }
    fn jacobian_transposed_times(&self, x: &[f64], v: &[f64], out: &mut [f64]) {
        self.network.product_of(&self.drive, x, v, out, true);
    }
    fn time_constant(&self) -> f64 {
        self.network.residual_scale()
    }
}
