//! The mean-field theory of chaos.

use attractorlab::network::Transfer;
use attractorlab::theory::chaos::{ChaosError, chaotic_state};

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
