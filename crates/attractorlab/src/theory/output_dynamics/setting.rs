//! What is trained, and the readout that least squares makes of it.

use attractorlab_numerics::linalg::{LinalgError, Lu, Mat, singular_values};

use super::ensemble::{Clamp, Coupled, Ensemble};
use crate::network::Transfer;
use crate::theory::clamped::{ClampedError, ClampedState, LocalDynamics};

/// How the entries of the feedback vectors w_FB are distributed, all independent and of mean zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FeedbackLaw {
    /// Normally.
    Gaussian {
        /// Their variance; 1 in the paper.
        variance: f64,
    },
    /// Uniformly on ±`half_width`, as FORCE learning has it with 1; for one or two outputs.
    Uniform {
        /// The half-width; √3 makes the variance 1.
        half_width: f64,
    },
}

impl Default for FeedbackLaw {
    /// Normal entries of variance 1.
    fn default() -> Self {
        Self::Gaussian { variance: 1.0 }
    }
}

/// A reservoir and the output values it is trained to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The transfer function.
    pub transfer: Transfer,
    /// Spectral radius g of the bulk.
    pub g: f64,
    /// M target outputs of K entries each.
    pub targets: Vec<Vec<f64>>,
    /// Constant context input u_m for each target, along a vector of unit variance that is
    /// independent of the feedback vectors; empty for none.
    pub context: Vec<f64>,
    /// Ridge parameter α of the normalised Gram matrix, (C + α)c = F; zero for least squares.
    pub ridge: f64,
    /// The law of the feedback vectors.
    pub feedback: FeedbackLaw,
}

impl Setting {
    /// Scalar targets, no context input, least squares, normal feedback vectors of variance 1.
    pub fn scalar(transfer: Transfer, g: f64, targets: &[f64]) -> Self {
        let targets = targets.iter().map(|&target| vec![target]).collect();
        Self { transfer, g, targets, context: Vec::new(), ridge: 0.0, feedback: FeedbackLaw::default() }
    }
}

/// Why a setting has no prediction.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There are no targets, or targets without entries.
    #[error("training needs at least one target with at least one entry")]
    NoTargets,
    /// A target, context or ridge parameter is out of range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        value: f64,
    },
    /// Lists of different lengths.
    #[error("{name} must have {expected} entries, got {found}")]
    Length {
        /// Which list.
        name: &'static str,
        /// Its length as it must be.
        expected: usize,
        /// Its length.
        found: usize,
    },
    /// The clamped states of two targets are linearly dependent, so that no readout tells them apart.
    #[error(
        "the clamped states of targets {first} and {second} are linearly dependent (condition number of their rates' \
         covariance {condition:.1e}): {remedy}"
    )]
    Dependent {
        /// Index of one target.
        first: usize,
        /// Index of the other.
        second: usize,
        /// Condition number of the covariance of rates.
        condition: f64,
        /// What to do.
        remedy: &'static str,
    },
    /// A clamped state does not exist.
    #[error(transparent)]
    Clamped(#[from] ClampedError),
    /// Linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

/// Everything the theory says about a setting.
#[derive(Debug, Clone)]
pub struct Prediction {
    pub(super) setting: Setting,
    pub(super) ensemble: Ensemble,
    /// The clamped state of each target.
    pub states: Vec<ClampedState>,
    /// Σ, the covariance of the units' inputs between states (M×M).
    pub covariance: Mat<f64>,
    /// C, the covariance of the rates between states (M×M).
    pub rates: Mat<f64>,
    /// Reduced readout c = (C + α)⁻¹F (M×K); w_out = (1/N) Σ φ(x_m) c_m.
    pub readout: Mat<f64>,
    /// Condition number of C: how much the scatter of finite networks is amplified.
    pub condition: f64,
    /// The local dynamics at each target.
    pub local: Vec<LocalDynamics>,
}

/// Predicts the local dynamics at every target of a setting.
///
/// # Errors
/// [`OutputError`] for arguments out of range, targets whose states are linearly dependent (A and
/// −A of an odd transfer function, equal targets), or a bulk without a stationary state.
pub fn predict(setting: &Setting) -> Result<Prediction, OutputError> {
    check(setting)?;
    let ensemble = Ensemble::new(setting)?;
    let m = setting.targets.len();
    let states = (0..m)
        .map(|i| ensemble.state(&setting.targets[i], setting.context_of(i)))
        .collect::<Result<Vec<_>, OutputError>>()?;
    let clamp = |i: usize| Clamp { state: &states[i], z: &setting.targets[i], u: setting.context_of(i) };
    let mut covariance = Mat::zeros(m, m);
    let mut rates = Mat::zeros(m, m);
    // Pair (i, j) with i first, at i·m + j.
    let mut pairs = Vec::with_capacity(m * m);
    for i in 0..m {
        for j in 0..m {
            if i != j && setting.same_drive(i, j) {
                return Err(dependent(setting, i, j, f64::INFINITY));
            }
            let coupled = match i.cmp(&j) {
                std::cmp::Ordering::Less => ensemble.pair(clamp(i), clamp(j))?,
                std::cmp::Ordering::Equal => ensemble.own(clamp(i))?,
                std::cmp::Ordering::Greater => Coupled::swapped(&pairs[j * m + i]),
            };
            covariance[(i, j)] = ensemble.covariance(&coupled, &setting.targets[i], &setting.targets[j]);
            rates[(i, j)] = coupled.pair().rates;
            pairs.push(coupled);
        }
    }
    let singular = singular_values(rates.as_ref())?;
    let condition = singular[0] / singular[m - 1];
    if !(condition < 1e12) && setting.ridge == 0.0 {
        let (first, second) = most_alike(&rates);
        return Err(dependent(setting, first, second, condition));
    }
    let mut gram = rates.clone();
    for i in 0..m {
        gram[(i, i)] += setting.ridge;
    }
    let k = setting.targets[0].len();
    let mut readout = Mat::from_fn(m, k, |i, j| setting.targets[i][j]);
    Lu::from_matrix(gram)?.solve_matrix_in_place(readout.as_mut());
    let mut prediction = Prediction {
        setting: setting.clone(),
        ensemble,
        states,
        covariance,
        rates,
        readout,
        condition,
        local: Vec::new(),
    };
    prediction.local = (0..m)
        .map(|state| {
            let coupled: Vec<Coupled> = (0..m).map(|other| pairs[other * m + state].clone()).collect();
            prediction.ensemble.local(
                &prediction.states[state],
                state,
                Mat::from_fn(m, k, |i, j| setting.targets[i][j]),
                prediction.readout.clone(),
                setting.context.clone(),
                &coupled,
            )
        })
        .collect::<Result<_, _>>()?;
    Ok(prediction)
}

impl Setting {
    /// Context input of a target; zero where there is none.
    pub(super) fn context_of(&self, target: usize) -> f64 {
        self.context.get(target).copied().unwrap_or(0.0)
    }

    fn same_drive(&self, i: usize, j: usize) -> bool {
        self.targets[i] == self.targets[j] && (self.context.is_empty() || self.context[i] == self.context[j])
    }
}

fn check(setting: &Setting) -> Result<(), OutputError> {
    let k = setting.targets.first().map_or(0, Vec::len);
    if k == 0 {
        return Err(OutputError::NoTargets);
    }
    for target in &setting.targets {
        if target.len() != k {
            return Err(OutputError::Length { name: "every target", expected: k, found: target.len() });
        }
        if let Some(&value) = target.iter().find(|v| !v.is_finite()) {
            return Err(OutputError::Parameter { name: "a target", expected: "a finite number", value });
        }
    }
    let (expected, found) = (setting.targets.len(), setting.context.len());
    if found != 0 && found != expected {
        return Err(OutputError::Length { name: "the context input", expected, found });
    }
    if let Some(&value) = setting.context.iter().find(|v| !v.is_finite()) {
        return Err(OutputError::Parameter { name: "the context input", expected: "a finite number", value });
    }
    if !(setting.ridge.is_finite() && setting.ridge >= 0.0) {
        let expected = "a finite number that is not negative";
        return Err(OutputError::Parameter { name: "ridge", expected, value: setting.ridge });
    }
    Ok(())
}

fn most_alike(rates: &Mat<f64>) -> (usize, usize) {
    let m = rates.nrows();
    let mut best = (0, m.saturating_sub(1), -1.0);
    for i in 0..m {
        for j in i + 1..m {
            let alike = rates[(i, j)].abs() / (rates[(i, i)] * rates[(j, j)]).sqrt();
            if alike > best.2 {
                best = (i, j, alike);
            }
        }
    }
    (best.0, best.1)
}

fn dependent(setting: &Setting, first: usize, second: usize, condition: f64) -> OutputError {
    let opposite = setting.targets[first].iter().zip(&setting.targets[second]).all(|(a, b)| *a == -*b);
    let odd = matches!(setting.transfer, Transfer::Tanh | Transfer::Erf | Transfer::Linear);
    let remedy = if opposite && odd {
        "for an odd transfer function a value and its negative are one target; leave one of them out"
    } else if setting.targets[first] == setting.targets[second] {
        "they are the same value; leave one of them out"
    } else {
        "move them apart, or use a ridge parameter above zero"
    };
    OutputError::Dependent { first, second, condition, remedy }
}

impl Prediction {
    /// The setting that was predicted.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Whether training succeeds: every target is stable.
    pub fn success(&self) -> bool {
        self.local.iter().all(LocalDynamics::is_stable)
    }

    /// Whether training succeeds, and where and why not, in words.
    pub fn verdict(&self) -> String {
        let name = |i: usize| match self.setting.targets[i].as_slice() {
            [value] => format!("z = {value}"),
            values => format!("z = {values:?}"),
        };
        if self.success() {
            return format!(
                "All {} values are held: every pole lies in the left half plane.",
                self.local.len()
            );
        }
        let lost: Vec<String> = self
            .local
            .iter()
            .enumerate()
            .filter(|(_, local)| !local.is_stable())
            .map(|(i, local)| {
                let reason = if local.bulk_radius >= 1.0 {
                    format!(
                        "the bulk is unstable (radius {:.3}): take a weaker bulk or, where rates saturate, a larger value",
                        local.bulk_radius
                    )
                } else {
                    format!("a pole at {:.3} drives the output away", local.poles[0].re)
                };
                format!("{}: {reason}", name(i))
            })
            .collect();
        format!("Training fails at {} of {} values. {}.", lost.len(), self.local.len(), lost.join("; "))
    }
}
