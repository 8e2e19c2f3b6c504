//! Averages of analytic transfer functions by the trapezoid rule on fixed nodes.
//!
//! The average ⟨f⟩ over N(μ, s²) is ∫ f(x) n(x; μ, s) dx. What φ's derivatives do to f is local:
//! beyond a few units f is a polynomial to within exp(−decay·|x|). So f is split into a closed part
//! (a [`GaussSum`] with the same polynomials on both sides) and a remainder that lives on the nodes
//! x_k = k·h near the origin, whatever s is. Only the Gaussian weights depend on (μ, s); the
//! remainder is tabulated once. That is why the standard deviation 100 costs no more than 1, and
//! why nothing is lost there: a rule in z = (x−μ)/s, like Gauss–Hermite, must resolve a feature of
//! width 1/s with nodes made for the whole Gaussian.
//!
//! Error of the rule: a pole of order m of f at distance d from the real axis contributes about
//! (2π/h)^(m−1) exp(−2πd/h + d²/(2s²)), the Gaussian alone exp(−2π²s²/h²). tanh has d = π/2; with
//! h = 0.2 this is below 1e-13 for six-fold poles when s ≥ 0.6, with h = 0.1 when s ≥ 0.17. Below,
//! the rules of `narrow.rs` take over.
//!
//! Products of many derivatives have higher poles, and products that vanish to a high order at the mean have averages that
//! are small beside their poles. They get the fine grid, and below it the trapezoid rule in z, whose step is then so small
//! that poles of any order do not matter.
//!
//! The sums end where the integrand is e⁻³⁶ of its largest value. Far out φ' is 4e^(−2x), φ'' 8e^(−2x), φ''' 16e^(−2x) for
//! tanh: eight factors of φ'' are 8⁸ = 2e7 times the bare exponential, and are summed as much farther.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::narrow;
use super::polynomial::multiply;
use super::sum::{GaussSum, Step};
use super::{Product, gaussian_weights};
use crate::kernels;
use crate::special::INV_SQRT_2PI;
use crate::transfer::Transfer;

/// Step of the coarse grid, in units of the scale; the fine one has half of it.
const STEP: f64 = 0.2;
/// Smallest standard deviation for the coarse and for the fine grid, in units of the scale.
const SMALLEST_SD: [f64; 2] = [0.6, 0.17];
/// Integrands are dropped below exp(−HALF_SQUARE) = 2e-16 of their largest value.
pub(super) const HALF_SQUARE: f64 = 36.0;
/// Nodes of the coarse grid, both sides.
const SHORT: usize = 184;
/// Highest order of poles for the coarse grid.
pub(super) const GRID_POLES: usize = 6;

/// Several products of one transfer function, averaged over the same Gaussian.
#[derive(Debug, Clone)]
pub(super) struct Trapezoid {
    transfer: Transfer,
    /// 1 for tanh, 2 for functions of x/2.
    scale: f64,
    products: Vec<Product>,
    columns: Vec<Column>,
    /// Exponent at which an integrand is dropped: [`HALF_SQUARE`], and more for what is far larger than its exponential.
    cutoff: f64,
    /// Nodes needed on either side of the origin on the coarse grid.
    reach: [f64; 2],
    /// Slowest and fastest decay rate of a column, on the left and on the right.
    decay: [[f64; 2]; 2],
    /// Whether some column is a polynomial, not zero, on the left and on the right.
    heavy: [bool; 2],
    /// Whether some column has poles of an order above [`GRID_POLES`].
    steep: bool,
    /// Whether the rule of Gauss and Hermite serves all columns when the Gaussian is narrow.
    gentle: bool,
}

#[derive(Debug, Clone)]
struct Column {
    tails: Option<GaussSum>,
    /// Remainder at k·h for |k| ≤ K, on the coarse and the fine grid.
    remainder: [Vec<f64>; 2],
    /// remainder(kh) + remainder(−kh) for k ≥ 1, remainder(0) at k = 0.
    folded: [Vec<f64>; 2],
}

/// Polynomials that the factors approach on the left and on the right, by rising power.
struct Tails {
    scale: f64,
    primitive: [[f64; 3]; 2],
    value: [[f64; 3]; 2],
    first: [[f64; 3]; 2],
}

fn tails_of(transfer: Transfer) -> Tails {
    let zero = [0.0; 3];
    let ln2 = std::f64::consts::LN_2;
    let dilogarithm = std::f64::consts::PI * std::f64::consts::PI / 12.0;
    match transfer {
        Transfer::Tanh => Tails {
            scale: 1.0,
            primitive: [[-ln2, -1.0, 0.0], [-ln2, 1.0, 0.0]],
            value: [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
            first: [zero, zero],
        },
        Transfer::Softplus => Tails {
            scale: 2.0,
            primitive: [[-dilogarithm, 0.0, 0.0], [dilogarithm, 0.0, 0.5]],
            value: [zero, [0.0, 1.0, 0.0]],
            first: [zero, [1.0, 0.0, 0.0]],
        },
        Transfer::Logistic => Tails {
            scale: 2.0,
            primitive: [[-ln2, 0.0, 0.0], [-ln2, 1.0, 0.0]],
            value: [zero, [1.0, 0.0, 0.0]],
            first: [zero, zero],
        },
        Transfer::Erf => {
            let offset = -2.0 * INV_SQRT_2PI;
            Tails {
                scale: 1.0,
                primitive: [[offset, -1.0, 0.0], [offset, 1.0, 0.0]],
                value: [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
                first: [zero, zero],
            }
        }
        Transfer::Relu { .. } | Transfer::Linear => {
            unreachable!("piecewise polynomials have closed averages")
        }
    }
}

/// The polynomial that `product` approaches on side 0 (left) or 1 (right); empty if it vanishes.
fn tail_polynomial(tails: &Tails, product: Product, side: usize) -> Vec<f64> {
    if product.second + product.third > 0 {
        return Vec::new();
    }
    let mut polynomial = vec![1.0];
    for _ in 0..product.x {
        polynomial = multiply(&polynomial, &[0.0, 1.0]);
    }
    let factors = [
        (product.primitive, tails.primitive[side]),
        (product.value, tails.value[side]),
        (product.first, tails.first[side]),
    ];
    for (exponent, factor) in factors {
        for _ in 0..exponent {
            polynomial = multiply(&polynomial, &factor);
        }
    }
    if polynomial.iter().all(|&c| c == 0.0) { Vec::new() } else { polynomial }
}

type Key = (std::mem::Discriminant<Transfer>, Vec<Product>);

impl Trapezoid {
    /// The tables for these products, made once for the whole program: they depend on nothing else.
    pub(super) fn shared(transfer: Transfer, products: &[Product]) -> Arc<Self> {
        static TABLES: LazyLock<RwLock<HashMap<Key, Arc<Trapezoid>>>> = LazyLock::new(Default::default);
        let key = (std::mem::discriminant(&transfer), products.to_vec());
        // A poisoned lock only means that another thread died while it made its own table.
        if let Some(tables) = TABLES.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(tables);
        }
        let tables = Arc::new(Self::new(transfer, products));
        let mut all = TABLES.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(key).or_insert(tables))
    }

    fn new(transfer: Transfer, products: &[Product]) -> Self {
        let tails = tails_of(transfer);
        let scale = tails.scale;
        let mut this = Self {
            transfer,
            scale,
            products: products.to_vec(),
            columns: Vec::with_capacity(products.len()),
            cutoff: HALF_SQUARE
                + products.iter().map(|product| excess(transfer, *product)).fold(0.0, f64::max),
            reach: [0.0; 2],
            decay: [[f64::INFINITY, 0.0]; 2],
            heavy: [false; 2],
            steep: products.iter().any(|product| narrow::pole_order(*product) > GRID_POLES),
            gentle: products.iter().all(|product| narrow::is_gentle(*product)),
        };
        for &product in products {
            let polynomials = [0, 1].map(|side| tail_polynomial(&tails, product, side));
            let heavy = polynomials.iter().any(|p| !p.is_empty());
            for side in 0..2 {
                this.heavy[side] |= !polynomials[side].is_empty();
                let rate = 2.0 / scale * decay_rate(product, &tails, side);
                // The closed part reaches across the origin, so that its remainder does too.
                let slowest = if heavy { 2.0 / scale } else { rate };
                let [slow, fast] = &mut this.decay[side];
                *slow = slow.min(slowest);
                *fast = fast.max(rate);
            }
            let step = Step { center: 0.0, width: scale };
            let sum = heavy.then(|| GaussSum::passage(step, &polynomials[0], &polynomials[1]));
            this.columns.push(Column {
                tails: sum,
                remainder: Default::default(),
                folded: Default::default(),
            });
        }
        for side in 0..2 {
            // No remainder decays more slowly than the closed part's own, of rate 2/scale.
            this.reach[side] = this.cutoff / this.decay[side][0].max(2.0 / scale);
        }
        for level in 0..2 {
            let h = this.step(level);
            let count = (this.reach[0].max(this.reach[1]) / h).ceil() as i32;
            let jets: Vec<_> =
                (-count..=count).map(|k| (f64::from(k) * h, transfer.jet(f64::from(k) * h))).collect();
            for (column, product) in this.columns.iter_mut().zip(&this.products) {
                let values: Vec<f64> = jets
                    .iter()
                    .map(|(x, jet)| {
                        product.evaluate(*x, jet) - column.tails.as_ref().map_or(0.0, |t| t.value(*x))
                    })
                    .collect();
                let middle = count as usize;
                column.folded[level] = (0..=middle)
                    .map(|k| if k == 0 { values[middle] } else { values[middle + k] + values[middle - k] })
                    .collect();
                column.remainder[level] = values;
            }
        }
        this
    }

    /// Number of products.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    fn step(&self, level: usize) -> f64 {
        self.scale * STEP / (1 << level) as f64
    }

    /// Writes ⟨product⟩ over N(mean, sd²) for each column. All arguments finite, sd ≥ 0.
    pub(super) fn averages(&self, mean: f64, sd: f64, out: &mut [f64]) {
        if sd == 0.0 {
            let jet = self.transfer.jet(mean);
            for (product, value) in self.products.iter().zip(out) {
                *value = product.evaluate(mean, &jet);
            }
            return;
        }
        let rate = self.decay[0][1].max(self.decay[1][1]);
        let in_z = |step| narrow::InZ { step, rate };
        match SMALLEST_SD.iter().position(|smallest| sd >= smallest * self.scale) {
            None if self.gentle => narrow::gauss_hermite(self.transfer, &self.products, mean, sd, out),
            None => in_z(0.5).averages(self.transfer, &self.products, mean, sd, out),
            Some(1) if !self.gentle => in_z(0.14).averages(self.transfer, &self.products, mean, sd, out),
            Some(level) if mean == 0.0 => self.centered(self.level(level), sd, out),
            Some(level) => self.on_grid(self.level(level), mean, sd, out),
        }
    }

    /// The grid for a width that the grid `level` would serve if no pole were of a high order.
    fn level(&self, level: usize) -> usize {
        level.max(usize::from(self.steep))
    }

    fn centered(&self, level: usize, sd: f64, out: &mut [f64]) {
        let h = self.step(level);
        let reach = self.reach[0].max(self.reach[1]).min((2.0 * self.cutoff).sqrt() * sd);
        let count = ((reach / h) as usize + 1).min(self.columns[0].folded[level].len());
        let mut weights = [0.0; SHORT];
        let weights = &mut weights[..count];
        let factor = gaussian_weights(0.0, h, sd, weights);
        for (column, value) in self.columns.iter().zip(out) {
            let local = factor * kernels::dot(&column.folded[level][..count], weights);
            *value = local + column.tails.as_ref().map_or(0.0, |t| t.average(0.0, sd));
        }
    }

    fn on_grid(&self, level: usize, mean: f64, sd: f64, out: &mut [f64]) {
        let h = self.step(level);
        if let Some(window) = self.deep_window(mean, sd) {
            return self.directly(h, window, mean, sd, out);
        }
        let (low, high) = self.window(mean, sd);
        // Far out only the Gaussian must be resolved, and it may be much wider than the grid.
        let (first, last) = ((low / h).floor(), (high / h).ceil());
        let cached = (self.columns[0].remainder[level].len() / 2) as f64;
        if -cached <= first && last <= cached {
            let count = (last - first) as usize + 1;
            let start = (first + cached) as usize;
            // Most sums are short, and to clear memory costs as much as to fill it.
            let (mut short, mut long);
            let weights: &mut [f64] = if count <= SHORT {
                short = [0.0; SHORT];
                &mut short[..count]
            } else {
                long = [0.0; 512];
                &mut long[..count]
            };
            let factor = gaussian_weights(first * h - mean, h, sd, weights);
            for (column, value) in self.columns.iter().zip(out) {
                let local = factor * kernels::dot(&column.remainder[level][start..start + count], weights);
                *value = local + column.tails.as_ref().map_or(0.0, |t| t.average(mean, sd));
            }
            return;
        }
        // The mass lies where the functions are exponentially small, but their relative size counts.
        for (column, value) in self.columns.iter().zip(out.iter_mut()) {
            *value = column.tails.as_ref().map_or(0.0, |t| t.average(mean, sd));
        }
        let mut k = first;
        while k <= last {
            let x = k * h;
            let z = (x - mean) / sd;
            let weight = h / sd * INV_SQRT_2PI * (-0.5 * z * z).exp();
            let jet = self.transfer.jet(x);
            for ((column, product), value) in self.columns.iter().zip(&self.products).zip(out.iter_mut()) {
                let tail = column.tails.as_ref().map_or(0.0, |t| t.value(x));
                *value += weight * (product.evaluate(x, &jet) - tail);
            }
            k += 1.0;
        }
    }

    /// Where the functions vanish on one side only, and the Gaussian lies on that side, the closed
    /// part is larger than the functions themselves: its wide step reaches further than they do.
    /// Returns the interval on which they must then be summed as they are.
    fn deep_window(&self, mean: f64, sd: f64) -> Option<(f64, f64)> {
        let light = match self.heavy {
            [false, true] => -1.0,
            [true, false] => 1.0,
            _ => return None,
        };
        let depth = mean * light;
        if depth < 3.0 * sd || sd > 6.0 * self.scale {
            return None;
        }
        let spread = (2.0 * self.cutoff).sqrt() * sd;
        let fastest = self.decay[usize::from(light > 0.0)][1];
        let peak = depth - fastest * sd * sd;
        let inner = if peak > 0.0 { peak - spread } else { depth - depth.hypot(spread) };
        let (near, far) = (light * inner, light * (depth + spread));
        Some((near.min(far), near.max(far)))
    }

    fn directly(&self, h: f64, (low, high): (f64, f64), mean: f64, sd: f64, out: &mut [f64]) {
        out.fill(0.0);
        let (first, last) = ((low / h).floor() as i64, (high / h).ceil() as i64);
        for k in first..=last {
            let x = k as f64 * h;
            let z = (x - mean) / sd;
            let weight = h / sd * INV_SQRT_2PI * (-0.5 * z * z).exp();
            let jet = self.transfer.jet(x);
            for (product, value) in self.products.iter().zip(out.iter_mut()) {
                *value += weight * product.evaluate(x, &jet);
            }
        }
    }

    /// The interval outside of which remainder × Gaussian is negligible beside its largest value,
    /// for the slowest and for the fastest decay.
    fn window(&self, mean: f64, sd: f64) -> (f64, f64) {
        let of_rate = |i: usize| self.window_at_rates(mean, sd, [self.decay[0][i], self.decay[1][i]]);
        let (slow, fast) = (of_rate(0), of_rate(1));
        (slow.0.min(fast.0), slow.1.max(fast.1))
    }

    /// On the right the integrand is at most exp(−decay·x − (x−μ)²/2s²), a Gaussian around
    /// μ − decay·s² cut off at x = 0; likewise on the left.
    fn window_at_rates(&self, mean: f64, sd: f64, decay: [f64; 2]) -> (f64, f64) {
        let square = 2.0 * self.cutoff * sd * sd;
        let peak_right = mean - decay[1] * sd * sd;
        let peak_left = mean + decay[0] * sd * sd;
        let beyond = |peak: f64| {
            if peak >= 0.0 { peak + square.sqrt() } else { square / ((peak * peak + square).sqrt() - peak) }
        };
        let (mut low, mut high) = (-beyond(-peak_left), beyond(peak_right));
        if self.heavy[0] {
            low = low.max(-self.reach[0]);
        }
        if self.heavy[1] {
            high = high.min(self.reach[1]);
        }
        if peak_right > 0.0 && !self.heavy[1] {
            low = low.max(peak_right - square.sqrt()).min(high);
        }
        if peak_left < 0.0 && !self.heavy[0] {
            high = high.min(peak_left + square.sqrt()).max(low);
        }
        (low, high)
    }

    /// Remainder of column `i` at `x`.
    pub(super) fn remainder(&self, i: usize, x: f64) -> f64 {
        let tail = self.columns[i].tails.as_ref().map_or(0.0, |t| t.value(x));
        self.products[i].evaluate(x, &self.transfer.jet(x)) - tail
    }

    pub(super) fn tails(&self, i: usize) -> Option<&GaussSum> {
        self.columns[i].tails.as_ref()
    }

    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    pub(super) fn reach(&self) -> [f64; 2] {
        self.reach
    }

    pub(super) fn largest_step(&self) -> f64 {
        self.step(0)
    }

    /// Whether a Gaussian of this width is averaged by the rule in z.
    pub(super) fn is_narrow(&self, sd: f64) -> bool {
        sd < SMALLEST_SD[1] * self.scale
    }

    /// Grid level for this standard deviation, if it is not narrow, with the cached remainder of
    /// column `i` on it.
    pub(super) fn cached(&self, i: usize, sd: f64) -> Option<(f64, &[f64])> {
        let level = self.level(SMALLEST_SD.iter().position(|smallest| sd >= smallest * self.scale)?);
        Some((self.step(level), &self.columns[i].remainder[level]))
    }
}

/// Slowest exponential rate, in units of 2/scale, at which the remainder of `product` dies out.
fn decay_rate(product: Product, tails: &Tails, side: usize) -> f64 {
    let zero = |polynomial: &[f64; 3]| polynomial.iter().all(|&c| c == 0.0);
    let mut vanishing = product.second + product.third;
    for (exponent, polynomial) in [(product.value, &tails.value[side]), (product.first, &tails.first[side])] {
        if zero(polynomial) {
            vanishing += exponent;
        }
    }
    f64::from(vanishing.max(1))
}

/// By how much the integrand's exponent must fall farther than [`HALF_SQUARE`], since far from zero the product is larger
/// than exp(−rate·|x|). What a factor of e⁶ adds to the 2e-16 of the cutoff is tolerated.
fn excess(transfer: Transfer, product: Product) -> f64 {
    let factor = match transfer {
        // φ' → 4e^(−2x), φ'' → 8e^(−2x), φ''' → 16e^(−2x).
        Transfer::Tanh => {
            4.0_f64.ln() * f64::from(product.first)
                + 8.0_f64.ln() * f64::from(product.second)
                + 16.0_f64.ln() * f64::from(product.third)
        }
        _ => 0.0,
    };
    // Powers of x are at most a few times as large at the end of the grid as where the product is largest.
    let powers = 3.0 * f64::from(product.x + 2 * product.primitive);
    let derivatives = if product.derivatives() > 0 { powers } else { 0.0 };
    (factor + derivatives - 6.0).max(0.0)
}
