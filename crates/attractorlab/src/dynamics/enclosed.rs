//! Systems whose field and Jacobian can be enclosed: what certificates need.

use attractorlab_numerics::interval::{Interval, enclosed_dot};
use attractorlab_numerics::linalg::Mat;

use super::gated::{DrivenCell, DrivenNetwork, each_kind};
use super::{Driven, Dynamics};
use crate::network::{Form, GatedCell, RateNetwork, Transfer};

/// A matrix of intervals: the middle, and a radius for each entry.
#[derive(Debug, Clone)]
pub struct Enclosure {
    /// Middle of each entry.
    pub middle: Mat<f64>,
    /// Radius of each entry.
    pub radius: Mat<f64>,
}

impl Enclosure {
    fn from_intervals(rows: usize, columns: usize, mut entry: impl FnMut(usize, usize) -> Interval) -> Self {
        let (mut middle, mut radius) = (Mat::zeros(rows, columns), Mat::zeros(rows, columns));
        for j in 0..columns {
            for i in 0..rows {
                let value = entry(i, j);
                middle[(i, j)] = value.middle();
                radius[(i, j)] = value.radius();
            }
        }
        Self { middle, radius }
    }
}

/// A system whose field and Jacobian can be bounded over a box of states, every rounding error included.
///
/// In continuous time both are those of τF, so that the state is the unit of the residual.
pub trait Enclosed: Dynamics {
    /// Encloses τF (or F, for a map) over the box.
    fn enclose_field(&self, x: &[Interval]) -> Vec<Interval>;
    /// Encloses the Jacobian of τF (or F) over the box.
    fn enclose_jacobian(&self, x: &[Interval]) -> Enclosure;
}

/// φ and φ' over an interval.
fn enclose_transfer(transfer: Transfer, x: Interval) -> (Interval, Interval) {
    let one = Interval::point(1.0);
    match transfer {
        Transfer::Tanh => {
            let value = x.tanh();
            (value, one - value.square())
        }
        Transfer::Erf => {
            let value = (x * enclosed_constant(std::f64::consts::FRAC_1_SQRT_2)).erf();
            let density = (-(x.square() * Interval::point(0.5))).exp();
            // √(2/π)
            (value, density * enclosed_constant(0.797_884_560_802_865_4))
        }
        Transfer::Relu { threshold } => {
            let above = x - Interval::point(threshold);
            let slope = |x: f64| f64::from(u8::from(x > threshold));
            let first = if x.lo <= threshold && threshold <= x.hi {
                Interval::new(0.0, 1.0)
            } else {
                Interval::point(slope(x.lo))
            };
            (Interval::new(above.lo.max(0.0), above.hi.max(0.0)), first)
        }
        Transfer::Linear => (x, one),
        Transfer::Softplus => (x.softplus(), x.logistic()),
        Transfer::Logistic => {
            let value = x.logistic();
            (value, value * (one - value))
        }
    }
}

/// A constant known to half a unit in the last place.
fn enclosed_constant(x: f64) -> Interval {
    Interval::new(x.next_down(), x.next_up())
}

impl RateNetwork {
    /// J with a bound on the error of its entries: the sum of bulk and loops is rounded.
    fn enclosed_weights(&self) -> Enclosure {
        let n = self.units();
        let middle = self.connectivity().effective(&vec![1.0; n]);
        let mut radius = Mat::zeros(n, n);
        let mut loops = 0.0;
        for (left, right) in self.connectivity().loops() {
            loops += 1.0;
            for j in 0..n {
                for i in 0..n {
                    radius[(i, j)] += (left[i] * right[j]).abs() / n as f64;
                }
            }
        }
        if loops > 0.0 {
            let bulk = self.connectivity().bulk();
            let unit = (loops + 4.0) * f64::EPSILON;
            for j in 0..n {
                for i in 0..n {
                    radius[(i, j)] = unit * (radius[(i, j)] + bulk[(i, j)].abs()) + f64::MIN_POSITIVE;
                }
            }
        }
        Enclosure { middle, radius }
    }
}

/// Row i of the weights times the box, plus a constant known to a few units in the last place.
fn enclosed_row(weights: &Enclosure, i: usize, x: &[Interval], constant: f64, size: f64) -> Interval {
    let n = x.len();
    let product = enclosed_dot((0..n).map(|j| weights.middle[(i, j)]), x);
    let doubt: f64 = (0..n).map(|j| weights.radius[(i, j)] * x[j].magnitude()).sum();
    let slack = doubt * (1.0 + 2.0 * n as f64 * f64::EPSILON);
    product + Interval::around(constant, slack + size)
}

impl Driven<'_> {
    /// The constant part of the drive's error: Bu is a rounded sum.
    fn drive_error(&self, i: usize) -> f64 {
        self.input_size()[i] * 2.0 * f64::EPSILON * (self.network().inputs() + 2) as f64
    }
}

impl Enclosed for Driven<'_> {
    fn enclose_field(&self, x: &[Interval]) -> Vec<Interval> {
        let (network, n) = (self.network(), x.len());
        let weights = network.enclosed_weights();
        let phi = |x: Interval| enclose_transfer(network.transfer(), x).0;
        let rates: Vec<Interval> = match network.form() {
            Form::Current => x.iter().map(|x| phi(*x)).collect(),
            Form::Rate | Form::Map => x.to_vec(),
        };
        (0..n)
            .map(|i| {
                let sum = enclosed_row(&weights, i, &rates, self.drive()[i], self.drive_error(i));
                match network.form() {
                    Form::Current => sum - x[i],
                    Form::Rate => phi(sum) - x[i],
                    Form::Map => phi(sum),
                }
            })
            .collect()
    }

    fn enclose_jacobian(&self, x: &[Interval]) -> Enclosure {
        let (network, n) = (self.network(), x.len());
        let weights = network.enclosed_weights();
        let slope = |x: Interval| enclose_transfer(network.transfer(), x).1;
        let gains: Vec<Interval> = match network.form() {
            Form::Current => x.iter().map(|x| slope(*x)).collect(),
            Form::Rate | Form::Map => (0..n)
                .map(|i| slope(enclosed_row(&weights, i, x, self.drive()[i], self.drive_error(i))))
                .collect(),
        };
        Enclosure::from_intervals(n, n, |i, j| {
            let weight = Interval::around(weights.middle[(i, j)], weights.radius[(i, j)]);
            let entry = weight * if network.form() == Form::Current { gains[j] } else { gains[i] };
            if i == j && network.form() != Form::Map { entry - Interval::point(1.0) } else { entry }
        })
    }
}

impl<C: GatedCell> DrivenCell<'_, C> {
    fn enclosed_products(&self, x: &[Interval]) -> Vec<Interval> {
        let weights = &self.cell.weights().recurrent;
        let hidden = &x[..self.cell.units()];
        (0..weights.nrows())
            .map(|i| {
                // The drive, a sum of K products and two biases, is known to a few units in the last place.
                let size =
                    self.drive.size[i] * 2.0 * f64::EPSILON * (self.cell.weights().input.ncols() + 3) as f64;
                enclosed_dot((0..hidden.len()).map(|j| weights[(i, j)]), hidden) + Interval::around(0.0, size)
            })
            .collect()
    }
}

impl<C: GatedCell> Enclosed for DrivenCell<'_, C> {
    fn enclose_field(&self, x: &[Interval]) -> Vec<Interval> {
        self.cell.step::<Interval>(&self.drive, &self.enclosed_products(x), x, false).next
    }

    fn enclose_jacobian(&self, x: &[Interval]) -> Enclosure {
        let (n, zero) = (self.cell.units(), Interval::point(0.0));
        let step = self.cell.step::<Interval>(&self.drive, &self.enclosed_products(x), x, true);
        let weights = &self.cell.weights().recurrent;
        Enclosure::from_intervals(self.dim(), self.dim(), |i, j| {
            let (rows, row, columns, column) = (i / n, i % n, j / n, j % n);
            let mut entry = zero;
            if columns == 0 {
                for (gate, factors) in &step.blocks[rows] {
                    entry = entry + factors[row] * Interval::point(weights[(gate * n + row, column)]);
                }
            }
            for (r, c, values) in &step.diagonals {
                if (*r, *c) == (rows, columns) && row == column {
                    entry = entry + values[row];
                }
            }
            entry
        })
    }
}

impl Enclosed for DrivenNetwork<'_> {
    fn enclose_field(&self, x: &[Interval]) -> Vec<Interval> {
        each_kind!(self, system => system.enclose_field(x))
    }
    fn enclose_jacobian(&self, x: &[Interval]) -> Enclosure {
        each_kind!(self, system => system.enclose_jacobian(x))
    }
}
