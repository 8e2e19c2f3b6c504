//! Refinement of a bracketed root.

/// Refines a sign change of `function` between `low` and `high` to rounding, by the Anderson–Björck
/// variant of false position guarded by bisection. `f_low` and `f_high` are the values at the ends,
/// of opposite sign or zero. Returns (root, residual).
pub fn refine(
    mut function: impl FnMut(f64) -> f64,
    (mut low, f_low): (f64, f64),
    (mut high, f_high): (f64, f64),
) -> (f64, f64) {
    if f_low == 0.0 {
        return (low, 0.0);
    }
    if f_high == 0.0 {
        return (high, 0.0);
    }
    let mut best = if f_low.abs() < f_high.abs() { (low, f_low) } else { (high, f_high) };
    // The secant's values at the ends: that of an end which stays is shrunk.
    let (mut weight_low, mut weight_high) = (f_low, f_high);
    let mut last_width = f64::INFINITY;
    for step in 0..200 {
        let width = (high - low).abs();
        if width <= 2.0 * f64::EPSILON * best.0.abs() || width < f64::MIN_POSITIVE {
            break;
        }
        let mut x = low + (high - low) * (weight_low / (weight_low - weight_high));
        let slow = step % 4 == 3 && width > 0.5 * last_width;
        if step % 4 == 3 {
            last_width = width;
        }
        if slow || !(x > low.min(high) && x < low.max(high)) {
            x = 0.5 * (low + high);
            if x == low || x == high {
                break;
            }
        }
        let value = function(x);
        if value.abs() < best.1.abs() || value == 0.0 {
            best = (x, value);
        }
        if value == 0.0 || value.is_nan() {
            break;
        }
        let shrink = |kept: f64, replaced: f64| {
            let ratio = 1.0 - value / replaced;
            kept * if ratio > 0.0 { ratio } else { 0.5 }
        };
        if (value > 0.0) == (f_low > 0.0) {
            weight_high = shrink(weight_high, weight_low);
            (low, weight_low) = (x, value);
        } else {
            weight_low = shrink(weight_low, weight_high);
            (high, weight_high) = (x, value);
        }
    }
    best
}
