//! The mean-field theory of chaos.

use attractorlab::network::Transfer;
use attractorlab::numerics::gaussian::{Average, Pair, PairAverage, Product};
use attractorlab::theory::chaos::{ChaosError, ChaosTheory, chaotic_state};

use crate::reference::{assert_case, cases, number};

#[test]
fn reference_cases_with_and_without_drive() {
    for case in cases("mastrogiuseppe2019", "chaotic") {
        let (g, drive) = (number(&case["in"]["g"]), number(&case["in"]["S"]));
        let out = &case["out"];
        let theory = ChaosTheory::new(Transfer::Tanh, g).unwrap();
        let active = theory.activity(drive).unwrap();
        assert_eq!(active.chaotic, out["chaotic"].as_bool().unwrap(), "{}", case["id"]);
        if active.chaotic {
            assert_case(&case, "delta0", active.variance(), &out["delta0"]);
            assert_case(&case, "deltainf", active.persistent, &out["deltainf"]);
        } else {
            assert_case(&case, "delta_static", active.variance(), &out["delta_static"]);
            assert_case(&case, "radius_static", g * active.state.gain_squared.sqrt(), &out["radius_static"]);
        }
    }
}

#[test]
fn the_two_variance_equations_hold() {
    // As the specification writes them, with averages that the solver does not use.
    let (phi, primitive) = (Product::VALUE, Product::PRIMITIVE);
    for (transfer, g, drive) in [
        (Transfer::Tanh, 1.05, 1e-5),
        (Transfer::Tanh, 1.5, 0.1),
        (Transfer::Tanh, 1.8, 0.61),
        (Transfer::Tanh, 3.0, 5.0),
        (Transfer::Tanh, 10.0, 20.0),
        (Transfer::Erf, 2.0, 0.2),
    ] {
        let active = ChaosTheory::new(transfer, g).unwrap().activity(drive).unwrap();
        assert!(active.chaotic && active.persistent < active.variance(), "{g} {drive}");
        let (d0, di) = (active.variance(), active.persistent);
        let law = Pair::centered(d0, d0, di);
        let rates = PairAverage::new(transfer, phi, phi).unwrap().at(law);
        assert!((di - g * g * rates - drive).abs() < 1e-10 * d0, "{g} {drive}: {di}");
        let square = Average::new(transfer, primitive * primitive).unwrap().at(0.0, d0.sqrt());
        let pair = PairAverage::new(transfer, primitive, primitive).unwrap().at(law);
        let energy = 0.5 * (d0 * d0 - di * di) - g * g * (square - pair) - drive * (d0 - di);
        assert!(energy.abs() < 1e-9 * d0 * d0, "{g} {drive}: {energy}");
    }
}

#[test]
fn chaos_ends_at_the_critical_drive() {
    for (g, critical) in [(1.1, 0.001352), (1.5, 0.186144), (2.0, 1.635957), (3.0, 15.0807)] {
        let theory = ChaosTheory::new(Transfer::Tanh, g).unwrap();
        let found = theory.critical_drive();
        assert!((found - critical).abs() < 5e-6 * critical.max(0.1) * 10.0, "{g}: {found}");
        assert!(theory.activity(0.98 * found).unwrap().chaotic);
        assert!(!theory.activity(1.0001 * found).unwrap().chaotic);
        let quiet = theory.state(1.01 * found).unwrap_err();
        assert!(matches!(quiet, ChaosError::Suppressed { .. }), "{quiet}");
        // Δ(τ) falls to Δ∞, and a drive makes chaos weaker.
        let state = theory.state(0.5 * found).unwrap();
        assert!(state.persistent > 0.0 && state.lyapunov_exponent > 0.0);
        let last = state.autocorrelation[state.autocorrelation.len() - 1];
        assert!((last - state.persistent).abs() < 1e-3 * (state.variance - state.persistent));
        assert!(state.lyapunov_exponent < theory.state(0.0).unwrap().lyapunov_exponent);
    }
    assert_eq!(ChaosTheory::new(Transfer::Tanh, 0.9).unwrap().critical_drive(), 0.0);
}

#[test]
fn variance_and_exponent_follow_the_limits_of_the_theory() {
    // Value of the two-variance equations, to seven digits.
    let state = chaotic_state(Transfer::Tanh, 1.5).unwrap();
    assert!((state.variance - 0.7476864).abs() < 1e-7, "{}", state.variance);
    // Δ falls from Δ₀ to nothing, monotonically.
    assert!(state.autocorrelation.windows(2).all(|pair| pair[1] < pair[0]));
    assert!(state.autocorrelation[state.autocorrelation.len() - 1] < 1e-4 * state.variance);
    // Close to the transition λ ≈ (g − 1)²/2, and it grows with g.
    let mut last = 0.0;
    for epsilon in [0.03, 0.06, 0.2, 0.5, 1.0, 2.0, 5.0] {
        let found = chaotic_state(Transfer::Tanh, 1.0 + epsilon).unwrap().lyapunov_exponent;
        println!("g = {}: λ = {found}", 1.0 + epsilon);
        assert!(found > last, "g = {}: {found}", 1.0 + epsilon);
        last = found;
        if epsilon < 0.05 {
            assert!((found / (0.5 * epsilon * epsilon) - 1.0).abs() < 0.2, "{found}");
        }
    }
}

#[test]
fn what_the_theory_does_not_cover_is_an_error() {
    assert!(matches!(chaotic_state(Transfer::Tanh, 1.0), Err(ChaosError::Quiet { .. })));
    // φ'(0) = √(2/π) for erf: the transition lies at 1.2533.
    assert!(matches!(chaotic_state(Transfer::Erf, 1.25), Err(ChaosError::Quiet { .. })));
    assert!(chaotic_state(Transfer::Erf, 1.5).is_ok());
    assert!(matches!(chaotic_state(Transfer::Linear, 2.0), Err(ChaosError::Transfer { .. })));
    assert!(matches!(chaotic_state(Transfer::Tanh, f64::NAN), Err(ChaosError::Gain { .. })));
}
