//! The all-roots search on functions whose roots are known.

use attractorlab_numerics::roots::{Kind, Options, RootError, all_roots};

fn positions(f: impl Fn(f64) -> f64, low: f64, high: f64) -> Vec<f64> {
    all_roots(f, low, high, Options::default()).unwrap().positions()
}

#[track_caller]
fn assert_roots(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{found:?} against {expected:?}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance, "{found:?} against {expected:?}");
    }
}

#[test]
fn plain_functions() {
    assert_roots(&positions(|x| x * x - 2.0, -3.0, 3.0), &[-(2.0_f64.sqrt()), 2.0_f64.sqrt()], 1e-15);
    assert_roots(&positions(|x| x, -1.0, 1.0), &[0.0], 1e-16);
    assert_roots(&positions(f64::exp, -5.0, 5.0), &[], 0.0);
    let expected: Vec<f64> = (-6..=6).map(|k| f64::from(k) * std::f64::consts::PI).collect();
    assert_roots(&positions(f64::sin, -20.0, 20.0), &expected, 1e-14);
    let tanh = positions(|x| (2.0 * x).tanh() - x, -3.0, 3.0);
    assert_roots(&tanh, &[-0.957504024079, 0.0, 0.957504024079], 1e-9);
}

#[test]
fn roots_on_the_ends_count() {
    assert_roots(&positions(|x| x * (x - 1.0), 0.0, 1.0), &[0.0, 1.0], 1e-15);
    assert_roots(&positions(|x| (x - 0.25) * (x - 0.5), 0.0, 1.0), &[0.25, 0.5], 1e-15);
}

#[test]
fn close_pairs_are_two_and_tangencies_are_reported() {
    for gap in [1e-1, 1e-2, 1e-4, 1e-5, 1e-6] {
        let f = |x: f64| (x - 0.3) * (x - 0.3 - gap) * (2.0 + x.sin());
        assert_roots(&positions(f, -2.0, 2.0), &[0.3, 0.3 + gap], 1e-9);
        // The same pair a little above zero has no root; a near miss within the noise is in doubt.
        let f = |x: f64| ((x - 0.3 - 0.5 * gap).powi(2) + 0.25 * gap * gap) * (2.0 + x.sin());
        let found = all_roots(f, -2.0, 2.0, Options::default()).unwrap();
        assert!(found.roots.is_empty() || (gap < 1e-5 && !found.is_certain()), "{gap}: {found:?}");
    }
    for f in [|x: f64| (x - 0.7).powi(2), |x: f64| 1.0 - (x - 0.7).cos()] {
        let found = all_roots(f, -1.0, 2.0, Options::default()).unwrap();
        assert_eq!(found.roots.len(), 1, "{found:?}");
        assert_eq!(found.roots[0].kind, Kind::Tangent);
        assert!((found.roots[0].x - 0.7).abs() < 1e-6);
    }
    // Rounding alone makes a quadruple root cross several times: listed, and none of them certain.
    let found = all_roots(|x: f64| (x - 0.7).powi(4), -1.0, 2.0, Options::default()).unwrap();
    assert!(
        !found.roots.is_empty() && found.roots.iter().all(|root| root.kind == Kind::Tangent),
        "{found:?}"
    );
    assert!(found.roots.iter().all(|root| (root.x - 0.7).abs() < 1e-3), "{found:?}");
}

#[test]
fn triple_roots_and_flat_crossings_are_found() {
    // Three roots within the noise of each other: reported at least once, and as doubtful.
    let found = all_roots(|x| (x - 0.2).powi(3), -1.0, 1.0, Options::default()).unwrap();
    assert!(!found.roots.is_empty() && !found.is_certain(), "{found:?}");
    assert!(found.roots.iter().all(|root| (root.x - 0.2).abs() < 1e-3), "{found:?}");
}

#[test]
fn wilkinson_and_chebyshev_polynomials() {
    let wilkinson = |x: f64| (1..=20).map(|k| (x - f64::from(k)) / 10.0).product();
    let expected: Vec<f64> = (1..=20).map(f64::from).collect();
    assert_roots(&positions(wilkinson, 0.0, 21.0), &expected, 1e-9);
    let n = 50.0;
    let chebyshev = |x: f64| (n * x.acos()).cos();
    let mut expected: Vec<f64> =
        (0..50).map(|k| ((f64::from(k) + 0.5) * std::f64::consts::PI / n).cos()).collect();
    expected.reverse();
    assert_roots(&positions(chebyshev, -0.9999, 0.9999), &expected[0..50], 1e-9);
}

#[test]
fn clustered_roots_near_an_accumulation_point() {
    let f = |x: f64| (1.0 / x).sin();
    let mut expected: Vec<f64> = (1..=31).map(|k| 1.0 / (f64::from(k) * std::f64::consts::PI)).collect();
    expected.reverse();
    assert_roots(&positions(f, 0.0102, 1.0), &expected, 1e-12);
}

#[test]
fn kinks_are_crossed() {
    assert_roots(&positions(|x: f64| (x - 0.1).max(0.0) - 0.25, -1.0, 1.0), &[0.35], 1e-12);
    assert_roots(&positions(|x: f64| x.abs() - 0.5, -1.0, 1.0), &[-0.5, 0.5], 1e-12);
    // A root where the function is not smooth at all does not hide those behind it.
    let vertical = |x: f64| (x - 1.0 / 3.0).cbrt() * (1.0 + (5.0 * x).sin().powi(2)) * (x - 5.0);
    assert_roots(&positions(vertical, 0.0, 10.0), &[1.0 / 3.0, 5.0], 1e-10);
}

#[test]
fn steep_and_tiny_scales() {
    assert_roots(&positions(|x: f64| (1e4 * (x - 0.123)).tanh(), -1.0, 1.0), &[0.123], 1e-12);
    assert_roots(&positions(|x: f64| 1e-200 * (x - 0.5), -1.0, 1.0), &[0.5], 1e-15);
    assert_roots(&positions(|x: f64| 1e200 * (x * x - 0.25), -1.0, 1.0), &[-0.5, 0.5], 1e-15);
}

#[test]
fn bad_input_is_named() {
    let none = all_roots(|x| x, 1.0, 0.0, Options::default());
    assert_eq!(none, Err(RootError::Interval { low: 1.0, high: 0.0 }));
    let broken = all_roots(|x| 1.0 / (x - x), 0.0, 1.0, Options::default());
    assert!(matches!(broken, Err(RootError::NotFinite { .. })));
}

#[test]
fn a_narrow_feature_is_found_where_the_pieces_asked_for_are_narrow_enough() {
    // A well of width 3e-4 that fewer pieces step over.
    let well = |x: f64| 1.0 - 2.0 * (-((x - 0.99) / 3e-4).powi(2)).exp();
    for minimum_pieces in [4000, 20_000] {
        let options = Options { minimum_pieces, ..Options::default() };
        assert_eq!(all_roots(well, 0.0, 1.0, options).unwrap().positions().len(), 2, "{minimum_pieces}");
    }
}
