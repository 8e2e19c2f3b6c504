//! Averages over Gaussians that are narrow against the features of a function: rules in z = (x − μ)/s.
//!
//! With n nodes of Gauss and Hermite a pole of order p at distance d contributes less than
//! C(2n+p−1, p−1) n! (s/d)²ⁿ d⁻ᵖ, 6e-15 for n = 18 and six-fold poles at s = 0.17. Products with higher poles, and
//! products that vanish to a high order at the mean, whose averages are small beside their poles, get the trapezoid rule.

use std::sync::LazyLock;

use super::Product;
use super::trapezoid::GRID_POLES;
use crate::linalg::{Mat, SymmetricEigen};
use crate::special::INV_SQRT_2PI;
use crate::transfer::{Jet, Transfer};

/// Nodes of the rule of Gauss and Hermite.
const NODES: usize = 18;
/// Reach of the trapezoid rule in z: exp(−9.5²/2) = 2e-20.
const REACH: f64 = 9.5;
/// Up to here derivatives of tanh from one pass of the vector kernels, whose errors are absolute, keep their digits.
const VECTOR_REACH: f64 = 3.0;

/// Nodes and weights of the rule of Gauss and Hermite for the standard normal, from its Jacobi matrix (Golub & Welsch 1969).
static RULE: LazyLock<([f64; NODES], [f64; NODES])> = LazyLock::new(|| {
    let jacobi =
        Mat::from_fn(NODES, NODES, |i, j| if i.abs_diff(j) == 1 { (i.max(j) as f64).sqrt() } else { 0.0 });
    // It is symmetric and its eigenvalues are simple.
    let eigen = SymmetricEigen::new(jacobi.as_ref()).expect("the Jacobi matrix has eigenvalues");
    let weight = |k: usize| eigen.vectors[(0, k)] * eigen.vectors[(0, k)];
    // Exactly symmetric, so that odd averages vanish at mean zero.
    let mirror = |k: usize| NODES - 1 - k;
    (
        std::array::from_fn(|k| 0.5 * (eigen.values[k] - eigen.values[mirror(k)])),
        std::array::from_fn(|k| 0.5 * (weight(k) + weight(mirror(k)))),
    )
});

/// Whether the rule of Gauss and Hermite serves.
pub(super) fn is_gentle(product: Product) -> bool {
    match pole_order(product) {
        0..=4 => true,
        5..=GRID_POLES => zeros(product) <= 2,
        _ => false,
    }
}

/// Order of the poles of a product of tanh and its derivatives; other functions have lower ones, or none.
pub(super) fn pole_order(product: Product) -> usize {
    [product.value, product.first, product.second, product.third]
        .iter()
        .zip(1..)
        .map(|(exponent, order)| usize::from(*exponent) * order)
        .sum()
}

/// Order to which a product of an odd function vanishes at zero.
pub(super) fn zeros(product: Product) -> usize {
    usize::from(product.x)
        + usize::from(product.value)
        + usize::from(product.second)
        + 2 * usize::from(product.primitive)
}

/// Writes the averages of gentle products over N(mean, sd²) by the rule of Gauss and Hermite.
pub(super) fn gauss_hermite(transfer: Transfer, products: &[Product], mean: f64, sd: f64, out: &mut [f64]) {
    out.fill(0.0);
    let (nodes, weights) = &*RULE;
    let x: [f64; NODES] = std::array::from_fn(|k| mean + sd * nodes[k]);
    let mut add = |x: f64, weight: f64, jet: &Jet| {
        for (product, value) in products.iter().zip(out.iter_mut()) {
            *value += weight * product.evaluate(x, jet);
        }
    };
    let whole = transfer == Transfer::Tanh
        && mean.abs() + sd * nodes[NODES - 1] < VECTOR_REACH
        && products.iter().all(|product| product.primitive == 0);
    if whole {
        let (mut value, mut first) = ([0.0; NODES], [0.0; NODES]);
        transfer.with_first(&x, &mut value, &mut first);
        for k in 0..NODES {
            let (value, first) = (value[k], first[k]);
            let (second, third) = (-2.0 * value * first, first * (4.0 - 6.0 * first));
            // No product asks for the primitive.
            add(x[k], weights[k], &Jet { primitive: 0.0, value, first, second, third });
        }
    } else {
        for (x, weight) in x.into_iter().zip(weights) {
            add(x, *weight, &transfer.jet(x));
        }
    }
}

/// The trapezoid rule in z. With step h a pole of order p at distance d contributes at most
/// (2π/(hs))^(p−1)/(p−1)! exp(−2πd/(hs) + d²/(2s²)): below 1e-20 for all orders up to the 32 of eight factors φ''', with
/// h = 0.5 where s ≤ 0.17 and with h = 0.14 where s ≤ 0.6.
pub(super) struct InZ {
    /// h.
    pub(super) step: f64,
    /// Fastest exponential rate at which a product dies out.
    pub(super) rate: f64,
}

impl InZ {
    /// Writes the averages over N(mean, sd²).
    pub(super) fn averages(
        &self,
        transfer: Transfer,
        products: &[Product],
        mean: f64,
        sd: f64,
        out: &mut [f64],
    ) {
        out.fill(0.0);
        // Where the product falls like exp(−rate·|x|) its mass lies up to rate·sd nearer to zero.
        let count = ((REACH + self.rate * sd) / self.step) as i32;
        for k in -count..=count {
            let z = f64::from(k) * self.step;
            let weight = self.step * INV_SQRT_2PI * (-0.5 * z * z).exp();
            let x = mean + sd * z;
            let jet = transfer.jet(x);
            for (product, value) in products.iter().zip(out.iter_mut()) {
                *value += weight * product.evaluate(x, &jet);
            }
        }
    }
}
