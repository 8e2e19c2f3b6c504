//! Forecasts for all families of readouts, chaotic states included.

use attractorlab::dynamics::{ClampedNetwork, StaticMap, TraceOptions};
use attractorlab::network::{InputVectors, Transfer, gaussian_bulk};
use attractorlab::numerics::random::Stream;
use attractorlab::theory::feedback::{
    BulkCorrelation, Class, Direction, Family, FeedbackError, Inputs, MeasuredNetwork, RecursiveOptions,
    RecursiveReadout, Stability, TrainingStart, forecast, predict,
};

use crate::reference::{assert_case, cases, number};

const FILE: &str = "mastrogiuseppe2019";
const E5: Inputs = Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 };
const E6: Inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
const LEAST_SQUARES: Family = Family::LeastSquares { ridge: 0.0, correlation: BulkCorrelation::Kept };

fn recursive(units: usize, start: TrainingStart) -> RecursiveOptions {
    RecursiveOptions { units, alpha: 1.0, dt: 0.1, duration: 50.0, start }
}

#[test]
fn gaussian_readouts_with_chaos() {
    for case in cases(FILE, "gauss_chaos") {
        let get = |key: &str| number(&case["in"][key]);
        let inputs = Inputs { g: get("g"), feedback_std: get("Sm"), input_std: get("SI"), rho: get("rho") };
        let direction = Direction { shared: get("p"), feedback_own: get("pm"), input_own: get("pI") };
        // The file's solution is the stationary one, and the stationary theory agrees with it.
        let stationary = predict(inputs, direction, get("A")).unwrap();
        assert_case(&case, "c", stationary.scale, &case["out"]["c"]);
        let expected = case["out"]["solutions"].as_array().unwrap();
        assert_eq!(stationary.fixed_points.len(), expected.len());
        for (point, expected) in stationary.fixed_points.iter().zip(expected) {
            assert_case(&case, "z", point.z, &expected["z"]);
            assert_case(&case, "delta0", point.delta, &expected["delta0"]);
        }
        // But its bulk radius is 1.0228: the state is chaotic, and the two-variance equations have a solution
        // beside the trivial one (that it solves them is tested with the theory of chaos).
        let point = stationary.at_target();
        assert!((point.radius - 1.022775).abs() < 1e-6 && point.stability == Stability::BulkUnstable);
        let found = forecast(Transfer::Tanh, inputs, Family::Gaussian(direction), get("A")).unwrap();
        assert_eq!((found.class, found.fixed_points.len()), (Class::TargetBulkUnstable, 1));
        let point = found.at_target();
        assert!((point.z - 0.5).abs() < 1e-6 && (point.delta - 2.395_768_9).abs() < 1e-6, "{point:?}");
    }
}

#[test]
fn a_chaotic_competitor_is_found_and_named() {
    // Along the input alone G falls with |z|: the target is the only state for a strong input.
    let inputs = Inputs { g: 1.8, feedback_std: 0.3, input_std: 0.3, rho: 0.0 };
    let direction = Direction { shared: 0.0, feedback_own: 1.0, input_own: 0.1 };
    let found = forecast(Transfer::Tanh, inputs, Family::Gaussian(direction), 6.0).unwrap();
    assert_eq!(found.at_target().stability, Stability::Stable);
    assert!(found.fixed_points.iter().any(|p| p.stability == Stability::BulkUnstable));
    // Least squares on a chaotic clamped state has no stationary theory.
    let error = forecast(Transfer::Tanh, inputs, LEAST_SQUARES, 0.1).unwrap_err();
    assert!(matches!(error, FeedbackError::ChaoticTraining { .. }), "{error}");
    assert!(error.to_string().contains("chaotic"), "{error}");
    let start = Family::Recursive(recursive(200, TrainingStart::InputOnly));
    assert!(forecast(Transfer::Tanh, inputs, start, 6.0).is_err());
}

#[test]
fn forecasts_of_gaussian_readouts_are_predictions() {
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    for target in [-1.5, -0.5, 0.5, 2.0] {
        let alone = predict(E6, direction, target).unwrap();
        let found = forecast(Transfer::Tanh, E6, Family::Gaussian(direction), target).unwrap();
        assert_eq!(found.class, alone.class);
        assert_eq!(found.fixed_points.len(), alone.fixed_points.len());
        assert!((found.feedback_share - alone.feedback_share).abs() < 1e-12);
        let measured = forecast(Transfer::Tanh, E6, Family::Overlaps(found.readout), target).unwrap();
        for (a, b) in measured.fixed_points.iter().zip(&alone.fixed_points) {
            assert!((a.z - b.z).abs() < 1e-10);
        }
    }
}

#[test]
fn recursive_least_squares_has_a_map() {
    for inputs in [E5, E6] {
        let target = if inputs == E5 { 1.5 } else { 1.0 };
        for start in [TrainingStart::InputOnly, TrainingStart::Random] {
            let readout =
                RecursiveReadout::new(Transfer::Tanh, inputs, target, recursive(400, start)).unwrap();
            // The end of the transient is a sample: its output is the target to within alpha/N.
            let at_target = readout.map(target).unwrap();
            assert!((at_target - target).abs() < 2e-3, "{at_target}");
            let states = readout.fixed_points().unwrap();
            assert_eq!(states.len() == 1, start == TrainingStart::InputOnly || inputs == E6);
            for state in &states {
                // Φ(1) is the slope of the map.
                let h = 1e-5;
                let slope =
                    (readout.map(state.z + h).unwrap() - readout.map(state.z - h).unwrap()) / (2.0 * h);
                assert!((slope - state.slope).abs() < 1e-6, "{slope} {}", state.slope);
                // Outliers solve their equation, and pass one with the slope.
                let unstable = state.outliers.iter().any(|outlier| outlier.re >= 1.0);
                assert_eq!(unstable, state.slope >= 1.0);
            }
        }
    }
    // Specification section 5, to its three digits.
    for (inputs, target, expected) in [(E5, 1.5, 0.315), (E6, 1.0, 0.332)] {
        let readout =
            RecursiveReadout::new(Transfer::Tanh, inputs, target, recursive(400, TrainingStart::Random))
                .unwrap();
        assert!((readout.outlier().unwrap() - expected).abs() < 6e-4, "{:?}", readout.outlier());
    }
}

#[test]
fn a_measured_network_is_forecast_like_its_mirror() {
    let mut stream = Stream::new(3, "measured", 0);
    let units = 300;
    let bulk = gaussian_bulk(units, 0.4, &mut stream);
    let v = InputVectors::draw(units, 1.2, 0.5, 0.9, &mut stream);
    let readout: Vec<f64> = v.feedback.iter().zip(&v.input).map(|(m, i)| 1.4 * m + 0.3 * i).collect();
    let minus = |v: &[f64]| v.iter().map(|x| -x).collect::<Vec<_>>();
    let plain = MeasuredNetwork::new(bulk.as_ref(), &v.feedback, &v.input, &readout).unwrap();
    let mirrored =
        MeasuredNetwork::new(bulk.as_ref(), &minus(&v.feedback), &v.input, &minus(&readout)).unwrap();
    assert!(!plain.mirrored && mirrored.mirrored);
    assert_eq!((plain.inputs, plain.readout), (mirrored.inputs, mirrored.readout));
    assert_eq!(mirrored.mirror(0.5), -0.5);
    // Theory from the measured statistics is near the network's own states.
    let found = forecast(Transfer::Tanh, plain.inputs, Family::Overlaps(plain.readout), 1.0).unwrap();
    let zero = vec![0.0; 3];
    let refused = MeasuredNetwork::new(bulk.as_ref(), &zero, &v.input, &readout).unwrap_err();
    assert!(refused.to_string().contains("the feedback vector must have one entry for each of the 300"));
    let map = StaticMap {
        network: ClampedNetwork { bulk: bulk.as_ref(), transfer: Transfer::Tanh },
        feedback: &v.feedback,
        input: &v.input,
        readout: &readout,
    };
    let trace = map.trace(&TraceOptions::default()).unwrap();
    assert_eq!(trace.fixed_points.len(), found.fixed_points.len());
    for (own, theory) in trace.fixed_points.iter().zip(&found.fixed_points) {
        assert!((own.z - theory.z).abs() < 0.1, "{} {}", own.z, theory.z);
    }
}

#[test]
fn training_methods_land_in_the_classes_of_the_comparison() {
    // E5: only recursive least squares from the z = 0 state ends without the spurious state.
    let families = [
        (LEAST_SQUARES, Class::Bistable, Some(-1.456)),
        (Family::SlowGradientDescent, Class::Bistable, Some(-1.335)),
        (Family::Recursive(recursive(200, TrainingStart::Random)), Class::Bistable, None),
        (Family::Recursive(recursive(200, TrainingStart::InputOnly)), Class::Monostable, None),
    ];
    for (family, class, other) in families {
        let found = forecast(Transfer::Tanh, E5, family, 1.5).unwrap();
        assert_eq!(found.class, class, "{family}: {found:?}");
        assert!(found.holds() && !found.marginal, "{family}: {found:?}");
        if let Some(other) = other {
            let z = found.other_attractors().next().unwrap().z;
            assert!((z - other).abs() < 0.03, "{family}: {z}");
        }
        assert!(found.verdict().contains("The reason: "), "{}", found.verdict());
    }
    // Ridge keeps less than the target.
    let ridge = Family::LeastSquares { ridge: 0.05, correlation: BulkCorrelation::Kept };
    let found = forecast(Transfer::Tanh, E5, ridge, 1.5).unwrap();
    assert!((found.at_target().z - 1.3466).abs() < 1e-4);
    assert!(
        found.verdict().starts_with("Of the target 1.5 the output keeps z = 1.3466"),
        "{}",
        found.verdict()
    );
}
