//! Gaussian averages of a user's own transfer function, by adaptive quadrature of controlled error.
//!
//! The line is cut at the breakpoints of φ, at the mean, and at distances from each that double, so
//! that a feature of width 1 under a Gaussian of width 100 is seen from the start. On every panel a
//! Gauss–Legendre rule of 10 nodes is held against one of 21; the panel with the largest difference is
//! halved until the sum of the differences is below the tolerance.

use std::collections::BinaryHeap;
use std::sync::OnceLock;

use super::{AverageError, Pair, Product, require};
use crate::quadrature::gauss_legendre;
use crate::special::normal_pdf;
use crate::transfer::{Jet, Nonlinearity};

/// Accepted error, relative to ⟨|f|⟩.
const TOLERANCE: f64 = 1e-13;
/// Halvings before a panel counts as a discontinuity that nothing resolves.
const PANELS: usize = 20_000;
/// Averages below this have lost digits to underflow, and are not resolved further.
const UNDERFLOW: f64 = 1e-290;
/// Standard deviations on either side of the mean, up to where the density underflows: a function that
/// falls off fast has its mass far from the mean.
const REACH: f64 = 38.0;

/// ⟨product⟩ of `phi` over N(mean, sd²), to 1e-12·⟨|product|⟩.
///
/// # Errors
/// [`AverageError::Parameter`] unless mean and sd are finite and sd ≥ 0; [`AverageError::Missing`] when
/// `phi` lacks a derivative that the product needs; [`AverageError::Unresolved`] when the accuracy cannot
/// be reached, as for a product that is not integrable.
pub fn average(
    phi: &(impl Nonlinearity + ?Sized),
    product: Product,
    mean: f64,
    sd: f64,
) -> Result<f64, AverageError> {
    check(mean, sd)?;
    require_derivatives(phi, product)?;
    one(phi, product, mean, sd, TOLERANCE)
}

/// E f(x₁) h(x₂) of two products of `phi`, to 1e-11·⟨|f h|⟩: nested adaptive quadrature, some
/// milliseconds each. Prefer [`pair_average`](super::pair_average) for a built-in function.
///
/// # Errors
/// Those of [`average`], and [`AverageError::Parameter`] for a correlation outside [−1, 1].
///
/// ```
/// use attractorlab_numerics::gaussian::{Pair, Product, adaptive};
/// use attractorlab_numerics::transfer::Transfer;
/// let pair = Pair::centered(0.7, 1.3, 0.5);
/// let phi = adaptive::pair_average(&Transfer::Tanh, Product::VALUE, Product::VALUE, pair)?;
/// assert!((phi - 0.18979012342351378).abs() < 1e-12);
/// # Ok::<(), attractorlab_numerics::gaussian::AverageError>(())
/// ```
pub fn pair_average(
    phi: &(impl Nonlinearity + ?Sized),
    f: Product,
    h: Product,
    pair: Pair,
) -> Result<f64, AverageError> {
    for (mean, sd) in pair.mean.into_iter().zip(pair.sd) {
        check(mean, sd)?;
    }
    require("correlation", pair.correlation, (-1.0..=1.0).contains(&pair.correlation), "between -1 and 1")?;
    require_derivatives(phi, f * h)?;
    // The wider variable outside: the conditional mean of the other then varies no faster than itself.
    let (f, h, pair) = if pair.sd[0] >= pair.sd[1] { (f, h, pair) } else { (h, f, pair.swapped()) };
    let Pair { mean: [m1, m2], sd: [s1, s2], correlation } = pair;
    let conditional_sd = s2 * ((1.0 - correlation) * (1.0 + correlation)).sqrt();
    let slope = if s1 > 0.0 { correlation * s2 / s1 } else { 0.0 };
    let mut failure = None;
    let outer = |x: f64| {
        let left = evaluate(phi, f, x);
        if left == 0.0 {
            return 0.0;
        }
        match one(phi, h, m2 + slope * (x - m1), conditional_sd, TOLERANCE) {
            Ok(inner) => left * inner,
            Err(error) => {
                failure.get_or_insert(error);
                0.0
            }
        }
    };
    // Features of the inner average lie where the conditional mean meets a breakpoint.
    let mut points = phi.breakpoints().to_vec();
    if slope != 0.0 {
        points.extend(phi.breakpoints().iter().map(|b| m1 + (b - m2) / slope));
    }
    let result = integrate(outer, &points, phi.feature_width(), m1, s1, 10.0 * TOLERANCE, f * h);
    failure.map_or(result, Err)
}

fn check(mean: f64, sd: f64) -> Result<(), AverageError> {
    require("mean", mean, mean.is_finite(), "a finite number")?;
    require("standard deviation", sd, sd.is_finite() && sd >= 0.0, "a finite number that is not negative")
}

fn require_derivatives(phi: &(impl Nonlinearity + ?Sized), product: Product) -> Result<(), AverageError> {
    let missing = [
        ("the primitive Φ", product.primitive > 0 && phi.primitive(0.5).is_none()),
        ("φ''", product.second > 0 && phi.second(0.5).is_none()),
        ("φ'''", product.third > 0 && phi.third(0.5).is_none()),
    ];
    match missing.iter().find(|(_, missing)| *missing) {
        Some((what, _)) => Err(AverageError::Missing { product, what }),
        None => Ok(()),
    }
}

fn one(
    phi: &(impl Nonlinearity + ?Sized),
    product: Product,
    mean: f64,
    sd: f64,
    tolerance: f64,
) -> Result<f64, AverageError> {
    integrate(
        |x| evaluate(phi, product, x),
        phi.breakpoints(),
        phi.feature_width(),
        mean,
        sd,
        tolerance,
        product,
    )
}

fn evaluate(phi: &(impl Nonlinearity + ?Sized), product: Product, x: f64) -> f64 {
    let wanted = |exponent: u8, f: &dyn Fn() -> Option<f64>| {
        if exponent > 0 { f().unwrap_or(f64::NAN) } else { 1.0 }
    };
    let jet = Jet {
        primitive: wanted(product.primitive, &|| phi.primitive(x)),
        value: wanted(product.value, &|| Some(phi.value(x))),
        first: wanted(product.first, &|| Some(phi.first(x))),
        second: wanted(product.second, &|| phi.second(x)),
        third: wanted(product.third, &|| phi.third(x)),
    };
    product.evaluate(x, &jet)
}

/// One panel with its integral and the doubt about it; ordered by doubt.
struct Panel {
    low: f64,
    high: f64,
    value: f64,
    magnitude: f64,
    doubt: f64,
}

impl PartialEq for Panel {
    fn eq(&self, other: &Self) -> bool {
        self.doubt.total_cmp(&other.doubt).is_eq()
    }
}
impl Eq for Panel {}
impl PartialOrd for Panel {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Panel {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.doubt.total_cmp(&other.doubt)
    }
}

fn rules() -> &'static [Vec<(f64, f64)>; 2] {
    static RULES: OnceLock<[Vec<(f64, f64)>; 2]> = OnceLock::new();
    RULES.get_or_init(|| [gauss_legendre(10), gauss_legendre(21)])
}

fn integrate(
    mut f: impl FnMut(f64) -> f64,
    breakpoints: &[f64],
    width: f64,
    mean: f64,
    sd: f64,
    tolerance: f64,
    product: Product,
) -> Result<f64, AverageError> {
    let unresolved = |error: f64| AverageError::Unresolved { product, error };
    if sd == 0.0 {
        let value = f(mean);
        return if value.is_finite() { Ok(value) } else { Err(unresolved(f64::INFINITY)) };
    }
    let mut panel = |low: f64, high: f64| {
        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
        let [coarse, fine] = rules();
        let mut sum = |rule: &[(f64, f64)]| {
            let (mut value, mut magnitude) = (0.0, 0.0);
            for (node, weight) in rule {
                let offset = middle + half * node;
                let term = half * weight * f(mean + offset) * normal_pdf(offset / sd) / sd;
                value += term;
                magnitude += term.abs();
            }
            (value, magnitude)
        };
        let (rough, _) = sum(coarse);
        let (value, magnitude) = sum(fine);
        Panel { low, high, value, magnitude, doubt: (value - rough).abs() }
    };
    let mut panels: BinaryHeap<Panel> = edges(breakpoints, width, mean, sd)
        .windows(2)
        .filter(|edge| edge[1] > edge[0])
        .map(|edge| panel(edge[0], edge[1]))
        .collect();
    // Doubt about panels too narrow to be halved.
    let mut stuck = 0.0;
    loop {
        let (doubt, magnitude) =
            panels.iter().fold((stuck, 0.0), |(d, m), panel| (d + panel.doubt, m + panel.magnitude));
        if !(doubt + magnitude).is_finite() {
            return Err(unresolved(f64::INFINITY));
        }
        if doubt <= tolerance * magnitude + UNDERFLOW {
            break;
        }
        // Several of the worst at a time keep the sums above cheap.
        let worst = panels.peek().map_or(0.0, |panel| panel.doubt);
        if worst == 0.0 || panels.len() > PANELS {
            return Err(unresolved(doubt / magnitude));
        }
        for _ in 0..32 {
            let Some(old) = panels.pop() else { break };
            let middle = 0.5 * (old.low + old.high);
            let rounding = old.doubt <= f64::EPSILON * old.magnitude;
            if rounding || middle <= old.low || middle >= old.high {
                stuck += if rounding { 0.0 } else { old.doubt };
                panels.push(Panel { doubt: 0.0, ..old });
            } else {
                panels.push(panel(old.low, middle));
                panels.push(panel(middle, old.high));
            }
            if !panels.peek().is_some_and(|panel| panel.doubt >= 0.1 * worst) {
                break;
            }
        }
    }
    // Small terms first.
    let mut values: Vec<f64> = panels.iter().map(|panel| panel.value).collect();
    values.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    Ok(values.iter().sum())
}

/// The ends of the first panels as offsets from the mean, in rising order. Offsets, because a narrow
/// Gaussian far from the origin would lose the digits of its width.
fn edges(breakpoints: &[f64], width: f64, mean: f64, sd: f64) -> Vec<f64> {
    let (low, high) = (-REACH * sd, REACH * sd);
    let mut edges = vec![low, high];
    edges.extend((-18..=18).map(|k| 2.0 * f64::from(k) * sd));
    for point in breakpoints.iter().filter(|b| b.is_finite()).map(|b| b - mean) {
        edges.push(point);
        let mut distance = width.abs().max(1e-12 * sd);
        while distance < high - low {
            edges.extend([point - distance, point + distance]);
            distance *= 2.0;
        }
    }
    edges.retain(|edge| (low..=high).contains(edge));
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    edges
}
