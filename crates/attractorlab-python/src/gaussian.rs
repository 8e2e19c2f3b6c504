//! Gaussian averages over arrays. Arrays come flat and of one length; `shape` says where a refused element is.

#![expect(clippy::needless_pass_by_value, reason = "what Python passes is extracted by value")]

use attractorlab_numerics::gaussian::{self, Average, Pair, PairAverage, Product};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::errors::Failure;
use crate::interrupt::in_blocks;
use crate::transfer;

/// Averages between two looks at the clock.
const BLOCK: usize = 512;

type Array<'py> = PyReadonlyArray1<'py, f64>;
type Answer<'py> = Result<Bound<'py, PyArray1<f64>>, Failure>;

/// ⟨product⟩ over N(mean, sd²), element by element.
#[pyfunction]
pub(crate) fn average<'py>(
    py: Python<'py>,
    transfer: &str,
    threshold: f64,
    product: &str,
    mean: Array<'py>,
    sd: Array<'py>,
    shape: Vec<usize>,
) -> Answer<'py> {
    let transfer = transfer::read(transfer, threshold)?;
    let product: Product = product.parse()?;
    let average = Average::new(transfer, product)?;
    let (mean, sd) = (mean.as_slice().map_err(PyErr::from)?, sd.as_slice().map_err(PyErr::from)?);
    let mut out = vec![0.0; mean.len()];
    in_blocks(py, out.len(), BLOCK, |range| {
        for i in range {
            out[i] = average.at(mean[i], sd[i]);
            if out[i].is_nan() {
                // The checked function has the words.
                gaussian::average(transfer, product, mean[i], sd[i])
                    .map_err(|error| Failure::from(error).at(i, &shape))?;
            }
        }
        Ok(())
    })?;
    Ok(PyArray1::from_vec(py, out))
}

/// E f(x₁) h(x₂), element by element; the arrays of `law` are both means, both standard deviations and the
/// correlation.
#[pyfunction]
pub(crate) fn pair_average<'py>(
    py: Python<'py>,
    transfer: &str,
    threshold: f64,
    products: [String; 2],
    law: [Array<'py>; 5],
    shape: Vec<usize>,
) -> Answer<'py> {
    let [mean1, mean2, sd1, sd2, correlation] = slices(&law)?;
    over_laws(py, (transfer, threshold), &products, correlation.len(), &shape, |i| Pair {
        mean: [mean1[i], mean2[i]],
        sd: [sd1[i], sd2[i]],
        correlation: correlation[i],
    })
}

/// E f(x₁) h(x₂), element by element, without means; the arrays of `law` are both variances and the covariance.
#[pyfunction]
pub(crate) fn centered_pair_average<'py>(
    py: Python<'py>,
    transfer: &str,
    threshold: f64,
    products: [String; 2],
    law: [Array<'py>; 3],
    shape: Vec<usize>,
) -> Answer<'py> {
    let [variance1, variance2, covariance] = slices(&law)?;
    for i in 0..covariance.len() {
        let (v1, v2, c) = (variance1[i], variance2[i], covariance[i]);
        for (name, v) in [("variance1", v1), ("variance2", v2)] {
            if !(v.is_finite() && v >= 0.0) {
                let words = format!("{name} must be a finite number that is not negative, got {v}");
                return Err(Failure::Input(words).at(i, &shape));
            }
        }
        // Beyond the bound by rounding is clamped to it; by more is a mistake.
        let bound = v1.sqrt() * v2.sqrt();
        if !(c.abs() <= bound * (1.0 + 1e-9)) {
            let words = format!(
                "covariance must not exceed the root of variance1 * variance2, which is {bound}, got {c}"
            );
            return Err(Failure::Input(words).at(i, &shape));
        }
    }
    over_laws(py, (transfer, threshold), &products, covariance.len(), &shape, |i| {
        Pair::centered(variance1[i], variance2[i], covariance[i])
    })
}

fn slices<'a, const N: usize>(arrays: &'a [Array<'_>; N]) -> Result<[&'a [f64]; N], Failure> {
    let mut slices: [&[f64]; N] = [&[]; N];
    for (slice, array) in slices.iter_mut().zip(arrays) {
        *slice = array.as_slice().map_err(PyErr::from)?;
    }
    Ok(slices)
}

fn over_laws<'py>(
    py: Python<'py>,
    (transfer, threshold): (&str, f64),
    products: &[String; 2],
    count: usize,
    shape: &[usize],
    law: impl Fn(usize) -> Pair + Sync,
) -> Answer<'py> {
    let transfer = transfer::read(transfer, threshold)?;
    let (f, h): (Product, Product) = (products[0].parse()?, products[1].parse()?);
    let average = PairAverage::new(transfer, f, h)?;
    let mut out = vec![0.0; count];
    let law = &law;
    in_blocks(py, count, BLOCK, |range| {
        for i in range {
            let pair = law(i);
            out[i] = average.at(pair);
            if !out[i].is_finite() {
                gaussian::pair_average(transfer, f, h, pair)
                    .map_err(|error| Failure::from(error).at(i, shape))?;
            }
        }
        Ok(())
    })?;
    Ok(PyArray1::from_vec(py, out))
}
