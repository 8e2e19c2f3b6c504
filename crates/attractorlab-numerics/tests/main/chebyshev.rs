//! Piecewise interpolation: accuracy, noise, jumps, and continuation.

use attractorlab_numerics::chebyshev::Interpolant;

/// Largest error on an even grid.
fn error(found: &Interpolant, (low, high): (f64, f64), function: impl Fn(f64) -> f64) -> f64 {
    let mut out = [0.0];
    (0..=5000)
        .map(|k| low + (high - low) * f64::from(k) / 5000.0)
        .map(|x| {
            found.evaluate(x, &mut out);
            (out[0] - function(x)).abs()
        })
        .fold(0.0, f64::max)
}

/// A number in (−1, 1) that looks random and depends on every digit of x.
fn noise(x: f64) -> f64 {
    let hash = x.to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (hash >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

#[test]
fn functions_whose_noise_exceeds_the_tolerance_are_interpolated_to_their_noise() {
    for size in [1e-14, 1e-12, 1e-11] {
        let function = |x: f64| (3.0 * x).sin() + 2.0 + size * noise(x);
        let found = Interpolant::new(0.0, 30.0, 1, 1e-13, |x, out| out[0] = function(x));
        let worst = error(&found, (0.0, 30.0), |x| (3.0 * x).sin() + 2.0);
        assert!(worst < 20.0 * size + 1e-12, "noise {size}: {worst}");
        assert!(found.edges().len() < 200, "noise {size}: {} pieces", found.edges().len());
    }
}

#[test]
fn attempts_are_about_as_wide_as_they_can_be() {
    // Smooth everywhere, but on scales that grow from a thousandth to 30.
    let function = |x: f64| 1.0 / (1e-3 + x);
    let mut evaluations = 0;
    let found = Interpolant::new(0.0, 30.0, 1, 1e-13, |x, out| {
        evaluations += 1;
        out[0] = function(x);
    });
    assert!(error(&found, (0.0, 30.0), function) < 1e-9 && found.unresolved() == 0);
    // Seventeen for each piece, and few in vain, where halving takes twice as many.
    let pieces = found.edges().len() - 1;
    assert!(
        pieces < 60 && evaluations < 17 * (pieces + pieces / 3 + 12),
        "{evaluations} for {pieces} pieces"
    );
}

#[test]
fn what_cannot_be_resolved_is_counted_and_stays_where_it_is() {
    // At 1e4 pieces end where numbers do.
    for (low, counted) in [(0.0, true), (1e4, false)] {
        let jump = |x: f64| if x < low + 0.3 { 1.0 } else { 2.0 + x };
        let found = Interpolant::new(low, low + 1.0, 1, 1e-13, |x, out| out[0] = jump(x));
        assert!(!counted || found.unresolved() > 0);
        let beside = error(&found, (low + 0.31, low + 1.0), jump).max(error(&found, (low, low + 0.29), jump));
        assert!(beside < 1e-8, "{beside}");
    }
    // No tolerance at all: pieces end at the noise.
    let found = Interpolant::new(0.0, 50.0, 1, 0.0, |x, out| out[0] = x.sin());
    assert!(error(&found, (0.0, 50.0), f64::sin) < 1e-12);
    let found = Interpolant::new(-1.0, 1.0, 1, 1e-13, |x, out| out[0] = x.ln());
    assert!(found.unresolved() > 0 && found.edges().len() < 5000);
}

#[test]
fn what_lies_behind_a_kink_is_resolved() {
    // At a zero that is a kink, rounding is as large as the function: pieces are given up there, and not where it is smooth.
    for power in [1.0, 1.0 / 3.0, 1.5] {
        let function = |x: f64| (x - 1.0 / 3.0).abs().powf(power) * (1.0 + (5.0 * x).sin().powi(2));
        let found = Interpolant::new(0.0, 10.0, 1, 1e-12, |x, out| out[0] = function(x));
        assert!(found.unresolved() > 0 && found.unresolved() < 60, "{power}: {}", found.unresolved());
        assert!(found.edges().len() < 1000, "{power}: {} pieces", found.edges().len());
        let worst = error(&found, (0.0, 0.33), function).max(error(&found, (0.34, 10.0), function));
        assert!(worst < 1e-10, "{power}: {worst:e}");
    }
}

#[test]
fn an_interpolant_continues_where_it_ended() {
    let mut found = Interpolant::new(0.0, 3.0, 1, 1e-13, |x, out| out[0] = x.cos());
    let before = found.edges().len();
    found.append(3.0, 1e-13, |_, _| unreachable!("it ends there"));
    found.append(200.0, 1e-13, |x, out| {
        assert!(x >= 3.0);
        out[0] = x.cos();
    });
    assert!(found.edges().len() > before && found.unresolved() == 0);
    assert!(error(&found, (0.0, 200.0), f64::cos) < 1e-11);
}
