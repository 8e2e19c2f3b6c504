//! The static map at any clamped value, its roots, and the local dynamics there.

use attractorlab_numerics::linalg::{Complex64, Mat};
use attractorlab_numerics::roots::{Options, Roots, all_roots};

use super::ensemble::{Clamp, Coupled};
use super::{OutputError, Prediction};
use crate::theory::clamped::{ClampedState, LocalDynamics};

impl Prediction {
    /// Output F̂(z) = Σ c_m C(m, z) of the trained readout when the network is clamped at `z`, with
    /// an optional context input `context` (zero if the training had none).
    ///
    /// Stationary outputs of the closed loop are the solutions of F̂(z) = z: the targets where there
    /// is no ridge, and spurious ones.
    ///
    /// # Errors
    /// [`OutputError`] if `z` has the wrong length or no clamped state exists there.
    pub fn static_map(&self, z: &[f64], context: f64) -> Result<Vec<f64>, OutputError> {
        let (_, pairs) = self.clamp(z, context)?;
        Ok((0..z.len())
            .map(|k| pairs.iter().enumerate().map(|(m, p)| self.readout[(m, k)] * p.pair().rates).sum())
            .collect())
    }

    /// The local dynamics at any clamped value, of order M + 1 (the value itself joins the targets,
    /// without a share in the readout).
    ///
    /// # Errors
    /// Those of [`Self::static_map`].
    pub fn local_at(&self, z: &[f64], context: f64) -> Result<LocalDynamics, OutputError> {
        let (own, mut pairs) = self.clamp(z, context)?;
        let (m, k) = (self.setting.targets.len(), z.len());
        let feedback = Mat::from_fn(m + 1, k, |i, j| if i < m { self.setting.targets[i][j] } else { z[j] });
        let weights = Mat::from_fn(m + 1, k, |i, j| if i < m { self.readout[(i, j)] } else { 0.0 });
        let context = if self.setting.context.is_empty() {
            Vec::new()
        } else {
            self.setting.context.iter().copied().chain([context]).collect()
        };
        let u = context.last().copied().unwrap_or(0.0);
        pairs.push(self.ensemble.own(Clamp { state: &own, z, u })?);
        self.ensemble.local(&own, m, feedback, weights, context, &pairs)
    }

    /// Slope dF̂/dz of the static map of a single output: the open-loop gain G(0) at z.
    ///
    /// # Errors
    /// Those of [`Self::static_map`].
    pub fn static_slope(&self, z: f64, context: f64) -> Result<f64, OutputError> {
        let gain = self.local_at(&[z], context)?.open_transfer(Complex64::new(0.0, 0.0))?;
        Ok(gain[(0, 0)].re)
    }

    /// All stationary outputs of a single-output network in [low, high]: targets and spurious ones.
    ///
    /// # Errors
    /// [`OutputError::Length`] for several outputs; [`OutputError::Parameter`] for an interval that
    /// is empty or on which the map is not defined.
    pub fn stationary_outputs(&self, low: f64, high: f64, context: f64) -> Result<Roots, OutputError> {
        if self.setting.targets[0].len() != 1 {
            let found = self.setting.targets[0].len();
            return Err(OutputError::Length {
                name: "every target, for a search of all roots,",
                expected: 1,
                found,
            });
        }
        let mut failure = None;
        let excess = |z: f64| match self.static_map(&[z], context) {
            Ok(value) => value[0] - z,
            Err(error) => {
                failure.get_or_insert(error);
                f64::NAN
            }
        };
        let found = all_roots(excess, low, high, Options { minimum_pieces: 4, accuracy: 1e-11 });
        match (found, failure) {
            (Ok(roots), _) => Ok(roots),
            (Err(_), Some(error)) => Err(error),
            (Err(_), None) => {
                let expected = "a finite interval with low < high";
                Err(OutputError::Parameter { name: "the range of outputs", expected, value: high - low })
            }
        }
    }

    /// The state clamped at z and its pairs with all targets (target first).
    fn clamp(&self, z: &[f64], context: f64) -> Result<(ClampedState, Vec<Coupled>), OutputError> {
        let setting = &self.setting;
        let expected = setting.targets[0].len();
        if z.len() != expected {
            return Err(OutputError::Length { name: "the clamped output", expected, found: z.len() });
        }
        let u = if setting.context.is_empty() { 0.0 } else { context };
        let own = self.ensemble.state(z, u)?;
        let pairs = (0..setting.targets.len())
            .map(|m| {
                let target =
                    Clamp { state: &self.states[m], z: &setting.targets[m], u: setting.context_of(m) };
                self.ensemble.pair(target, Clamp { state: &own, z, u })
            })
            .collect::<Result<_, _>>()?;
        Ok((own, pairs))
    }
}
