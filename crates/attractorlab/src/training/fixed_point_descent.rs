//! Gradient descent of linear networks on the output of their driven fixed point.

use attractorlab_numerics::kernels::{axpy, dot};
use attractorlab_numerics::linalg::{LinalgError, Lu, Mat, MatRef, matvec, matvec_transposed};

use super::TrainingError;

/// A linear network h = Wh + m u whose output z = wᵀh/N at the fixed point under u = 1 shall become `target`.
///
/// The limit of long trials of the input-driven fixed point, trained by back-propagation through time: there the
/// gradient is −(ẑ − z)abᵀ/N with a = (1 − W)⁻ᵀw and b = (1 − W)⁻¹m. Here it costs O(N²) a step in place
/// of two passes over the trial, because (1 − W)⁻¹ follows a step of rank one by the Sherman–Morrison formula
/// (ours). Steps are those of gradient descent, of any size: nothing is taken to be small.
///
/// ```
/// use attractorlab::numerics::linalg::Mat;
/// use attractorlab::training::{DescentStatus, FixedPointDescent};
///
/// # fn main() -> Result<(), attractorlab::training::TrainingError> {
/// let (initial, input) = (Mat::zeros(4, 4), [1.0, -1.0, 1.0, 1.0]);
/// let task = FixedPointDescent { initial: initial.as_ref(), input: &input, readout: &[1.0; 4], target: 2.0 };
/// let trained = task.run(0.02, 400)?;
/// assert_eq!(trained.status, DescentStatus::Finished);
/// assert!((trained.outputs[0] - 0.5).abs() < 1e-15 && (trained.outputs[400] - 2.0).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FixedPointDescent<'a> {
    /// W₀.
    pub initial: MatRef<'a, f64>,
    /// m.
    pub input: &'a [f64],
    /// w, entries O(1).
    pub readout: &'a [f64],
    /// ẑ.
    pub target: f64,
}

/// How the descent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescentStatus {
    /// All epochs were done.
    Finished,
    /// A step took an eigenvalue of W across 1: the fixed point was lost, and with it the task. The weights are
    /// those before that step.
    FixedPointLost {
        /// The epoch of that step.
        epoch: usize,
    },
    /// Numbers ceased to be finite.
    NotFinite {
        /// The epoch.
        epoch: usize,
    },
}

/// What gradient descent made of a linear network.
#[derive(Debug, Clone)]
pub struct DescendedNetwork {
    /// The weights after the last step.
    pub weights: Mat<f64>,
    /// Output before each step, and after the last.
    pub outputs: Vec<f64>,
    /// ‖gradient‖ (Frobenius) of each step.
    pub gradients: Vec<f64>,
    /// |(1 − W)b − m|/|m| at the end: how far the updates of the inverse drifted.
    pub residual: f64,
    /// How it ended.
    pub status: DescentStatus,
}

impl FixedPointDescent<'_> {
    /// Takes `epochs` steps of gradient descent on (ẑ − z)²/2 with all weights trained.
    ///
    /// # Errors
    /// [`TrainingError::Length`] or [`TrainingError::Columns`] for sizes that do not fit,
    /// [`TrainingError::Parameter`] for a target or rate that cannot be, [`TrainingError::Linalg`] if 1 − W₀ is
    /// singular or not finite.
    pub fn run(&self, learning_rate: f64, epochs: usize) -> Result<DescendedNetwork, TrainingError> {
        let n = self.check(learning_rate)?;
        let scale = 1.0 / n as f64;
        let identity_minus =
            |w: MatRef<'_, f64>| Mat::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - w[(i, j)]);
        let mut weights = self.initial.to_owned();
        let mut inverse = Lu::new(identity_minus(self.initial).as_ref())?.inverse();
        let (mut a, mut b, mut u, mut v) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        matvec_transposed(inverse.as_ref(), self.readout, &mut a);
        matvec(inverse.as_ref(), self.input, &mut b);
        let mut outputs = vec![scale * dot(self.readout, &b)];
        let mut gradients = Vec::with_capacity(epochs);
        let mut status = DescentStatus::Finished;
        for epoch in 0..epochs {
            let error = self.target - outputs[epoch];
            let gradient = error.abs() * scale * (dot(&a, &a) * dot(&b, &b)).sqrt();
            let step = learning_rate * error * scale;
            // (G − s a bᵀ)⁻¹ = G⁻¹ + s (G⁻¹a)(G⁻ᵀb)ᵀ/(1 − s bᵀG⁻¹a).
            matvec(inverse.as_ref(), &a, &mut u);
            matvec_transposed(inverse.as_ref(), &b, &mut v);
            let determinant = 1.0 - step * dot(&b, &u);
            if !(gradient.is_finite() && determinant.is_finite()) {
                status = DescentStatus::NotFinite { epoch };
                break;
            }
            if determinant <= 0.0 {
                status = DescentStatus::FixedPointLost { epoch };
                break;
            }
            let factor = step / determinant;
            for j in 0..n {
                axpy(step * b[j], &a, weights.col_as_slice_mut(j));
                axpy(factor * v[j], &u, inverse.col_as_slice_mut(j));
            }
            let (along_input, along_readout) = (factor * dot(&v, self.input), factor * dot(&u, self.readout));
            axpy(along_input, &u, &mut b);
            axpy(along_readout, &v, &mut a);
            outputs.push(scale * dot(self.readout, &b));
            gradients.push(gradient);
        }
        let mut image = vec![0.0; n];
        matvec(weights.as_ref(), &b, &mut image);
        let square: f64 = (0..n).map(|i| (b[i] - image[i] - self.input[i]).powi(2)).sum::<f64>()
            / dot(self.input, self.input);
        Ok(DescendedNetwork { weights, outputs, gradients, residual: square.sqrt(), status })
    }

    fn check(&self, learning_rate: f64) -> Result<usize, TrainingError> {
        let n = self.initial.nrows();
        if self.initial.ncols() != n {
            let found = self.initial.ncols();
            return Err(TrainingError::Columns {
                name: "the initial weights",
                of: "unit",
                expected: n,
                found,
            });
        }
        for (name, vector) in [("the input", self.input), ("the readout", self.readout)] {
            if vector.len() != n || n == 0 {
                return Err(TrainingError::Length { name, units: n, found: vector.len() });
            }
            let bad = vector.iter().find(|entry| !entry.is_finite());
            if let Some(&value) = bad {
                return Err(TrainingError::Parameter { name, expected: "finite in all entries", value });
            }
        }
        for (name, value) in [("target", self.target), ("learning_rate", learning_rate)] {
            if !value.is_finite() {
                return Err(TrainingError::Parameter { name, expected: "a finite number", value });
            }
        }
        Ok(n)
    }
}

impl DescendedNetwork {
    /// The first epoch before which the loss was below `fraction` of that of the first: counted as in Schuessler
    /// et al. 2020; `None` if it never was.
    pub fn convergence_epoch(&self, target: f64, fraction: f64) -> Option<usize> {
        let bound = fraction * (target - self.outputs[0]).powi(2);
        let before_steps = &self.outputs[..self.gradients.len()];
        before_steps.iter().position(|z| (target - z).powi(2) < bound)
    }

    /// Output of a network with these weights at its fixed point: z = wᵀ(1 − W)⁻¹m/N.
    ///
    /// # Errors
    /// [`LinalgError`] if 1 − W is singular or not finite.
    ///
    /// # Panics
    /// If the vectors have another length.
    #[track_caller]
    pub fn output_of(weights: MatRef<'_, f64>, input: &[f64], readout: &[f64]) -> Result<f64, LinalgError> {
        let n = weights.nrows();
        assert!(input.len() == n && readout.len() == n, "one entry of input and readout for each unit");
        let matrix = Mat::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - weights[(i, j)]);
        Ok(dot(readout, &Lu::from_matrix(matrix)?.solve(input)) / n.max(1) as f64)
    }
}
