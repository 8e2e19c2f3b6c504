//! Optimisers against formulas written out, and their states.

use attractorlab::numerics::random::Stream;
use attractorlab::training::{Optimiser, OptimiserError, OptimiserRule, OptimiserState, clip_by_global_norm};

const RULES: [OptimiserRule; 3] = [
    OptimiserRule::GradientDescent { learning_rate: 0.3 },
    OptimiserRule::Momentum { learning_rate: 0.1, momentum: 0.9 },
    OptimiserRule::Adam { learning_rate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
];

/// The rules as their papers write them, one number at a time.
fn by_the_book(rule: OptimiserRule, x: &mut f64, moments: &mut [f64; 2], g: f64, t: i32) {
    match rule {
        OptimiserRule::Momentum { learning_rate, momentum } => {
            moments[0] = momentum * moments[0] + g;
            *x -= learning_rate * moments[0];
        }
        OptimiserRule::Adam { learning_rate, beta1, beta2, epsilon } => {
            moments[0] = beta1 * moments[0] + (1.0 - beta1) * g;
            moments[1] = beta2 * moments[1] + (1.0 - beta2) * g * g;
            let m = moments[0] / (1.0 - beta1.powi(t));
            let v = moments[1] / (1.0 - beta2.powi(t));
            *x -= learning_rate * m / (v.sqrt() + epsilon);
        }
        _ => *x -= rule.learning_rate() * g,
    }
}

#[test]
fn steps_are_those_of_the_papers() {
    for rule in RULES {
        for n in [1, 15, 16, 37] {
            let mut stream = Stream::new(1, "optimiser", n as u64);
            let mut expected = stream.normals(n);
            let mut x = expected.clone();
            let mut moments = vec![[0.0; 2]; n];
            let mut optimiser = Optimiser::new(rule, n).unwrap();
            for t in 1..=20 {
                // Gradients over many decades, so that ε counts for some of them.
                let gradient: Vec<f64> =
                    (0..n).map(|_| stream.normal() * 10_f64.powf(-12.0 * stream.uniform())).collect();
                optimiser.update(&mut x, &gradient);
                for i in 0..n {
                    by_the_book(rule, &mut expected[i], &mut moments[i], gradient[i], t);
                    let error = (x[i] - expected[i]).abs();
                    assert!(error < 1e-13, "{rule:?} step {t}: {} {}", x[i], expected[i]);
                }
            }
        }
    }
}

#[test]
fn a_restored_state_goes_on_with_the_same_bits() {
    for rule in RULES {
        let mut stream = Stream::new(2, "optimiser", 0);
        let gradients: Vec<Vec<f32>> =
            (0..10).map(|_| stream.normals(50).iter().map(|g| *g as f32).collect()).collect();
        let mut whole = vec![0.5_f32; 50];
        let mut optimiser = Optimiser::new(rule, 50).unwrap();
        let mut saved: Option<(Vec<f32>, OptimiserState<f32>)> = None;
        for (step, gradient) in gradients.iter().enumerate() {
            if step == 4 {
                saved = Some((whole.clone(), optimiser.state().clone()));
            }
            optimiser.update(&mut whole, gradient);
        }
        let (mut x, state) = saved.unwrap();
        let mut resumed = Optimiser::new(rule, 50).unwrap();
        resumed.restore(state).unwrap();
        gradients[4..].iter().for_each(|gradient| resumed.update(&mut x, gradient));
        assert!(x.iter().zip(&whole).all(|(a, b)| a.to_bits() == b.to_bits()), "{rule:?}");
        assert_eq!(resumed.state(), optimiser.state());
    }
}

#[test]
fn wrong_constants_and_states_are_refused() {
    for rule in RULES {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Optimiser::<f64>::new(rule.with_learning_rate(value), 3).unwrap_err();
            assert!(error.to_string().starts_with("the learning rate must be a finite number above zero"));
            let mut optimiser = Optimiser::<f64>::new(rule, 3).unwrap();
            assert!(optimiser.set_learning_rate(value).is_err());
            assert_eq!(optimiser.rule(), rule);
        }
        let mut optimiser = Optimiser::<f64>::new(rule, 3).unwrap();
        let state = OptimiserState { steps: 1, moments: vec![vec![0.0; 4]; 2] };
        assert!(matches!(optimiser.restore(state), Err(OptimiserError::State { .. })));
    }
    let adam = |beta1, beta2, epsilon| OptimiserRule::Adam { learning_rate: 0.1, beta1, beta2, epsilon };
    for rule in [adam(1.0, 0.9, 1e-8), adam(0.9, -0.1, 1e-8), adam(0.9, 0.9, 0.0), adam(f64::NAN, 0.9, 1e-8)]
    {
        assert!(matches!(Optimiser::<f32>::new(rule, 1), Err(OptimiserError::Parameter { .. })));
    }
    let momentum = OptimiserRule::Momentum { learning_rate: 0.1, momentum: 1.0 };
    assert!(Optimiser::<f32>::new(momentum, 1).is_err());
}

#[test]
fn clipping_bounds_the_common_norm() {
    let mut stream = Stream::new(3, "optimiser", 0);
    let (a, b) = (stream.normals(3000), stream.normals(7));
    let exact = a.iter().chain(&b).map(|g| g * g).sum::<f64>().sqrt();
    for bound in [0.1, 1e6] {
        let (mut x, mut y) = (a.clone(), b.clone());
        let norm = clip_by_global_norm(&mut [&mut x, &mut y], bound).unwrap();
        assert!((norm / exact - 1.0).abs() < 1e-14);
        let factor = (bound / exact).min(1.0);
        for (clipped, whole) in x.iter().chain(&y).zip(a.iter().chain(&b)) {
            assert!((clipped - factor * whole).abs() <= 1e-14 * whole.abs());
        }
    }
    let mut broken = [f64::NAN, 1.0];
    assert!(clip_by_global_norm(&mut [&mut broken], 1.0).unwrap().is_nan());
    assert_eq!(broken[1], 1.0);
    assert!(clip_by_global_norm(&mut [&mut broken], 0.0).is_err());
    assert!(clip_by_global_norm(&mut [&mut broken], f64::NAN).is_err());
}
