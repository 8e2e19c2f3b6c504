//! The curve R(x, p) = 0: tangents, corrections, and what is measured at its points.

use std::sync::atomic::{AtomicBool, Ordering};

use attractorlab_numerics::kernels::scale;
use attractorlab_numerics::linalg::{Complex64, Lu, Mat, eigenvalues};

use super::super::stationary::{Balance, Residual};
use super::super::{Dynamics, Time};
use super::{ContinuationOptions, Family};

/// A point of the curve: n variables, then the parameter.
pub(super) type Point = Vec<f64>;

/// The curve of a family's fixed points, with the metric in which it is measured.
pub(super) struct Curve<'a, F: Family> {
    pub(super) family: &'a F,
    pub(super) options: &'a ContinuationOptions,
    pub(super) dim: usize,
    pub(super) time: Time,
    width: f64,
    /// Set once the user wants no more.
    stop: &'a AtomicBool,
}

/// A point with its tangent and what decides stability there.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) y: Point,
    /// Unit tangent, in the direction of the trace.
    pub(super) tangent: Point,
    /// Growth of the modes: eigenvalues of τF' (continuous) or of the one-step map.
    pub(super) eigenvalues: Vec<Complex64>,
    pub(super) unstable: usize,
    /// Sign of the determinant of the Jacobian bordered by the tangent: it changes at branch points.
    pub(super) orientation: f64,
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m: f64, v| if v.is_finite() { m.max(v.abs()) } else { f64::INFINITY })
}

impl<'a, F: Family> Curve<'a, F> {
    pub(super) fn new(family: &'a F, options: &'a ContinuationOptions, stop: &'a AtomicBool) -> Self {
        let system = family.at(options.range.0);
        let width = options.range.1 - options.range.0;
        Self { family, options, dim: system.dim(), time: system.time(), width, stop }
    }

    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The inner product |δx|²/n + (δp/width)².
    pub(super) fn inner(&self, a: &[f64], b: &[f64]) -> f64 {
        let n = self.dim;
        let states: f64 = a[..n].iter().zip(&b[..n]).map(|(a, b)| a * b).sum();
        states / n as f64 + a[n] * b[n] / (self.width * self.width)
    }

    pub(super) fn unit(&self, mut v: Point) -> Point {
        let length = self.inner(&v, &v).sqrt();
        scale(1.0 / length, &mut v);
        v
    }

    pub(super) fn residual(&self, y: &[f64]) -> Vec<f64> {
        let system = self.family.at(y[self.dim]);
        let mut out = vec![0.0; self.dim];
        Residual(&system).residual(&y[..self.dim], &mut out);
        out
    }

    pub(super) fn jacobian(&self, y: &[f64]) -> Mat<f64> {
        let system = self.family.at(y[self.dim]);
        Residual(&system).jacobian(&y[..self.dim])
    }

    /// ∂R/∂p by central differences. It steers; what is reported does not depend on its error.
    fn slope(&self, y: &[f64]) -> Vec<f64> {
        let h = 1e-5 * self.width.min(1.0 + y[self.dim].abs());
        let mut moved = y.to_vec();
        moved[self.dim] = y[self.dim] + h;
        let up = self.residual(&moved);
        moved[self.dim] = y[self.dim] - h;
        let down = self.residual(&moved);
        up.iter().zip(down).map(|(a, b)| (a - b) / (2.0 * h)).collect()
    }

    /// The Jacobian [J R_p] bordered below by the metric's row of v.
    fn bordered(&self, y: &[f64], v: &[f64]) -> Option<Lu> {
        let (n, jacobian, slope) = (self.dim, self.jacobian(y), self.slope(y));
        let row = |j: usize| if j == n { v[n] / (self.width * self.width) } else { v[j] / n as f64 };
        let matrix = Mat::from_fn(n + 1, n + 1, |i, j| match (i == n, j == n) {
            (true, _) => row(j),
            (false, true) => slope[i],
            (false, false) => jacobian[(i, j)],
        });
        Lu::from_matrix(matrix).ok()
    }

    /// Unit tangent at y that looks along `like`, and the orientation.
    pub(super) fn tangent(&self, y: &[f64], like: &[f64]) -> Option<(Point, f64)> {
        let mut side = vec![0.0; self.dim + 1];
        side[self.dim] = 1.0;
        let tangent = self.unit(self.bordered(y, like)?.solve(&side));
        if tangent.iter().any(|t| !t.is_finite()) {
            return None;
        }
        let orientation = self.bordered(y, &tangent)?.determinant_sign();
        Some((tangent, orientation))
    }

    /// Newton's method from `guess` within the hyperplane across v; the point and the number of steps.
    pub(super) fn correct(&self, guess: &[f64], v: &[f64]) -> Option<(Point, usize)> {
        let mut y = guess.to_vec();
        for step in 0..10 {
            let residual = self.residual(&y);
            let size = largest(&residual);
            if !size.is_finite() {
                return None;
            }
            let mut side = residual;
            side.push(0.0);
            let lu = self.bordered(&y, v)?;
            lu.solve_in_place(&mut side);
            let length = self.inner(&side, &side).sqrt();
            if !length.is_finite() {
                return None;
            }
            y.iter_mut().zip(&side).for_each(|(y, d)| *y -= d);
            if length < 1e-7 && largest(&self.residual(&y)) <= self.options.tolerance {
                return Some((y, step + 1));
            }
            if step > 2 && length > 1.0 {
                return None;
            }
        }
        None
    }

    /// The node at y, with the tangent that looks along `like`.
    pub(super) fn node(&self, y: Point, like: &[f64]) -> Option<Node> {
        let (tangent, orientation) = self.tangent(&y, like)?;
        let system = self.family.at(y[self.dim]);
        let tau = if self.time == Time::Continuous { system.time_constant() } else { 1.0 };
        let mut values = eigenvalues(system.jacobian(&y[..self.dim]).as_ref()).ok()?;
        for value in &mut values {
            *value *= tau;
        }
        let unstable = values.iter().filter(|value| self.growth(**value) > 0.0).count();
        Some(Node { y, tangent, eigenvalues: values, unstable, orientation })
    }

    /// How far beyond the stability line an eigenvalue is: Re, or |·| − 1 of a map.
    pub(super) fn growth(&self, value: Complex64) -> f64 {
        match self.time {
            Time::Continuous => value.re,
            Time::Discrete => value.norm() - 1.0,
        }
    }

    /// The node a distance s from `from` along its tangent.
    pub(super) fn at_distance(&self, from: &Node, s: f64) -> Option<(Node, usize)> {
        let guess: Point = from.y.iter().zip(&from.tangent).map(|(y, t)| y + s * t).collect();
        let (y, steps) = self.correct(&guess, &from.tangent)?;
        Some((self.node(y, &from.tangent)?, steps))
    }

    /// Whether y lies on the curve close beside a node.
    pub(super) fn is_beside(&self, node: &Node, y: &[f64], reach: f64) -> bool {
        let away: Point = y.iter().zip(&node.y).map(|(a, b)| a - b).collect();
        if self.inner(&away, &away).sqrt() > reach {
            return false;
        }
        let s = self.inner(&away, &node.tangent);
        let guess: Point = node.y.iter().zip(&node.tangent).map(|(y, t)| y + s * t).collect();
        self.correct(&guess, &node.tangent).is_some_and(|(there, _)| {
            let apart: Point = there.iter().zip(y).map(|(a, b)| a - b).collect();
            self.inner(&apart, &apart).sqrt() < 1e-5
        })
    }
}
