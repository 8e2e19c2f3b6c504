//! What training changed, and alignment with the output.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use std::sync::Arc;

use attractorlab::analysis::alignment;
use attractorlab::analysis::weight_change::{self, TruncationCurve, WeightChange as Change};
use attractorlab_numerics::linalg::MatRef;
use attractorlab_numerics::random::Stream;
use num_complex::Complex64;
use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Failure;
use crate::interrupt::abandonable;
use crate::network::matrix;

type Flat<'py> = Bound<'py, PyArray1<f64>>;

fn rows(a: MatRef<'_, f64>) -> Vec<f64> {
    (0..a.nrows()).flat_map(|i| (0..a.ncols()).map(move |j| a[(i, j)])).collect()
}

/// The change of one matrix of weights; matrices come back flat, row by row.
#[pyclass(frozen, module = "attractorlab._attractorlab")]
pub(crate) struct WeightChange {
    change: Arc<Change>,
}

#[pymethods]
impl WeightChange {
    #[new]
    fn new(
        py: Python<'_>,
        initial: PyReadonlyArray2<'_, f64>,
        trained: PyReadonlyArray2<'_, f64>,
    ) -> Result<Self, Failure> {
        let (initial, trained) = (matrix(&initial), matrix(&trained));
        let change = abandonable(py, move |_| Change::new(initial.as_ref(), trained.as_ref()))??;
        Ok(Self { change: Arc::new(change) })
    }

    /// Singular values, left and right vectors, share explained, norm, effective rank.
    fn decomposition<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>, Failure> {
        let out = PyDict::new(py);
        out.set_item("singular_values", PyArray1::from_slice(py, self.change.values()))?;
        out.set_item("left", PyArray1::from_vec(py, rows(self.change.left())))?;
        out.set_item("right", PyArray1::from_vec(py, rows(self.change.right())))?;
        out.set_item("explained", PyArray1::from_vec(py, self.change.explained()))?;
        out.set_item("norm", self.change.norm())?;
        out.set_item("effective_rank", self.change.effective_rank())?;
        Ok(out)
    }

    fn truncated<'py>(&self, py: Python<'py>, rank: usize) -> Flat<'py> {
        PyArray1::from_vec(py, rows(self.change.truncated(rank).as_ref()))
    }

    fn shuffled<'py>(&self, py: Python<'py>, seed: u64) -> Flat<'py> {
        let shuffled = self.change.shuffled(&mut Stream::new(seed, "shuffled weights", 0));
        PyArray1::from_vec(py, rows(shuffled.as_ref()))
    }

    /// (value, mean and standard deviation under the null, p-value) of the first `count`.
    fn significance(&self, count: usize) -> Result<Vec<(f64, f64, f64, f64)>, Failure> {
        let tests = self.change.significance(count)?;
        Ok(tests.iter().map(|t| (t.value, t.null_mean, t.null_deviation, t.p_value)).collect())
    }

    fn significant_rank(&self, level: f64) -> Result<usize, Failure> {
        Ok(self.change.significant_rank(level)?)
    }

    /// Eigenvalues before, after, and of the change.
    fn spectra<'py>(&self, py: Python<'py>) -> Result<Vec<Bound<'py, PyArray1<Complex64>>>, Failure> {
        let change = Arc::clone(&self.change);
        let found = abandonable(py, move |_| change.spectra())??;
        Ok([found.initial, found.trained, found.change]
            .into_iter()
            .map(|values| PyArray1::from_vec(py, values))
            .collect())
    }

    fn overlaps<'py>(
        &self,
        py: Python<'py>,
        inputs: PyReadonlyArray2<'py, f64>,
        readouts: PyReadonlyArray2<'py, f64>,
        count: usize,
    ) -> Result<Bound<'py, PyDict>, Failure> {
        let found = self.change.overlaps(matrix(&inputs).as_ref(), matrix(&readouts).as_ref(), count)?;
        let out = PyDict::new(py);
        for (name, values) in [
            ("left_input", &found.left_input),
            ("left_readout", &found.left_readout),
            ("right_input", &found.right_input),
            ("right_readout", &found.right_readout),
            ("left_right", &found.left_right),
        ] {
            out.set_item(name, PyArray1::from_vec(py, rows(values.as_ref())))?;
        }
        out.set_item("through_initial", PyArray1::from_vec(py, found.through_initial))?;
        out.set_item("null_deviation", found.null_deviation)?;
        Ok(out)
    }
}

/// Singular values of W_t − W₀ for each snapshot.
#[pyfunction]
pub(crate) fn singular_values_along(
    py: Python<'_>,
    initial: PyReadonlyArray2<'_, f64>,
    snapshots: Vec<PyReadonlyArray2<'_, f64>>,
    count: usize,
) -> Result<Vec<Vec<f64>>, Failure> {
    let (initial, snapshots) = (matrix(&initial), snapshots.iter().map(matrix).collect::<Vec<_>>());
    Ok(abandonable(py, move |_| weight_change::singular_values_along(initial.as_ref(), &snapshots, count))??)
}

/// Eigenvalues of each snapshot, by decreasing real part.
#[pyfunction]
pub(crate) fn eigenvalues_along<'py>(
    py: Python<'py>,
    snapshots: Vec<PyReadonlyArray2<'py, f64>>,
    count: usize,
) -> Result<Vec<Bound<'py, PyArray1<Complex64>>>, Failure> {
    let snapshots = snapshots.iter().map(matrix).collect::<Vec<_>>();
    let found = abandonable(py, move |_| weight_change::eigenvalues_along(&snapshots, count))??;
    Ok(found.into_iter().map(|values| PyArray1::from_vec(py, values)).collect())
}

/// The ranks that a truncation curve crosses for the first time and for good.
#[pyfunction]
pub(crate) fn truncation_ranks(losses: Vec<f64>, fraction: f64) -> (Option<usize>, Option<usize>) {
    let curve = TruncationCurve { losses, trained: f64::NAN };
    (curve.functional_rank(fraction), curve.lasting_rank(fraction))
}

#[pyfunction]
pub(crate) fn output_alignment(
    weights: PyReadonlyArray2<'_, f64>,
    states: PyReadonlyArray2<'_, f64>,
) -> Result<f64, Failure> {
    Ok(alignment::output_alignment(matrix(&weights).as_ref(), matrix(&states).as_ref())?)
}

#[pyfunction]
pub(crate) fn procrustes_angle(
    first: PyReadonlyArray2<'_, f64>,
    second: PyReadonlyArray2<'_, f64>,
) -> Result<f64, Failure> {
    Ok(alignment::procrustes_angle(matrix(&first).as_ref(), matrix(&second).as_ref())?)
}

#[pyfunction]
pub(crate) fn participation_ratio(states: PyReadonlyArray2<'_, f64>) -> Result<f64, Failure> {
    Ok(alignment::participation_ratio(matrix(&states).as_ref())?)
}

#[pyfunction]
pub(crate) fn output_explained(
    states: PyReadonlyArray2<'_, f64>,
    outputs: PyReadonlyArray2<'_, f64>,
    most: usize,
    ridge: f64,
) -> Result<Vec<f64>, Failure> {
    Ok(alignment::output_explained(matrix(&states).as_ref(), matrix(&outputs).as_ref(), most, ridge)?)
}

#[pyfunction]
pub(crate) fn relative_noise_along_output(
    weights: PyReadonlyArray2<'_, f64>,
    fluctuations: PyReadonlyArray2<'_, f64>,
) -> Result<f64, Failure> {
    Ok(alignment::relative_noise_along_output(matrix(&weights).as_ref(), matrix(&fluctuations).as_ref())?)
}

/// Losses along the output and along components, and the ratio of their areas.
#[pyfunction]
pub(crate) fn relative_susceptibility(
    py: Python<'_>,
    weights: PyReadonlyArray2<'_, f64>,
    states: PyReadonlyArray2<'_, f64>,
    amplitudes: Vec<f64>,
    loss: Bound<'_, PyAny>,
) -> Result<(Vec<f64>, Vec<f64>, f64), Failure> {
    let call = |direction: &[f64], amplitude: f64| -> Result<f64, Failure> {
        Ok(loss.call1((PyArray1::from_slice(py, direction), amplitude))?.extract()?)
    };
    let found = alignment::relative_susceptibility(
        matrix(&weights).as_ref(),
        matrix(&states).as_ref(),
        &amplitudes,
        call,
    )?;
    Ok((found.along_output, found.along_components, found.relative))
}
