//! What simulation, fixed points and spectra need to know of a system.

use attractorlab_numerics::kernels::axpy;
use attractorlab_numerics::linalg::{Mat, MatMut, MatRef, matmul, matvec_transposed};

use crate::network::{Form, RateNetwork, Transfer, mean_product};

/// Column c of a matrix as a slice: matrices of this crate are column-major.
fn column_mut(matrix: &mut Mat<f64>, c: usize) -> &mut [f64] {
    matrix.col_as_slice_mut(c)
}

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

    /// `out = F(states)` for the columns of a batch. Overwrite it where many states are faster at once.
    fn fields(&self, states: MatRef<'_, f64>, mut out: MatMut<'_, f64>) {
        let (mut state, mut field) = (vec![0.0; self.dim()], vec![0.0; self.dim()]);
        for c in 0..states.ncols() {
            state.iter_mut().zip(states.col(c).iter()).for_each(|(s, x)| *s = *x);
            self.field(&state, &mut field);
            out.as_mut().col_mut(c).iter_mut().zip(&field).for_each(|(o, f)| *o = *f);
        }
    }

    /// Bounds |xᵢ| ≤ bᵢ that hold for every stationary state, if they are known.
    ///
    /// A system that has them must map the box (or flow) into itself, so that the indices of its stationary
    /// states, the signs of det(1 − F') or det(−F'), add up to 1.
    fn bounds(&self) -> Option<Vec<f64>> {
        None
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
    /// Σ|B u| + |b|, for bounds on rounding errors.
    size: Vec<f64>,
}

impl Driven<'_> {
    pub(super) fn network(&self) -> &RateNetwork {
        self.network
    }

    pub(super) fn drive(&self) -> &[f64] {
        &self.drive
    }

    pub(super) fn input_size(&self) -> &[f64] {
        &self.size
    }
}

impl RateNetwork {
    /// The autonomous system of this network under the constant input u. (As a [`Dynamics`] itself, a
    /// network has input zero.) Noise plays no part in it.
    ///
    /// # Panics
    /// If u has not one entry for each input.
    #[track_caller]
    pub fn under(&self, u: &[f64]) -> Driven<'_> {
        let weights = self.input_weights();
        let size = (0..self.units())
            .map(|i| {
                let products: f64 = u.iter().enumerate().map(|(k, u)| (weights[(i, k)] * u).abs()).sum();
                products + self.bias()[i].abs()
            })
            .collect();
        Driven { network: self, drive: self.drive(u), size }
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

    /// F of many states: the product with the bulk is one for all columns.
    fn fields_of(&self, drive: &[f64], states: MatRef<'_, f64>, mut out: MatMut<'_, f64>) {
        let (n, columns) = (self.units(), states.ncols());
        let mut rates = states.to_owned();
        if self.form() == Form::Current {
            for c in 0..columns {
                self.transfer().values_in_place(column_mut(&mut rates, c));
            }
        }
        let mut sums = Mat::zeros(n, columns);
        matmul(self.connectivity().bulk(), rates.as_ref(), sums.as_mut());
        let rate = 1.0 / self.time_constant();
        for c in 0..columns {
            let sum = column_mut(&mut sums, c);
            for (m, n) in self.connectivity().loops() {
                axpy(mean_product(n, column_mut(&mut rates, c)), m, sum);
            }
            axpy(1.0, drive, sum);
            if self.form() != Form::Current {
                self.transfer().values_in_place(sum);
            }
            for (i, sum) in sum.iter().enumerate() {
                out[(i, c)] = if self.form() == Form::Map { *sum } else { (sum - states[(i, c)]) * rate };
            }
        }
    }

    /// |x| ≤ b for every stationary state of a network with a bounded transfer function.
    fn bounds_of(&self, drive: &[f64]) -> Option<Vec<f64>> {
        let largest = match self.transfer() {
            Transfer::Tanh | Transfer::Erf | Transfer::Logistic => 1.0,
            _ => return None,
        };
        if self.form() != Form::Current {
            return Some(vec![largest; self.units()]);
        }
        let mut bounds: Vec<f64> = drive.iter().map(|d| d.abs()).collect();
        let bulk = self.connectivity().bulk();
        for j in 0..self.units() {
            for (i, bound) in bounds.iter_mut().enumerate() {
                *bound += bulk[(i, j)].abs();
            }
        }
        for (m, n) in self.connectivity().loops() {
            let size = n.iter().map(|n| n.abs()).sum::<f64>() / n.len() as f64;
            bounds.iter_mut().zip(m).for_each(|(bound, m)| *bound += m.abs() * size);
        }
        Some(bounds)
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
    fn fields(&self, states: MatRef<'_, f64>, out: MatMut<'_, f64>) {
        self.fields_of(self.bias(), states, out);
    }
    fn bounds(&self) -> Option<Vec<f64>> {
        self.bounds_of(self.bias())
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
    fn fields(&self, states: MatRef<'_, f64>, out: MatMut<'_, f64>) {
        self.network.fields_of(&self.drive, states, out);
    }
    fn bounds(&self) -> Option<Vec<f64>> {
        self.network.bounds_of(&self.drive)
    }
    fn time_constant(&self) -> f64 {
        self.network.residual_scale()
    }
}
