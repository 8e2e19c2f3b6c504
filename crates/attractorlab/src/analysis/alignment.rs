//! Is the activity of a network aligned with its output, or oblique to it?
//!
//! The measures of Schuessler, Mastrogiuseppe, Ostojic & Barak (2024): networks with small output weights must be
//! active along them, those with large ones need not be. States are columns (N×P), averaged over noise where there
//! is some; output weights W_out are N×K.

use attractorlab_numerics::linalg::{LinalgError, Mat, MatRef, matmul, matmul_transposed, singular_values};

use super::PrincipalComponents;

/// Why alignment cannot be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AlignmentError {
    /// Sizes that do not fit.
    #[error("{name} must have {expected} {what}, got {found}")]
    Size {
        /// Which array.
        name: &'static str,
        /// Rows or columns.
        what: &'static str,
        /// As many as there must be.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// Nothing to compare: no states, states that do not vary, or weights that are all zero.
    #[error("{name} must not be {what}: there is no direction to compare")]
    Nothing {
        /// Which array.
        name: &'static str,
        /// Empty, constant or zero.
        what: &'static str,
    },
    /// A number is out of its range.
    #[error("{name} must be {expected}, got {value}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it was.
        value: f64,
    },
    /// Linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

/// The states minus their mean over columns; zero for units that vary by no more than rounding.
fn centred(states: MatRef<'_, f64>) -> Mat<f64> {
    let (n, p) = (states.nrows(), states.ncols());
    let mut out = states.to_owned();
    for i in 0..n {
        let mut subtract_mean = || {
            let mean = (0..p).map(|c| out[(i, c)]).sum::<f64>() / p.max(1) as f64;
            (0..p).for_each(|c| out[(i, c)] -= mean);
        };
        // The first mean of constant states is off by rounding, which the second takes away.
        subtract_mean();
        subtract_mean();
        let size = |of: MatRef<'_, f64>| (0..p).map(|c| of[(i, c)].abs()).fold(0.0, f64::max);
        if size(out.as_ref()) <= 2.0 * f64::EPSILON * size(states) {
            (0..p).for_each(|c| out[(i, c)] = 0.0);
        }
    }
    out
}

fn check_rows(name: &'static str, a: MatRef<'_, f64>, expected: usize) -> Result<(), AlignmentError> {
    if a.nrows() == expected {
        return Ok(());
    }
    Err(AlignmentError::Size { name, what: "rows", expected, found: a.nrows() })
}

fn positive_norm(name: &'static str, what: &'static str, a: MatRef<'_, f64>) -> Result<f64, AlignmentError> {
    let norm = a.norm_l2();
    // NaN passes on to the result; only zero has no direction (states that vary by rounding alone are made zero).
    if norm == 0.0 { Err(AlignmentError::Nothing { name, what }) } else { Ok(norm) }
}

/// The correlation ρ = ‖W_outᵀX‖/(‖W_out‖‖X‖) of output weights and states X, centred over columns
/// (Schuessler et al. 2024, equation 2).
///
/// Of order 1: aligned; of order 1/√N, as for directions that know nothing of each other: oblique.
///
/// ```
/// use attractorlab::analysis::alignment::output_alignment;
/// use attractorlab::numerics::linalg::Mat;
///
/// // Activity along the first unit, read from the first unit, then from both.
/// let states = Mat::from_fn(2, 9, |i, t| if i == 0 { (t as f64).sin() } else { 1.0 });
/// let along = Mat::from_fn(2, 1, |i, _| if i == 0 { 3.0 } else { 0.0 });
/// let half = Mat::from_fn(2, 1, |_, _| 1.0);
/// assert!((output_alignment(along.as_ref(), states.as_ref())? - 1.0).abs() < 1e-15);
/// assert!((output_alignment(half.as_ref(), states.as_ref())? - 0.5_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), attractorlab::analysis::alignment::AlignmentError>(())
/// ```
///
/// # Errors
/// [`AlignmentError::Size`] if the weights have not one row for each unit, [`AlignmentError::Nothing`] for weights
/// of zero or states that do not vary.
pub fn output_alignment(
    output_weights: MatRef<'_, f64>,
    states: MatRef<'_, f64>,
) -> Result<f64, AlignmentError> {
    check_rows("the output weights", output_weights, states.nrows())?;
    let states = centred(states);
    let size = positive_norm("the output weights", "zero", output_weights)?
        * positive_norm("the states", "constant", states.as_ref())?;
    let mut projected = Mat::zeros(output_weights.ncols(), states.ncols());
    matmul_transposed(output_weights, states.as_ref(), projected.as_mut());
    Ok(projected.norm_l2() / size)
}

/// The Procrustes angle arccos(‖XYᵀ‖_*/(‖X‖‖Y‖)) between two sets of states of P columns each, in radians from 0
/// (equal up to rotation and scale) to π/2; both centred over columns. They may have different numbers of units.
///
/// The nuclear norm is taken of Y Xᵀ, the best rotation of units onto units. Columns correspond: the same
/// times of the same trials.
///
/// ```
/// use attractorlab::analysis::alignment::procrustes_angle;
/// use attractorlab::numerics::linalg::Mat;
///
/// let x = Mat::from_fn(2, 40, |i, t| if i == 0 { (t as f64).sin() } else { 0.5 * (t as f64).cos() });
/// // The same, turned, twice as large, in three units.
/// let y = Mat::from_fn(3, 40, |i, t| if i < 2 { 2.0 * x[(1 - i, t)] } else { 7.0 });
/// assert!(procrustes_angle(x.as_ref(), y.as_ref())? < 1e-7);
/// # Ok::<(), attractorlab::analysis::alignment::AlignmentError>(())
/// ```
///
/// # Errors
/// [`AlignmentError::Size`] for different numbers of columns, [`AlignmentError::Nothing`] for states that do not vary.
pub fn procrustes_angle(first: MatRef<'_, f64>, second: MatRef<'_, f64>) -> Result<f64, AlignmentError> {
    if first.ncols() != second.ncols() {
        return Err(AlignmentError::Size {
            name: "the second states",
            what: "columns",
            expected: first.ncols(),
            found: second.ncols(),
        });
    }
    let (x, y) = (centred(first), centred(second));
    let size = positive_norm("the first states", "constant", x.as_ref())?
        * positive_norm("the second states", "constant", y.as_ref())?;
    let mut product = Mat::zeros(x.nrows(), y.nrows());
    matmul(x.as_ref(), y.as_ref().transpose(), product.as_mut());
    let nuclear: f64 = singular_values(product.as_ref())?.iter().sum();
    Ok((nuclear / size).min(1.0).acos())
}

/// The participation ratio (Σv)²/Σv² of the variances along principal components: how many directions the states
/// fill.
///
/// # Errors
/// [`AlignmentError::Nothing`] if there are no states or they do not vary.
pub fn participation_ratio(states: MatRef<'_, f64>) -> Result<f64, AlignmentError> {
    let components = PrincipalComponents::new(centred(states).as_ref(), states.nrows())?;
    let dimension = components.dimension();
    if dimension > 0.0 {
        Ok(dimension)
    } else {
        Err(AlignmentError::Nothing { name: "the states", what: "constant" })
    }
}

/// Share R² of the variance of outputs (K×P) that ridge regression on the first d principal components of the
/// states explains, for d = 1, …, `most`.
///
/// Aligned networks need the two or three leading components, oblique ones many.
///
/// # Errors
/// [`AlignmentError::Size`] for different numbers of columns, [`AlignmentError::Nothing`] for outputs or states that
/// do not vary, [`AlignmentError::Parameter`] for a negative ridge parameter (of mean squares along a component).
pub fn output_explained(
    states: MatRef<'_, f64>,
    outputs: MatRef<'_, f64>,
    most: usize,
    ridge: f64,
) -> Result<Vec<f64>, AlignmentError> {
    if !(ridge >= 0.0 && ridge.is_finite()) {
        let expected = "a finite number that is not negative";
        return Err(AlignmentError::Parameter { name: "ridge", expected, value: ridge });
    }
    let samples = states.ncols();
    if outputs.ncols() != samples {
        return Err(AlignmentError::Size {
            name: "the outputs",
            what: "columns",
            expected: samples,
            found: outputs.ncols(),
        });
    }
    let y = centred(outputs);
    let total = positive_norm("the outputs", "constant", y.as_ref())?.powi(2);
    let x = centred(states);
    positive_norm("the states", "constant", x.as_ref())?;
    let components = PrincipalComponents::new(x.as_ref(), most)?;
    let mut scores = Mat::zeros(components.axes.ncols(), samples);
    matmul_transposed(components.axes.as_ref(), x.as_ref(), scores.as_mut());
    // Components are uncorrelated, so that each adds its own share: with c = ⟨y s⟩ and v = ⟨s²⟩ the coefficient
    // is c/(v + α) and the residual falls by c²(v + 2α)/(v + α)².
    let mut explained = 0.0;
    Ok((0..scores.nrows())
        .map(|d| {
            let variance = components.variances[d];
            for k in 0..y.nrows() {
                let covariance =
                    (0..samples).map(|c| y[(k, c)] * scores[(d, c)]).sum::<f64>() / samples as f64;
                if variance + ridge > 0.0 {
                    explained += samples as f64 * covariance * covariance * (variance + 2.0 * ridge)
                        / (variance + ridge).powi(2);
                }
            }
            explained / total
        })
        .collect())
}

/// Variance of fluctuations (N×P, columns: samples, their mean taken away) along the output weights, over its mean
/// over random directions: each column w of the output weights counts as (wᵀCw/|w|²)/(tr C/N), averaged.
///
/// Well above one: noise reaches the output (aligned networks); below: it is compressed along it (oblique ones).
///
/// # Errors
/// [`AlignmentError::Size`] and [`AlignmentError::Nothing`] as in [`output_alignment`].
pub fn relative_noise_along_output(
    output_weights: MatRef<'_, f64>,
    fluctuations: MatRef<'_, f64>,
) -> Result<f64, AlignmentError> {
    let n = fluctuations.nrows();
    check_rows("the output weights", output_weights, n)?;
    let x = centred(fluctuations);
    let per_direction = positive_norm("the fluctuations", "constant", x.as_ref())?.powi(2) / n as f64;
    let mut projected = Mat::zeros(output_weights.ncols(), x.ncols());
    matmul_transposed(output_weights, x.as_ref(), projected.as_mut());
    let outputs = output_weights.ncols();
    let mut sum = 0.0;
    for k in 0..outputs {
        let size: f64 = output_weights.col(k).iter().map(|w| w * w).sum();
        if size == 0.0 {
            return Err(AlignmentError::Nothing { name: "the output weights", what: "zero" });
        }
        sum += (0..x.ncols()).map(|c| projected[(k, c)].powi(2)).sum::<f64>() / size;
    }
    if outputs == 0 {
        return Err(AlignmentError::Nothing { name: "the output weights", what: "empty" });
    }
    Ok(sum / outputs as f64 / per_direction)
}

/// Loss after perturbations of growing size along one set of directions and along another.
#[derive(Debug, Clone, PartialEq)]
pub struct Susceptibility {
    /// Mean loss at each amplitude, perturbed along the output weights.
    pub along_output: Vec<f64>,
    /// The same, along the leading principal components.
    pub along_components: Vec<f64>,
    /// Area under the first curve over that under the second: about 1 for aligned networks, far below 1 for
    /// oblique ones.
    pub relative: f64,
}

/// The susceptibility to perturbations along the output weights relative to that along the K leading principal
/// components of the states (as many as there are outputs).
///
/// `loss(direction, amplitude)` perturbs the state by amplitude × direction (a unit vector) at a time t_p and
/// returns the loss from some time later on (t_p + 5 in Schuessler et al. 2024), so that the immediate deflection of
/// the output does not count. Each direction is used with both signs. Areas are by the trapezoid rule above the
/// loss at amplitude zero.
///
/// # Errors
/// What `loss` returns, or [`AlignmentError`] turned into it: sizes that do not fit, fewer than two ascending
/// amplitudes, states that do not vary, or no effect of perturbations along components.
pub fn relative_susceptibility<E: From<AlignmentError>>(
    output_weights: MatRef<'_, f64>,
    states: MatRef<'_, f64>,
    amplitudes: &[f64],
    mut loss: impl FnMut(&[f64], f64) -> Result<f64, E>,
) -> Result<Susceptibility, E> {
    let n = states.nrows();
    check_rows("the output weights", output_weights, n)?;
    let ascending = amplitudes.windows(2).all(|pair| pair[0] < pair[1]);
    if amplitudes.len() < 2 || !ascending || !(amplitudes[0] >= 0.0) {
        let expected = "two or more ascending numbers that are not negative";
        let value = amplitudes.first().copied().unwrap_or(f64::NAN);
        return Err(AlignmentError::Parameter { name: "amplitudes", expected, value }.into());
    }
    positive_norm("the output weights", "zero", output_weights)?;
    let outputs = output_weights.ncols();
    let states = centred(states);
    positive_norm("the states", "constant", states.as_ref())?;
    let components = PrincipalComponents::new(states.as_ref(), outputs).map_err(AlignmentError::from)?;
    if components.total == 0.0 {
        return Err(AlignmentError::Nothing { name: "the states", what: "constant" }.into());
    }
    let unit = |of: MatRef<'_, f64>, k: usize| -> Vec<f64> {
        let size = of.col(k).iter().map(|w| w * w).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        of.col(k).iter().map(|w| w / size).collect()
    };
    let mut curve = |of: MatRef<'_, f64>| -> Result<Vec<f64>, E> {
        let directions: Vec<Vec<f64>> = (0..of.ncols()).map(|k| unit(of, k)).collect();
        let count = 2.0 * directions.len() as f64;
        amplitudes
            .iter()
            .map(|&amplitude| {
                let mut sum = 0.0;
                for direction in &directions {
                    sum += loss(direction, amplitude)? + loss(direction, -amplitude)?;
                }
                Ok(sum / count)
            })
            .collect()
    };
    let along_output = curve(output_weights)?;
    let along_components = curve(components.axes.as_ref())?;
    let area = |losses: &[f64]| -> f64 {
        let above: Vec<f64> = losses.iter().map(|l| l - losses[0]).collect();
        amplitudes.windows(2).zip(above.windows(2)).map(|(a, l)| 0.5 * (a[1] - a[0]) * (l[0] + l[1])).sum()
    };
    let reference = area(&along_components);
    if reference == 0.0 {
        let name = "the effect of perturbations along principal components";
        return Err(AlignmentError::Nothing { name, what: "zero" }.into());
    }
    let relative = area(&along_output) / reference;
    Ok(Susceptibility { along_output, along_components, relative })
}
