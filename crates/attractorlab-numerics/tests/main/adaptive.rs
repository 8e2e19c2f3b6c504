//! Averages of a user's own function: the built-in ones, wrapped, must come out the same.

use attractorlab_numerics::gaussian::{AverageError, Pair, Product, adaptive, average, pair_average};
use attractorlab_numerics::transfer::{Nonlinearity, Transfer};

/// A built-in function that pretends to be a user's.
struct Wrapped(Transfer);

impl Nonlinearity for Wrapped {
    fn value(&self, x: f64) -> f64 {
        self.0.value(x)
    }
    fn first(&self, x: f64) -> f64 {
        self.0.first(x)
    }
    fn second(&self, x: f64) -> Option<f64> {
        Nonlinearity::second(&self.0, x)
    }
    fn third(&self, x: f64) -> Option<f64> {
        Nonlinearity::third(&self.0, x)
    }
    fn breakpoints(&self) -> &[f64] {
        Nonlinearity::breakpoints(&self.0)
    }
}

#[test]
fn wrapped_functions_have_the_averages_of_the_built_in_ones() {
    let (phi, d1) = (Product::VALUE, Product::FIRST);
    for transfer in Transfer::ALL.into_iter().chain([Transfer::Relu { threshold: 0.7 }]) {
        let smooth = !matches!(transfer, Transfer::Relu { .. });
        let mut products = vec![phi, d1, phi * phi, d1 * d1, Product::X * phi];
        if smooth {
            products.extend([Product::THIRD, phi * Product::SECOND]);
        }
        for product in products {
            // ⟨f²⟩ bounds ⟨|f|⟩ where f changes sign.
            for sd in [0.0, 1e-3, 0.2, 1.0, 4.0, 30.0, 100.0] {
                for mean in [0.0, 0.3, -2.0, 25.0] {
                    if sd == 0.0 && mean == 0.0 && !smooth {
                        // On the kink itself an average of φ'² is a matter of convention.
                        continue;
                    }
                    let expected = average(transfer, product, mean, sd).expect("exists");
                    let found = adaptive::average(&Wrapped(transfer), product, mean, sd).expect("resolved");
                    let magnitude = adaptive::average(&Wrapped(transfer), product * product, mean, sd)
                        .expect("resolved")
                        .sqrt();
                    assert!(
                        (found - expected).abs() <= 1e-12 * magnitude.max(expected.abs()) + 1e-300,
                        "{transfer:?} {product} at {mean}, {sd}: {found:e}, not {expected:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn wrapped_pairs_agree() {
    for transfer in [Transfer::Tanh, Transfer::Relu { threshold: 0.2 }, Transfer::Softplus] {
        for (sd, correlation) in [([1.0, 0.5], 0.3), ([2.0, 2.0], -0.9), ([1.0, 1.0], 1.0), ([3.0, 0.0], 0.0)]
        {
            let pair = Pair { mean: [0.1, -0.4], sd, correlation };
            let expected = pair_average(transfer, Product::VALUE, Product::FIRST, pair).expect("exists");
            let found =
                adaptive::pair_average(&Wrapped(transfer), Product::VALUE, Product::FIRST, pair).unwrap();
            assert!((found - expected).abs() < 1e-12, "{transfer:?} {pair:?}: {found} not {expected}");
        }
    }
}

/// A jump that is not announced.
struct Step;

impl Nonlinearity for Step {
    fn value(&self, x: f64) -> f64 {
        if x > 0.1234567 { 1.0 } else { 0.0 }
    }
    fn first(&self, _x: f64) -> f64 {
        0.0
    }
}

/// 1/x², which has no average.
struct Singular;

impl Nonlinearity for Singular {
    fn value(&self, x: f64) -> f64 {
        1.0 / (x - 0.1).powi(2)
    }
    fn first(&self, x: f64) -> f64 {
        -2.0 / (x - 0.1).powi(3)
    }
}

#[test]
fn difficulties_cost_time_or_are_reported() {
    let found = adaptive::average(&Step, Product::VALUE, 0.0, 2.0).expect("a bounded function");
    let expected = attractorlab_numerics::special::normal_cdf(-0.1234567 / 2.0);
    assert!((found - expected).abs() < 1e-12);
    assert!(matches!(
        adaptive::average(&Singular, Product::VALUE, 0.0, 1.0),
        Err(AverageError::Unresolved { .. })
    ));
    let error = adaptive::average(&Step, Product::THIRD, 0.0, 1.0).unwrap_err();
    assert!(error.to_string().contains("needs φ'''"), "{error}");
    assert!(adaptive::average(&Step, Product::VALUE, f64::NAN, 1.0).is_err());
    assert!(adaptive::average(&Step, Product::VALUE, 0.0, -1.0).is_err());
}
