//! Phase diagrams against single predictions and thresholds.

use std::time::Instant;

use attractorlab::network::Transfer;
use attractorlab::theory::chaos::ChaosTheory;
use attractorlab::theory::feedback::{
    BulkCorrelation, Class, Direction, Family, FeedbackError, Inputs, PhaseAxis, PhaseReadout, PhaseSettings,
    Quantity, phase_diagram, predict, thresholds,
};

const INPUTS: Inputs = Inputs { g: 0.8, feedback_std: 1.2, input_std: 0.5, rho: 0.0 };

fn settings(readout: PhaseReadout) -> PhaseSettings {
    PhaseSettings { transfer: Transfer::Tanh, inputs: INPUTS, target: 1.0, readout, tolerance: 1e-7 }
}

fn axis(quantity: Quantity, low: f64, high: f64, points: usize) -> PhaseAxis {
    PhaseAxis { quantity, low, high, points }
}

#[test]
fn boundaries_on_the_share_axis_are_the_thresholds() {
    let x = axis(Quantity::Target, 0.25, 2.0, 8);
    let y = axis(Quantity::Share, 0.5, 2.2, 30);
    let diagram = phase_diagram(&settings(PhaseReadout::Share(0.0)), x, y).unwrap();
    for target in x.values() {
        let expected = thresholds(Transfer::Tanh, INPUTS, target).unwrap();
        for (between, value) in [
            ([Class::Monostable, Class::Bistable], expected.bistable),
            ([Class::Bistable, Class::TargetUnstable], expected.unstable),
        ] {
            let found = diagram
                .boundaries
                .iter()
                .filter(|b| b.between == between.map(Some))
                .flat_map(|b| &b.points)
                .find(|p| (p.0 - target).abs() < 1e-12)
                .unwrap();
            assert!((found.1 - value).abs() < 1e-6, "A = {target}: {} against {value}", found.1);
        }
    }
}

#[test]
fn labels_are_those_of_single_predictions() {
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    let given = settings(PhaseReadout::Of(Family::Gaussian(direction)));
    let quantities = [
        axis(Quantity::Target, -2.0, 2.0, 12),
        axis(Quantity::Gain, 0.0, 1.6, 9),
        axis(Quantity::Rho, -0.9, 0.9, 7),
        axis(Quantity::InputRatio, 0.05, 1.5, 8),
    ];
    for (i, &x) in quantities.iter().enumerate() {
        for &y in &quantities[i + 1..] {
            let diagram = phase_diagram(&given, x, y).unwrap();
            for (k, class) in diagram.classes.iter().enumerate() {
                let (mut inputs, mut target) = (INPUTS, 1.0);
                for (quantity, value) in
                    [(x.quantity, x.values()[k % x.points]), (y.quantity, y.values()[k / x.points])]
                {
                    match quantity {
                        Quantity::Target => target = value,
                        Quantity::Gain => inputs.g = value,
                        Quantity::Rho => inputs.rho = value,
                        Quantity::InputRatio => inputs.input_std = 1.2 * value,
                        Quantity::Share => unreachable!(),
                    }
                }
                let alone = predict(inputs, direction, target).unwrap();
                assert_eq!(*class, Some(alone.class), "{inputs:?} {target}");
            }
        }
    }
}

#[test]
fn chaos_has_its_boundary_and_trained_readouts_theirs() {
    // The bulk is unstable where S(A) < S_c(g).
    let x = axis(Quantity::Gain, 0.5, 2.5, 9);
    let y = axis(Quantity::Target, 0.05, 2.0, 12);
    let diagram = phase_diagram(&settings(PhaseReadout::Of(Family::GaussianLeastSquares)), x, y).unwrap();
    let mut seen = 0;
    for b in diagram.boundaries.iter().filter(|b| b.between.contains(&Some(Class::TargetBulkUnstable))) {
        for &(g, target) in &b.points {
            let critical = ChaosTheory::new(Transfer::Tanh, g).unwrap().critical_drive();
            assert!((INPUTS.drive(target) - critical).abs() < 2e-5 * (1.0 + critical), "{g} {target}");
            seen += 1;
        }
    }
    assert!(seen >= 5);
    // Least squares becomes bistable at A_b = 1.3456 for g = 0.8.
    let family = Family::LeastSquares { ridge: 0.0, correlation: BulkCorrelation::Kept };
    let diagram = phase_diagram(
        &PhaseSettings { tolerance: 1e-4, ..settings(PhaseReadout::Of(family)) },
        axis(Quantity::Target, 1.0, 1.6, 4),
        axis(Quantity::Gain, 0.8, 0.9, 2),
    )
    .unwrap();
    let onset =
        diagram.boundaries.iter().flat_map(|b| &b.points).find(|p| (p.1 - 0.8).abs() < 1e-12).unwrap();
    assert!((onset.0 - 1.3456).abs() < 2e-3, "{onset:?}");
}

#[test]
fn a_large_diagram_is_quick() {
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    let given = PhaseSettings { tolerance: 1e-6, ..settings(PhaseReadout::Of(Family::Gaussian(direction))) };
    let (x, y) = (axis(Quantity::Target, -2.0, 2.0, 200), axis(Quantity::Gain, 0.0, 2.0, 200));
    let started = Instant::now();
    let diagram = phase_diagram(&given, x, y).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    println!("200x200: {seconds:.3} s, {} boundaries", diagram.boundaries.len());
    // The bar is one second on two free cores; a busy machine gets room.
    assert!(seconds < 5.0, "{seconds}");
    assert!(diagram.boundaries.iter().map(|b| b.points.len()).max().unwrap() > 100);
}

#[test]
fn bad_axes_are_named() {
    let given = settings(PhaseReadout::Share(0.5));
    let target = axis(Quantity::Target, 0.0, 1.0, 5);
    let refused = |x, y| phase_diagram(&given, x, y).unwrap_err().to_string();
    assert!(refused(target, target).contains("another quantity"));
    assert!(refused(target, axis(Quantity::Gain, -0.1, 1.0, 5)).contains("not negative, got -0.1"));
    assert!(refused(target, axis(Quantity::Rho, 0.0, 1.5, 5)).contains("between -1 and 1, got 1.5"));
    assert!(refused(target, axis(Quantity::Gain, 1.0, 0.5, 5)).contains("above its lower end"));
    assert!(refused(target, axis(Quantity::Gain, 0.0, 1.0, 1)).contains("at least 2"));
    let endless = axis(Quantity::Gain, 0.0, f64::NAN, 3);
    assert!(matches!(phase_diagram(&given, target, endless), Err(FeedbackError::Parameter { .. })));
}
