//! Values at which one bulk is clamped, any of which can be the targets of a training.

use std::sync::Arc;

use attractorlab_numerics::linalg::{Complex64, Lu, Mat, singular_values};

use super::ensemble::{Clamp, Coupled, Ensemble};
use super::setting::{check, dependent};
use super::{OutputError, Prediction, Setting};
use crate::theory::clamped::{ClampedError, ClampedState};

/// The clamped states of many values and the covariances of their pairs, for predictions of every network that holds some
/// of the values.
///
/// A map of all pairs of n values takes n states and n(n − 1)/2 covariances from here; a [`predict`](super::predict) for each
/// pair solves for 2n² states and n² covariances.
///
/// ```
/// use attractorlab::network::Transfer;
/// use attractorlab::theory::output_dynamics::{Candidates, Setting};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let relu = Transfer::Relu { threshold: -0.5 };
/// let candidates = Candidates::new(&Setting::scalar(relu, 0.8, &[-1.0, 0.4, 1.0]))?;
/// // A relu network holds values of opposite sign.
/// let map = candidates.pairs()?;
/// assert!(map.held(0, 2) && !map.held(1, 2));
/// // All that theory says of one of them.
/// println!("{}", candidates.train(&[0, 2])?.verdict());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Candidates {
    setting: Setting,
    ensemble: Arc<Ensemble>,
    /// The state of each value, or why there is none.
    states: Vec<Result<ClampedState, OutputError>>,
    /// Pair (i, j) with i ≤ j, i first, at j(j + 1)/2 + i.
    pairs: Vec<Result<Coupled, OutputError>>,
}

/// Networks trained to two values each, for all pairs of n values.
#[derive(Debug, Clone)]
pub struct PairMap {
    /// Leading pole at value i of a network trained to values i and j, in row i and column j (n×n). NaN on the diagonal,
    /// where the states are linearly dependent, and where a value has no stationary state.
    pub leading: Mat<Complex64>,
    /// Radius g√⟨φ'²⟩ of the bulk at each value; the state is chaotic at one and above. NaN without a stationary state.
    pub bulk_radius: Vec<f64>,
}

impl PairMap {
    /// Whether a network trained to values i and j holds both: all poles in the left half plane, and a stable bulk.
    ///
    /// # Panics
    /// If there is no value of this index.
    pub fn held(&self, i: usize, j: usize) -> bool {
        [(i, j), (j, i)].iter().all(|&at| self.leading[at].re < 0.0 && self.bulk_radius[at.0] < 1.0)
    }
}

impl Candidates {
    /// Clamps the bulk of a setting at each of its targets.
    ///
    /// # Errors
    /// [`OutputError`] for arguments out of range. Equal targets are no error here, nor are those without a stationary state.
    pub fn new(setting: &Setting) -> Result<Self, OutputError> {
        check(setting)?;
        let ensemble = Arc::new(Ensemble::new(setting)?);
        let states = (0..setting.targets.len())
            .map(|i| ensemble.state(&setting.targets[i], setting.context_of(i)))
            .collect::<Vec<_>>();
        let clamp = |i: usize| -> Result<Clamp<'_>, OutputError> {
            let state = states[i].as_ref().map_err(Clone::clone)?;
            Ok(Clamp { state, z: &setting.targets[i], u: setting.context_of(i) })
        };
        let mut pairs = Vec::with_capacity(states.len() * (states.len() + 1) / 2);
        for j in 0..states.len() {
            pairs.extend((0..j).map(|i| ensemble.pair(clamp(i)?, clamp(j)?)));
            pairs.push(clamp(j).and_then(|j| ensemble.own(j)));
        }
        Ok(Self { setting: setting.clone(), ensemble, states, pairs })
    }

    /// The setting whose targets are the candidates.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Predicts a network that is trained to the chosen candidates, by index, in this order.
    ///
    /// # Errors
    /// [`OutputError::NoTargets`] for none; [`OutputError::NoCandidate`] for an index without a value;
    /// [`OutputError::Dependent`], with positions in the list of chosen ones, if no readout tells their states apart;
    /// [`OutputError::Clamped`] for a value without a stationary state.
    pub fn train(&self, chosen: &[usize]) -> Result<Prediction, OutputError> {
        let all = &self.setting;
        let count = all.targets.len();
        if let Some(&index) = chosen.iter().find(|&&index| index >= count) {
            return Err(OutputError::NoCandidate { index, count });
        }
        let setting = Setting {
            targets: chosen.iter().map(|&i| all.targets[i].clone()).collect(),
            context: if all.context.is_empty() {
                Vec::new()
            } else {
                chosen.iter().map(|&i| all.context[i]).collect()
            },
            ..*all
        };
        let m = chosen.len();
        if m == 0 {
            return Err(OutputError::NoTargets);
        }
        setting.tells_apart()?;
        let states: Vec<ClampedState> =
            chosen.iter().map(|&i| self.states[i].clone()).collect::<Result<_, _>>()?;
        let pair = |i: usize, j: usize| self.pairs[j * (j + 1) / 2 + i].clone();
        // Pair (i, j) of the chosen, i first.
        let coupled = |i: usize, j: usize| {
            let (i, j) = (chosen[i], chosen[j]);
            if i <= j { pair(i, j) } else { pair(j, i).map(|pair| pair.swapped()) }
        };
        let pairs: Vec<Vec<Coupled>> =
            (0..m).map(|j| (0..m).map(|i| coupled(i, j)).collect()).collect::<Result<_, OutputError>>()?;
        let rates = Mat::from_fn(m, m, |i, j| pairs[j][i].pair().rates);
        let singular = singular_values(rates.as_ref())?;
        let condition = singular[0] / singular[m - 1];
        // A ridge that is lost beside C is none.
        let of_gram = (singular[0] + setting.ridge) / (singular[m - 1] + setting.ridge);
        if !(of_gram < if setting.ridge == 0.0 { 1e12 } else { 1e15 }) {
            let (first, second) = most_alike(&rates);
            return Err(dependent(&setting, first, second, condition));
        }
        let gram = Mat::from_fn(m, m, |i, j| rates[(i, j)] + if i == j { setting.ridge } else { 0.0 });
        let k = setting.targets[0].len();
        let values = Mat::from_fn(m, k, |i, j| setting.targets[i][j]);
        let mut readout = values.clone();
        Lu::from_matrix(gram)?.solve_matrix_in_place(readout.as_mut());
        let local = (0..m)
            .map(|current| {
                self.ensemble.local(
                    &states[current],
                    current,
                    values.clone(),
                    readout.clone(),
                    setting.context.clone(),
                    &pairs[current],
                )
            })
            .collect::<Result<_, _>>()?;
        let covariance = Mat::from_fn(m, m, |i, j| {
            self.ensemble.covariance(&pairs[j][i], &setting.targets[i], &setting.targets[j])
        });
        Ok(Prediction {
            ensemble: self.ensemble.clone(),
            states,
            covariance,
            rates,
            readout,
            condition,
            local,
            setting,
        })
    }

    /// The networks that are trained to any two of the candidates.
    ///
    /// # Errors
    /// [`OutputError::Linalg`] if an eigenvalue problem fails.
    pub fn pairs(&self) -> Result<PairMap, OutputError> {
        let n = self.states.len();
        let mut leading = Mat::from_fn(n, n, |_, _| Complex64::new(f64::NAN, f64::NAN));
        for j in 0..n {
            for i in 0..j {
                match self.train(&[i, j]) {
                    Ok(prediction) => {
                        leading[(i, j)] = prediction.local[0].poles[0];
                        leading[(j, i)] = prediction.local[1].poles[0];
                    }
                    Err(
                        OutputError::Dependent { .. } | OutputError::Clamped(ClampedError::NoState { .. }),
                    ) => (),
                    Err(error) => return Err(error),
                }
            }
        }
        let radius = |state: &ClampedState| self.setting.g * state.gain_squared.sqrt();
        let bulk_radius = self.states.iter().map(|state| state.as_ref().map_or(f64::NAN, radius)).collect();
        Ok(PairMap { leading, bulk_radius })
    }
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
