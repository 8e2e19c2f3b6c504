//! The theory of feedback networks against reference values, identities and a blind scan.

use attractorlab::network::Transfer;
use attractorlab::numerics::gaussian::{Average, Product};
use attractorlab::theory::clamped::DriveTheory;
use attractorlab::theory::feedback::{
    BulkCorrelation, Class, Direction, FeedbackError, FixedPoint, Inputs, ReadoutCurve, RecursiveOptions,
    RecursiveReadout, Stability, TrainedReadout, TrainingStart, predict, thresholds,
};
use proptest::prelude::*;

use crate::reference::{assert_case, cases, number};

const FILE: &str = "mastrogiuseppe2019";

fn inputs_of(case: &serde_json::Value) -> Inputs {
    let get = |key: &str| number(&case["in"][key]);
    Inputs { g: get("g"), feedback_std: get("Sm"), input_std: get("SI"), rho: get("rho") }
}

#[test]
fn open_loop_reference_cases() {
    for case in cases(FILE, "open_loop") {
        let inputs = inputs_of(&case);
        let theory = DriveTheory::new(Transfer::Tanh, inputs.g).unwrap();
        let state = theory.at(inputs.drive(number(&case["in"]["A"]))).unwrap();
        assert_case(&case, "delta", state.delta, &case["out"]["delta"]);
        assert_case(&case, "radius", state.radius(inputs.g), &case["out"]["radius"]);
    }
}

#[test]
fn gaussian_readout_reference_cases() {
    for case in cases(FILE, "gauss_p") {
        let get = |key: &str| number(&case["in"][key]);
        let direction = Direction { shared: get("p"), feedback_own: get("pm"), input_own: get("pI") };
        let prediction = predict(inputs_of(&case), direction, get("A")).unwrap();
        let out = &case["out"];
        assert_case(&case, "c", prediction.scale, &out["c"]);
        assert_case(&case, "s_nm", prediction.readout.overlap_feedback, &out["s_nm"]);
        assert_case(&case, "s_nI", prediction.readout.overlap_input, &out["s_nI"]);
        assert_case(&case, "a", prediction.feedback_share, &out["a"]);
        if let Some(flex) = prediction.flex {
            assert_case(&case, "A_flex", flex, &out["A_flex"]);
        }
        assert_eq!(prediction.class.label(), out["class"].as_str().unwrap(), "{}", case["id"]);
        let expected = out["fixed_points"].as_array().unwrap();
        assert_eq!(prediction.fixed_points.len(), expected.len(), "{}", case["id"]);
        for (point, expected) in prediction.fixed_points.iter().zip(expected) {
            assert_case(&case, "z", point.z, &expected["z"]);
            assert_case(&case, "delta", point.delta, &expected["delta"]);
            assert_case(&case, "radius", point.radius, &expected["radius"]);
            assert_eq!(point.stability == Stability::Stable, expected["stable"].as_bool().unwrap());
            for (outlier, key) in point.outliers.iter().zip(["outlier", "outlier2"]) {
                assert_case(&case, key, outlier.re, &expected[key][0]);
                assert_case(
                    &case,
                    key,
                    outlier.im.abs(),
                    &serde_json::json!(number(&expected[key][1]).abs()),
                );
            }
        }
    }
}

fn check_points(case: &serde_json::Value, found: &[FixedPoint]) {
    let expected = case["out"]["fixed_points"].as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{}: {found:?}", case["id"]);
    for (point, expected) in found.iter().zip(expected) {
        assert_case(case, "z", point.z, &expected["z"]);
        assert_case(case, "delta", point.delta, &expected["delta"]);
        assert_case(case, "radius", point.radius, &expected["radius"]);
        assert_eq!(point.stability == Stability::Stable, expected["stable"].as_bool().unwrap());
        for (outlier, key) in point.outliers.iter().zip(["outlier", "outlier2"]) {
            assert_case(case, key, outlier.re, &expected[key][0]);
            assert_case(case, key, outlier.im.abs(), &serde_json::json!(number(&expected[key][1]).abs()));
        }
    }
}

#[test]
fn least_squares_reference_cases() {
    for (kind, correlation) in [("ls_full", BulkCorrelation::Kept), ("ls_dec", BulkCorrelation::Dropped)] {
        for case in cases(FILE, kind) {
            let (target, ridge) = (number(&case["in"]["A"]), case["in"].get("ridge").map_or(0.0, number));
            let trained =
                TrainedReadout::least_squares(Transfer::Tanh, inputs_of(&case), target, ridge, correlation)
                    .unwrap();
            assert_case(&case, "c", trained.scale(), &case["out"]["c"]);
            assert_case(&case, "s_nm", trained.readout().overlap_feedback, &case["out"]["s_nm"]);
            assert_case(&case, "s_nI", trained.readout().overlap_input, &case["out"]["s_nI"]);
            check_points(&case, &trained.fixed_points().unwrap());
        }
    }
}

#[test]
fn slow_gradient_descent_reference_case() {
    for case in cases(FILE, "gd_slow") {
        let of = |steps: usize| {
            let target = number(&case["in"]["A"]);
            let trained =
                TrainedReadout::slow_gradient_descent(Transfer::Tanh, inputs_of(&case), target, steps)
                    .unwrap();
            let slope = trained.state(target).unwrap().slope;
            [trained.readout().overlap_feedback, trained.readout().overlap_input, slope]
        };
        // Richardson: the error of the midpoint rule falls with the square of the step.
        let (coarse, fine) = (of(32), of(64));
        for (i, key) in ["s_nm", "s_nI", "Gprime"].into_iter().enumerate() {
            assert_case(&case, key, fine[i] + (fine[i] - coarse[i]) / 3.0, &case["out"][key]);
        }
    }
}

#[test]
fn the_two_papers_meet_in_one_target() {
    // True least squares without shared direction, Sm = 1: the outlier is the pole of the output's
    // ODE plus one, the input being the context.
    use attractorlab::theory::output_dynamics::{Setting, predict};
    for (g, si, target) in [(0.5, 0.0, 1.0), (0.9, 0.7, 0.6), (1.3, 0.4, 1.8)] {
        let inputs = Inputs { g, feedback_std: 1.0, input_std: si, rho: 0.0 };
        let trained =
            TrainedReadout::least_squares(Transfer::Tanh, inputs, target, 0.0, BulkCorrelation::Kept)
                .unwrap();
        let setting = Setting { context: vec![si], ..Setting::scalar(Transfer::Tanh, g, &[target]) };
        let pole = predict(&setting).unwrap().local[0].poles[0].re;
        let state = trained.state(target).unwrap();
        let distance = state.outliers.iter().map(|l| (l.re - 1.0 - pole).abs()).fold(f64::INFINITY, f64::min);
        assert!(distance < 1e-11, "{state:?} {pole}");
        // Equation (11).
        let theory = attractorlab::theory::clamped::ClampedStates::new(Transfer::Tanh, g).unwrap();
        let own = theory.state(inputs.drive(target)).unwrap();
        let closed = own.power_slope() * (g * g + target * inputs.half_drive_slope(target) / own.power);
        assert!((closed - 1.0 - pole).abs() < 1e-11);
    }
}

#[test]
fn least_squares_without_input_leaves_the_silent_state_a_saddle() {
    let inputs = Inputs { g: 0.7, feedback_std: 1.2, input_std: 0.0, rho: 0.0 };
    let trained =
        TrainedReadout::least_squares(Transfer::Tanh, inputs, 1.1, 0.0, BulkCorrelation::Kept).unwrap();
    let states = trained.fixed_points().unwrap();
    assert_eq!(states.len(), 3);
    let theory = DriveTheory::new(Transfer::Tanh, 0.7).unwrap();
    let m = theory.at(inputs.drive(1.1)).unwrap();
    let power = (m.delta - inputs.drive(1.1)) / (0.7 * 0.7);
    let expected = m.delta * m.gain / power;
    assert!(
        states[1].z.abs() < 1e-9 && (states[1].outliers[0].re - expected).abs() < 1e-8,
        "{states:?} {expected}"
    );
    assert!(expected > 1.0);
}

const E1: Inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
const E1_DIRECTION: Direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };

#[test]
fn the_curve_of_all_targets_has_the_published_bifurcations() {
    let curve = ReadoutCurve::new(Transfer::Tanh, E1, E1_DIRECTION).unwrap();
    assert!((curve.flex().unwrap() + 0.231757).abs() < 5e-7);
    let targets = curve.bifurcation_targets(-2.0, 2.0).unwrap();
    assert_eq!(targets.len(), 2, "{targets:?}");
    assert!((targets[0] + 0.737977).abs() < 5e-7, "{targets:?}");
    // Quoted as 1.440101; an independent trapezoid rule with golden-section search gives 1.44010001.
    assert!((targets[1] - 1.44010001).abs() < 1e-8, "{targets:?}");
    let count = |target| curve.states(target).unwrap().fixed_points.len();
    assert_eq!([-1.0, -0.5, 0.5, 1.44, 1.4402].map(count), [3, 3, 1, 1, 3]);
    // The published value is 0.060; the quadrature of the authors' code is to blame.
    let states = curve.states(-2.0).unwrap();
    let last = states.fixed_points.last().unwrap();
    assert!((last.z - 2.33664).abs() < 1e-5 && (last.outliers[0].re - 0.0306).abs() < 5e-5);
    assert!((last.outliers[0].im.abs() - 0.0122).abs() < 5e-5);
}

#[test]
fn one_curve_gives_what_single_predictions_give() {
    let curve = ReadoutCurve::new(Transfer::Tanh, E1, E1_DIRECTION).unwrap();
    for i in 0..200 {
        let target = -2.0 + 4.0 * (f64::from(i) + 0.5) / 200.0;
        let (together, alone) = (curve.states(target).unwrap(), predict(E1, E1_DIRECTION, target).unwrap());
        assert_eq!(together.fixed_points.len(), alone.fixed_points.len());
        for (a, b) in together.fixed_points.iter().zip(&alone.fixed_points) {
            assert!((a.z - b.z).abs() < 1e-10 * (1.0 + a.z.abs()), "target {target}: {} {}", a.z, b.z);
            assert!((a.outliers[0] - b.outliers[0]).norm() < 1e-9);
        }
    }
}

#[test]
fn targets_next_to_a_flex_are_answered_at_once() {
    // The scale diverges there, and with it the range on which states must be looked for.
    for offset in [1e-2, 1e-3, 1e-5, 1e-7] {
        for sign in [-1.0, 1.0] {
            let prediction = predict(E1, E1_DIRECTION, -0.231757409 + sign * offset).unwrap();
            assert_eq!(prediction.fixed_points.len(), if sign < 0.0 { 3 } else { 1 }, "offset {offset}");
        }
    }
}

#[test]
fn pure_classes() {
    let inputs = Inputs { g: 0.8, feedback_std: 1.2, input_std: 0.5, rho: 0.0 };
    let along_feedback = Direction { shared: 0.0, feedback_own: 1.0, input_own: 0.0 };
    let m_class = predict(inputs, along_feedback, 1.0).unwrap();
    let z: Vec<f64> = m_class.fixed_points.iter().map(|p| p.z).collect();
    assert_eq!(z.len(), 3);
    assert!((z[0] + 1.0).abs() < 1e-12 && z[1] == 0.0 && z[2] == 1.0);
    assert!((m_class.fixed_points[1].outliers[0].re - 1.5903).abs() < 5e-5);
    assert!((m_class.fixed_points[2].outliers[0].re - 0.3846).abs() < 5e-5);
    let along_input = Direction { shared: 0.0, feedback_own: 0.0, input_own: 1.0 };
    let i_class = predict(inputs, along_input, 1.0).unwrap();
    assert_eq!(i_class.fixed_points.len(), 1);
    assert_eq!(i_class.class, Class::Monostable);
    assert!((i_class.at_target().outliers[0].re - 0.0).abs() < 1e-12);
    assert!((i_class.at_target().outliers[1].re + 0.47014).abs() < 5e-6);
    assert!((i_class.at_target().radius - 0.47173).abs() < 5e-6);
    // Target zero of the m-class: the silent state, at the largest scale that keeps it.
    let silent = predict(inputs, along_feedback, 0.0).unwrap();
    assert_eq!(silent.at_target().z, 0.0);
    assert!(silent.scale.is_finite());
}

#[test]
fn shared_direction_with_rho_has_the_mirrored_second_state() {
    // eta^m only: roots 0, A and exactly −A − 2 SI ρ²/Sm.
    let direction = Direction { shared: 0.0, feedback_own: 1.0, input_own: 0.0 };
    for target in [-1.7, -0.05, 0.3, 1.2] {
        let states = predict(E1, direction, target).unwrap();
        let mirrored = -target - 2.0 * E1.input_std * E1.rho * E1.rho / E1.feedback_std;
        let mut expected = [0.0, target, mirrored];
        expected.sort_by(f64::total_cmp);
        assert_eq!(states.fixed_points.len(), 3, "target {target}");
        for (point, z) in states.fixed_points.iter().zip(expected) {
            assert!((point.z - z).abs() < 1e-9, "target {target}: {} against {z}", point.z);
        }
        let middle = -E1.input_std * E1.rho * E1.rho / E1.feedback_std < target && target < 0.0;
        assert_eq!(states.class == Class::TargetUnstable, middle);
    }
}

#[test]
fn bad_input_is_one_clear_sentence() {
    let check = |inputs: Inputs, direction: Direction, target: f64, words: &[&str]| {
        let message = predict(inputs, direction, target).unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    check(Inputs { g: -0.1, ..E1 }, E1_DIRECTION, 1.0, &["g must be", "-0.1"]);
    check(Inputs { g: f64::NAN, ..E1 }, E1_DIRECTION, 1.0, &["g must be", "NaN"]);
    check(Inputs { rho: 1.5, ..E1 }, E1_DIRECTION, 1.0, &["rho", "between -1 and 1", "1.5"]);
    check(E1, E1_DIRECTION, f64::INFINITY, &["target", "finite"]);
    check(E1, Direction { shared: 0.0, feedback_own: 0.0, input_own: 0.0 }, 1.0, &["no overlap"]);
    let curve = ReadoutCurve::new(Transfer::Tanh, E1, E1_DIRECTION).unwrap();
    let flex = curve.flex().unwrap();
    assert!(matches!(curve.states(flex), Err(FeedbackError::Unrealisable { .. })));
    check(E1, E1_DIRECTION, flex, &["cannot realise", "A_flex = -0.2317"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// 1 − T + D = (1 − g²F)(1 − G'): a real outlier crosses one exactly where the map's slope does.
    #[test]
    fn outliers_and_slope_agree(
        g in 0.0..0.95_f64, sm in 0.3..2.0_f64, si in 0.0..1.5_f64, rho in -1.0..1.0_f64,
        p in -1.0..1.0_f64, pm in -1.0..1.0_f64, pi in -1.0..1.0_f64, target in -2.0..2.0_f64,
    ) {
        let inputs = Inputs { g, feedback_std: sm, input_std: si, rho };
        let direction = Direction { shared: p, feedback_own: pm, input_own: pi };
        if let Ok(prediction) = predict(inputs, direction, target) {
            let theory = DriveTheory::new(Transfer::Tanh, g).unwrap();
            for point in &prediction.fixed_points {
                let m = theory.at(inputs.drive(point.z)).unwrap();
                let product = (1.0 - point.outliers[0]) * (1.0 - point.outliers[1]);
                let expected = (1.0 - g * g * m.power_slope) * (1.0 - point.slope);
                let size = 1.0 + point.outliers[0].norm() * (1.0 + point.outliers[1].norm());
                prop_assert!((product.re - expected).abs() < 1e-9 * size, "{} {}", product, expected);
                // and z is a fixed point of the map
                let value = (prediction.readout.overlap_feedback * point.z + prediction.readout.overlap_input) * m.gain;
                prop_assert!((value - point.z).abs() < 1e-9 * (1.0 + prediction.scale.abs()), "{} {}", value, point.z);
            }
        }
    }

    /// The level curve finds what a dense scan of the map itself finds, and never less.
    #[test]
    fn a_dense_scan_finds_no_further_state(
        g in 0.0..0.9_f64, sm in 0.3..2.0_f64, si in 0.0..1.5_f64, rho in -1.0..1.0_f64,
        angle in 0.0..std::f64::consts::TAU, pi in -1.0..1.0_f64, target in -2.0..2.0_f64,
    ) {
        let inputs = Inputs { g, feedback_std: sm, input_std: si, rho };
        let direction = Direction { shared: angle.cos(), feedback_own: angle.sin(), input_own: pi };
        let Ok(prediction) = predict(inputs, direction, target) else { return Ok(()) };
        prop_assume!(prediction.scale.abs() < 50.0);
        let theory = DriveTheory::new(Transfer::Tanh, g).unwrap();
        let gain = Average::new(Transfer::Tanh, Product::FIRST).unwrap();
        let excess = |z: f64| {
            let delta = theory.at(inputs.drive(z)).unwrap().delta;
            (prediction.readout.overlap_feedback * z + prediction.readout.overlap_input)
                * gain.at(0.0, delta.sqrt()) - z
        };
        let end = 2.0 + prediction.fixed_points.iter().map(|p| p.z.abs()).fold(0.0, f64::max);
        let mut last = excess(-end);
        let mut crossings = 0;
        for i in 1..=600 {
            let value = excess(-end + 2.0 * end * (f64::from(i) + 0.31) / 600.31);
            crossings += usize::from(value * last < 0.0);
            last = value;
        }
        prop_assert!(crossings <= prediction.fixed_points.len(),
            "scan {} states {:?}", crossings, prediction.fixed_points);
        prop_assert!(prediction.marginal || (prediction.fixed_points.len() - crossings) % 2 == 0);
    }
}

#[test]
fn thresholds_reference_cases_and_the_specifications_table() {
    for case in cases(FILE, "thresholds") {
        let borders = thresholds(Transfer::Tanh, inputs_of(&case), number(&case["in"]["A"])).unwrap();
        assert_case(&case, "a_c", borders.unstable, &case["out"]["a_c"]);
        assert_case(&case, "a_b", borders.bistable, &case["out"]["a_b"]);
    }
    let inputs = Inputs { g: 0.8, feedback_std: 1.2, input_std: 0.5, rho: 0.0 };
    for (target, a_b, a_c) in [(0.25, 0.98711, 1.09893), (0.5, 0.96125, 1.27847), (2.0, 0.87140, 1.80680)] {
        let borders = thresholds(Transfer::Tanh, inputs, target).unwrap();
        assert!(
            (borders.bistable - a_b).abs() < 6e-6 && (borders.unstable - a_c).abs() < 6e-6,
            "{borders:?}"
        );
    }
}

#[test]
fn recursive_least_squares_follows_the_transient() {
    // Specification, section 5: overlaps at N = 200, 400, 800 from the input-only state, random
    // starts at N = 200, outliers of random starts at N = 400.
    let e6 = (E1, 1.0);
    let e5 = (Inputs { g: 0.5, feedback_std: 1.2, input_std: 0.15, rho: 0.0 }, 1.5);
    let run = |(inputs, target): (Inputs, f64), units: usize, start: TrainingStart| {
        let options = RecursiveOptions { units, alpha: 1.0, dt: 0.1, duration: 50.0, start };
        RecursiveReadout::new(Transfer::Tanh, inputs, target, options).unwrap()
    };
    let table = [
        (e6, 200, TrainingStart::InputOnly, 0.651, 1.094),
        (e6, 400, TrainingStart::InputOnly, 0.586, 1.109),
        (e6, 800, TrainingStart::InputOnly, 0.531, 1.118),
        (e5, 200, TrainingStart::InputOnly, 1.166, 1.033),
        (e5, 400, TrainingStart::InputOnly, 0.915, 1.093),
        (e5, 800, TrainingStart::InputOnly, 0.725, 1.131),
        (e6, 200, TrainingStart::Random, 1.263, 0.3184),
        (e5, 200, TrainingStart::Random, 1.755, 0.018),
    ];
    for (setting, units, start, s_nm, s_ni) in table {
        let readout = run(setting, units, start).readout();
        let found = (readout.overlap_feedback, readout.overlap_input);
        assert!(
            (found.0 - s_nm).abs() < 1e-3 && (found.1 - s_ni).abs() < 1e-3,
            "{units} {start:?}: {found:?}"
        );
    }
    for (setting, expected) in [(e5, 0.315), (e6, 0.332)] {
        let outlier = run(setting, 400, TrainingStart::Random).outlier().unwrap();
        assert!((outlier - expected).abs() < 1e-3, "{outlier} against {expected}");
    }
}

#[test]
fn tables_are_exact_at_the_onset_of_chaos_too() {
    // There the averages bend sharply at small drives, and the variance carries more noise than elsewhere.
    let critical = [
        (Transfer::Tanh, 0.999),
        (Transfer::Tanh, 0.9999),
        (Transfer::Tanh, 1.0),
        (Transfer::Tanh, 1.0001),
        (Transfer::Tanh, 1.001),
        (Transfer::Erf, 1.2533),
    ];
    for (transfer, g) in critical {
        let theory = DriveTheory::new(transfer, g).unwrap();
        let table = theory.table(0.0, 70.0).unwrap();
        for k in 0..2000 {
            let drive = 64.0 * (f64::from(k) / 2000.0).powi(3);
            let (found, exact) = (table.at(drive), theory.at(drive).unwrap());
            // The noise of the variance where the slope of its equation vanishes.
            let allowed = if drive < 1e-4 { 1e-6 } else { 1e-9 };
            assert!((found.gain - exact.gain).abs() < allowed, "{transfer:?} g = {g}, S = {drive}");
            assert!(
                (found.delta - exact.delta).abs() < allowed * (1.0 + exact.delta),
                "g = {g}, S = {drive}"
            );
        }
        let inputs = Inputs { g, feedback_std: 1.0, input_std: 0.0, rho: 0.0 };
        let direction = Direction { shared: 0.0, feedback_own: 1.0, input_own: 0.0 };
        let curve = ReadoutCurve::new(transfer, inputs, direction).unwrap();
        assert!(curve.folds().len() <= 1, "g = {g}: {:?}", curve.folds());
    }
}

#[test]
fn a_curve_that_was_extended_is_the_curve() {
    let inputs = Inputs { g: 0.7, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    let curve = ReadoutCurve::new(Transfer::Tanh, inputs, direction).unwrap();
    let targets: Vec<f64> = (0..60).map(|k| -3.0 + 0.1 * f64::from(k) + 0.03).collect();
    let wide = curve.covering(&[1e4]);
    for &target in &targets {
        let (near, far) = (curve.states(target).unwrap(), wide.states(target).unwrap());
        assert_eq!(near.fixed_points.len(), far.fixed_points.len(), "{target}");
        for (a, b) in near.fixed_points.iter().zip(&far.fixed_points) {
            assert!((a.z - b.z).abs() < 1e-9 * (1.0 + a.z.abs()), "{target}: {} {}", a.z, b.z);
        }
    }
}
