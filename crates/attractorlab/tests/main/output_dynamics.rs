//! The local dynamics of the output against reference values and identities.

use attractorlab::network::Transfer;
use attractorlab::numerics::linalg::Complex64;
use attractorlab::theory::feedback::{Inputs, RecursiveOptions, RecursiveReadout, TrainingStart};
use attractorlab::theory::output_dynamics::{
    Candidates, FeedbackLaw, OutputError, Setting, StaircaseOptions, StaircaseReadout, edge_of_chaos, predict,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::reference::{cases, number};

const FILE: &str = "rivkind2017";

pub(crate) fn transfer_of(input: &Value) -> Transfer {
    match input["phi"].as_str().unwrap() {
        "tanh" => Transfer::Tanh,
        "erf" => Transfer::Erf,
        "relu" => Transfer::Relu { threshold: number(&input["theta"]) },
        other => panic!("unknown transfer function {other}"),
    }
}

pub(crate) fn setting_of(input: &Value) -> Setting {
    let list = |v: &Value| v.as_array().unwrap().iter().map(number).collect::<Vec<f64>>();
    let targets = match input.get("F") {
        Some(rows) => rows.as_array().unwrap().iter().map(list).collect(),
        None => vec![vec![number(&input["A"])]],
    };
    Setting {
        transfer: transfer_of(input),
        g: number(&input["g"]),
        targets,
        context: Vec::new(),
        ridge: input.get("alpha").map_or(0.0, number),
        feedback: match input.get("half") {
            Some(half) => FeedbackLaw::Uniform { half_width: number(half) },
            None => FeedbackLaw::default(),
        },
    }
}

#[track_caller]
pub(crate) fn close(case: &Value, what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{} {what}: {found} against {expected}, allowed {tolerance:e}",
        case["id"]
    );
}

/// Poles as sets: each expected one has a partner.
#[track_caller]
fn same_poles(case: &Value, what: &str, found: &[Complex64], expected: &Value, tolerance: f64) {
    let (re, im) = (expected["re"].as_array().unwrap(), expected["im"].as_array().unwrap());
    assert_eq!(found.len(), re.len(), "{} {what}", case["id"]);
    for (re, im) in re.iter().zip(im) {
        let pole = Complex64::new(number(re), number(im));
        let distance = found.iter().map(|p| (p - pole).norm()).fold(f64::INFINITY, f64::min);
        assert!(distance <= tolerance, "{} {what}: {pole} is {distance:e} from {found:?}", case["id"]);
    }
}

#[test]
fn one_target() {
    for case in cases(FILE, "single") {
        let (setting, out) = (setting_of(&case["input"]), &case["output"]);
        let prediction = predict(&setting).unwrap();
        let (state, local) = (&prediction.states[0], &prediction.local[0]);
        let check = |what: &str, found: f64| close(&case, what, found, number(&out[what]), 1e-7);
        check("s2", state.delta);
        check("C", state.power);
        check("P", state.gain_squared);
        check("B", state.curvature);
        check("K", state.power_slope());
        check("bulk", local.bulk_radius);
        check("s_open", local.open_poles[0].re);
        check("s_closed", local.poles[0].re);
        let g0 = local.open_transfer(Complex64::new(0.0, 0.0)).unwrap()[(0, 0)].re;
        check("G0", g0);
        let target = setting.targets[0][0];
        check("gain", target * target * state.power_slope() / state.power);
    }
}

#[test]
fn one_target_with_uniform_feedback() {
    for case in cases(FILE, "single_uniform") {
        let (setting, out) = (setting_of(&case["input"]), &case["output"]);
        let prediction = predict(&setting).unwrap();
        let (state, local) = (&prediction.states[0], &prediction.local[0]);
        let check = |what: &str, found: f64| close(&case, what, found, number(&out[what]), 1e-7);
        let (half, target) = (number(&case["input"]["half"]), setting.targets[0][0]);
        check("v", state.delta - half * half / 3.0 * target * target);
        check("C", state.power);
        check("P", state.gain_squared);
        check("K", state.power_slope());
        check("bulk", local.bulk_radius);
        check("s_open", local.open_poles[0].re);
        check("s_closed", local.poles[0].re);
    }
}

#[test]
fn edges_of_chaos() {
    for case in cases(FILE, "edge") {
        let edge = edge_of_chaos(transfer_of(&case["input"]), number(&case["input"]["A"])).unwrap();
        let check = |what: &str, found: f64| close(&case, what, found, number(&case["output"][what]), 1e-6);
        check("g_c", edge.g);
        check("s2", edge.delta);
        check("tau_open", edge.tau_open);
        check("tau_closed", edge.tau_closed);
    }
}

#[test]
fn several_targets() {
    for case in cases(FILE, "multi") {
        let (setting, out) = (setting_of(&case["input"]), &case["output"]);
        let prediction = predict(&setting).unwrap();
        let m = setting.targets.len();
        let tolerance = 1e-5;
        for i in 0..m {
            close(&case, "s2", prediction.states[i].delta, number(&out["s2"][i]), 1e-7);
            close(&case, "bulk", prediction.local[i].bulk_radius, number(&out["bulk"][i]), 1e-7);
            for j in 0..m {
                close(&case, "Cov", prediction.covariance[(i, j)], number(&out["Cov"][i][j]), 1e-7);
                close(&case, "C", prediction.rates[(i, j)], number(&out["C"][i][j]), 1e-7);
            }
            for k in 0..setting.targets[0].len() {
                let expected = number(&out["readout"][i][k]);
                close(&case, "readout", prediction.readout[(i, k)], expected, 1e-5 * expected.abs() + 1e-12);
            }
            let local = &prediction.local[i];
            same_poles(&case, "poles", &local.poles, &out["poles"][i], tolerance);
            same_poles(&case, "open poles", &local.open_poles, &out["open_poles"][i], tolerance);
            for (found, expected) in
                local.characteristic_polynomial().iter().zip(out["charpoly"][i].as_array().unwrap())
            {
                close(&case, "charpoly", *found, number(expected), tolerance);
            }
            for a in 0..m {
                for b in 0..m {
                    close(&case, "D", local.coupling[(a, b)], number(&out["D"][i][a][b]), 1e-7);
                }
            }
        }
        close(&case, "cond", prediction.condition / number(&out["cond"]), 1.0, 1e-3);
    }
}

#[test]
fn transfer_matrices() {
    for case in cases(FILE, "transfer") {
        let (setting, out) = (setting_of(&case["input"]), &case["output"]);
        let prediction = predict(&setting).unwrap();
        let k = setting.targets[0].len();
        for (i, local) in prediction.local.iter().enumerate() {
            for (w, omega) in case["input"]["omega"].as_array().unwrap().iter().enumerate() {
                let s = Complex64::new(0.0, number(omega));
                let open = local.open_transfer(s).unwrap();
                let closed = local.feedback_response(s).unwrap();
                for a in 0..k {
                    for b in 0..k {
                        for (name, value) in [("G", open[(a, b)]), ("H", closed[(a, b)])] {
                            let part = |key: &str| number(&out[name][i][key][w][a][b]);
                            let expected = Complex64::new(part("re"), part("im"));
                            let allowed = 1e-5 * expected.norm();
                            assert!(
                                (value - expected).norm() <= allowed,
                                "{} {name}: {value} {expected}",
                                case["id"]
                            );
                        }
                    }
                }
            }
            if let (Some(peak), 1) = (out["peak"].get(i).filter(|p| p.is_array()), k)
                && let Some((omega, size)) = local.resonance(10.0).unwrap()
            {
                close(&case, "peak frequency", omega, number(&peak[0]), 2e-3);
                close(&case, "peak height", size / number(&peak[1]), 1.0, 1e-4);
            }
        }
    }
}

#[test]
fn static_maps_and_their_roots() {
    for case in cases(FILE, "static_map") {
        let (setting, out) = (setting_of(&case["input"]), &case["output"]);
        let prediction = predict(&setting).unwrap();
        for (i, z) in case["input"]["z"].as_array().unwrap().iter().enumerate() {
            let z = number(z);
            let value = prediction.static_map(&[z], 0.0).unwrap()[0];
            close(&case, "value", value, number(&out["value"][i]), 1e-6);
            close(&case, "slope", prediction.static_slope(z, 0.0).unwrap(), number(&out["slope"][i]), 1e-6);
        }
        let range = &case["input"]["range"];
        let found = prediction.stationary_outputs(number(&range[0]), number(&range[1]), 0.0).unwrap();
        let expected = out["roots"].as_array().unwrap();
        assert_eq!(found.roots.len(), expected.len(), "{}: {found:?}", case["id"]);
        for (i, (root, expected)) in found.roots.iter().zip(expected).enumerate() {
            close(&case, "root", root.x, number(expected), 1e-5);
            let leading = prediction.local_at(&[root.x], 0.0).unwrap().poles[0];
            close(&case, "leading pole", leading.re, number(&out["root_leading_pole"][i]["re"][0]), 1e-4);
        }
    }
}

#[test]
fn relu_and_tanh_with_one_target() {
    // tanh: stable for every g and A; relu: by the sign of the threshold.
    for g in [0.2, 0.8, 1.3] {
        for a in [0.25, 1.0, 4.0] {
            let pole = |transfer| predict(&Setting::scalar(transfer, g, &[a])).unwrap().local[0].poles[0].re;
            assert!(pole(Transfer::Tanh) < 0.0);
            assert!(pole(Transfer::Relu { threshold: -0.5 }) < 0.0);
            assert!(pole(Transfer::Relu { threshold: 0.5 }) > 0.0);
            assert!(pole(Transfer::Relu { threshold: 0.0 }).abs() < 1e-12);
        }
    }
}

#[test]
fn context_input_stabilises_relu() {
    let setting = |context: Vec<f64>| Setting {
        transfer: Transfer::Relu { threshold: 0.3 },
        g: 0.8,
        targets: vec![vec![1.0]],
        context,
        ridge: 0.0,
        feedback: FeedbackLaw::default(),
    };
    let without = predict(&setting(Vec::new())).unwrap().local[0].poles[0].re;
    let with = predict(&setting(vec![0.7])).unwrap().local[0].poles[0].re;
    assert!((without - 0.234).abs() < 5e-4, "{without}");
    assert!((with + 0.1168).abs() < 5e-5, "{with}");
    let tanh = Setting { transfer: Transfer::Tanh, g: 1.2, ..setting(vec![0.7]) };
    let h = predict(&tanh).unwrap().local[0].context_response(Complex64::new(0.0, 0.0)).unwrap()[(0, 0)].re;
    assert!((h - 0.1319).abs() < 5e-5, "{h}");
}

#[test]
fn ridge_moves_the_state() {
    let setting = Setting { ridge: 0.05, ..Setting::scalar(Transfer::Tanh, 1.0, &[0.8]) };
    let prediction = predict(&setting).unwrap();
    let found = prediction.stationary_outputs(0.1, 2.0, 0.0).unwrap();
    assert!((found.roots[0].x - 0.66267).abs() < 5e-6, "{found:?}");
    let pole = prediction.local_at(&[found.roots[0].x], 0.0).unwrap().poles[0].re;
    assert!((pole + 0.44189).abs() < 5e-6, "{pole}");
}

#[test]
fn the_description_reads_as_a_sentence() {
    let prediction = predict(&Setting::scalar(Transfer::Tanh, 1.0, &[0.75, 1.5, 3.0])).unwrap();
    let text = prediction.local[0].description();
    assert!(text.contains("−0.037 ± 0.432i") && text.contains("resonates at ω = 0.433"), "{text}");
    assert!(!prediction.success() && prediction.verdict().contains("z = 1.5"), "{}", prediction.verdict());
}

#[test]
fn bad_input_names_cause_and_remedy() {
    let message = |setting: &Setting| predict(setting).unwrap_err().to_string();
    let opposite = message(&Setting::scalar(Transfer::Tanh, 1.0, &[0.8, -0.8]));
    assert!(opposite.contains("one target") && opposite.contains("leave one of them out"), "{opposite}");
    let same = message(&Setting::scalar(Transfer::Tanh, 1.0, &[0.8, 0.8]));
    assert!(same.contains("same value"), "{same}");
    let strong = message(&Setting::scalar(Transfer::Relu { threshold: -0.5 }, 1.5, &[1.0]));
    assert!(strong.contains("g = 1.5") && strong.contains("√2"), "{strong}");
    assert!(matches!(predict(&Setting::scalar(Transfer::Tanh, 1.0, &[])), Err(OutputError::NoTargets)));
    assert!(message(&Setting::scalar(Transfer::Tanh, -1.0, &[1.0])).contains("g must be"));
}

#[test]
fn candidates_say_of_each_choice_what_its_own_prediction_says() {
    let scalar = |transfer, values: &[f64]| Setting::scalar(transfer, 0.8, values);
    let relu = scalar(Transfer::Relu { threshold: -0.5 }, &[-1.0, 0.4, 1.0, 1.7]);
    let uniform = FeedbackLaw::Uniform { half_width: 1.0 };
    let context = vec![0.3, 0.0, -0.5, 1.0];
    for setting in [
        scalar(Transfer::Tanh, &[0.5, 0.9, 2.4, 1.3]),
        Setting { context, ridge: 0.1, ..scalar(Transfer::Erf, &[0.5, 0.9, 0.9, 1.3]) },
        Setting { feedback: uniform, ..scalar(Transfer::Tanh, &[0.5, 0.9, 2.4, 1.3]) },
        Setting {
            targets: vec![vec![1.0, 0.2], vec![0.1, 1.2], vec![-0.7, 0.9], vec![0.4, 0.4]],
            ..relu.clone()
        },
        relu,
    ] {
        let candidates = Candidates::new(&setting).unwrap();
        let map = candidates.pairs().unwrap();
        for chosen in [vec![0], vec![2, 0], vec![1, 3], vec![3, 0, 1], vec![0, 1, 2, 3]] {
            let alone = predict(&Setting {
                targets: chosen.iter().map(|&i| setting.targets[i].clone()).collect(),
                context: chosen.iter().filter_map(|&i| setting.context.get(i).copied()).collect(),
                ..setting
            })
            .unwrap();
            let found = candidates.train(&chosen).unwrap();
            assert_eq!(found.setting(), alone.setting());
            // Solved with the pair the other way round, and amplified by what tells the states apart.
            let tolerance = 1e-13 * (1.0 + alone.condition);
            for (m, (found, alone)) in found.local.iter().zip(&alone.local).enumerate() {
                for (x, y) in found.poles.iter().zip(&alone.poles) {
                    assert!((x - y).norm() < tolerance, "{chosen:?} {x} {y} {tolerance:e}");
                }
                if let [i, j] = chosen[..] {
                    let at = if m == 0 { (i, j) } else { (j, i) };
                    assert!((map.leading[at] - alone.poles[0]).norm() < tolerance);
                }
            }
            if let [i, j] = chosen[..] {
                assert!(map.held(i, j) == alone.success() && map.held(j, i) == alone.success());
            }
        }
        assert!((0..4).all(|i| map.leading[(i, i)].is_nan() && !map.held(i, i)));
    }
}

#[test]
fn candidates_that_no_readout_tells_apart_are_left_out_of_maps_alone() {
    let candidates = Candidates::new(&Setting::scalar(Transfer::Tanh, 0.8, &[0.5, -0.5, 0.5, 1.2])).unwrap();
    let map = candidates.pairs().unwrap();
    for (i, j) in [(0, 1), (0, 2), (1, 2)] {
        assert!(map.leading[(i, j)].is_nan() && map.leading[(j, i)].is_nan() && !map.held(i, j));
        assert!(matches!(candidates.train(&[i, j]), Err(OutputError::Dependent { first: 0, second: 1, .. })));
    }
    assert!((0..3).all(|i| map.leading[(i, 3)].is_finite()));
    // Nor does a ridge that is lost beside the covariances.
    let lost = Setting { ridge: 1e-20, ..candidates.setting().clone() };
    assert!(Candidates::new(&lost).unwrap().pairs().unwrap().leading[(0, 1)].is_nan());
    // A relu above a threshold has no stationary state at large values: those pairs are lost alone.
    let strong = Setting::scalar(Transfer::Relu { threshold: 0.5 }, 1.5, &[0.3, 2.0, -0.2]);
    let strong = Candidates::new(&strong).unwrap();
    let map = strong.pairs().unwrap();
    assert!(map.leading[(0, 2)].is_finite(), "{map:?}");
    assert!(map.leading[(0, 1)].is_nan() && map.bulk_radius[1].is_nan(), "{map:?}");
    assert!(matches!(strong.train(&[1, 0]), Err(OutputError::Clamped(_))));
    assert!(matches!(candidates.train(&[]), Err(OutputError::NoTargets)));
    assert_eq!(
        candidates.train(&[0, 4]).unwrap_err().to_string(),
        "there is no candidate 4: there are 4, the first is 0"
    );
}

#[test]
fn force_on_one_target_is_the_transient_theory() {
    let (units, alpha, dt, duration) = (4000, 1.0, 0.1, 50.0);
    let staircase_options = StaircaseOptions { units, alpha, dt, duration, rounds: 1, start: 1.0 };
    let staircase = StaircaseReadout::new(Transfer::Tanh, 0.5, &[1.0], staircase_options).unwrap();
    let inputs = Inputs { g: 0.5, feedback_std: 1.0, input_std: 0.0, rho: 0.0 };
    let options = RecursiveOptions { units, alpha, dt, duration, start: TrainingStart::Random };
    let recursive = RecursiveReadout::new(Transfer::Tanh, inputs, 1.0, options).unwrap();
    // There the output is at the target exactly, here to within α/N at the first updates.
    let (found, expected) =
        (staircase.leading_pole(1.0).unwrap().unwrap(), recursive.outlier().unwrap() - 1.0);
    assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    // The lag is the ridge parameter α/N times the weight of a sample: it falls as 1/N, a little more slowly where
    // smaller eigenvalues of the Gram matrix come into play.
    let lag = |readout: &StaircaseReadout| {
        readout.outputs.iter().skip(1).fold(0.0_f64, |m, z| m.max((z - 1.0).abs()))
    };
    let larger = StaircaseOptions { units: 4 * units, ..staircase_options };
    let larger = StaircaseReadout::new(Transfer::Tanh, 0.5, &[1.0], larger).unwrap();
    let ratio = lag(&larger) / lag(&staircase);
    assert!(lag(&staircase) < 1e-2 && (0.2..0.5).contains(&ratio), "{} {ratio}", lag(&staircase));
}

#[test]
fn the_staircase_map_has_the_slope_of_its_gain() {
    let options = StaircaseOptions { duration: 10.0, ..StaircaseOptions::default() };
    let relu = Transfer::Relu { threshold: 0.3 };
    for (transfer, g) in [(relu, 0.8), (Transfer::Tanh, 1.2)] {
        let force = StaircaseReadout::new(transfer, g, &[1.0, 0.6], options).unwrap();
        for z in [0.7, 1.0, 1.4] {
            let f = |z: f64| force.static_map(z).unwrap();
            let h = 1e-3;
            let slope = (8.0 * (f(z + h) - f(z - h)) - (f(z + 2.0 * h) - f(z - 2.0 * h))) / (12.0 * h);
            let gain = force.static_slope(z).unwrap();
            assert!((slope - gain).abs() < 1e-6, "{z}: {slope} {gain}");
        }
    }
    assert!(StaircaseReadout::new(relu, 0.8, &[], options).is_err());
    let long = StaircaseOptions { duration: 1e4, ..options };
    assert!(StaircaseReadout::new(relu, 0.8, &[1.0], long).unwrap_err().to_string().contains("4000 steps"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Slope of the static map = G(0) at every value, against a finite difference.
    #[test]
    fn slope_is_the_static_gain(
        which in 0..3_usize, g in 0.1..1.1_f64, a1 in 0.3..1.2_f64, a2 in 1.5..2.5_f64, z in -2.5..2.5_f64,
    ) {
        let transfer = [Transfer::Tanh, Transfer::Erf, Transfer::Relu { threshold: -0.4 }][which];
        let Ok(prediction) = predict(&Setting::scalar(transfer, g, &[a1, a2])) else { return Ok(()) };
        let local = prediction.local_at(&[z], 0.0).unwrap();
        prop_assume!(local.bulk_radius < 0.97 && prediction.condition < 1e5);
        let h = 4e-4;
        let f = |z: f64| prediction.static_map(&[z], 0.0).unwrap()[0];
        // Fourth-order central difference: error of order h⁴ and of rounding/h.
        let slope = (8.0 * (f(z + h) - f(z - h)) - (f(z + 2.0 * h) - f(z - 2.0 * h))) / (12.0 * h);
        let gain = prediction.static_slope(z, 0.0).unwrap();
        let size = 1.0 + prediction.condition;
        prop_assert!((slope - gain).abs() < 1e-9 * size + 1e-8, "{} {} cond {}", slope, gain, prediction.condition);
    }

    /// One target: s = −1 + ⟨xφφ'⟩/⟨φ²⟩ for any g.
    #[test]
    fn one_pole_by_the_closed_formula(g in 0.0..1.4_f64, a in 0.2..3.0_f64) {
        let prediction = predict(&Setting::scalar(Transfer::Tanh, g, &[a])).unwrap();
        let state = &prediction.states[0];
        let expected = -1.0 + state.delta * state.power_slope() / state.power;
        prop_assert!((prediction.local[0].poles[0].re - expected).abs() < 1e-11);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Slope of the static map = G(0) for uniform feedback vectors too, and for Gaussian ones of any variance.
    #[test]
    fn slope_is_the_static_gain_whatever_the_feedback_law(
        which in 0..4_usize, g in 0.3..1.1_f64, a1 in 0.4..1.2_f64, a2 in 1.5..2.2_f64, z in -2.0..2.0_f64,
        width in 0.8..1.8_f64,
    ) {
        let transfer = [Transfer::Tanh, Transfer::Relu { threshold: -0.4 }][which % 2];
        let feedback = if which < 2 {
            FeedbackLaw::Uniform { half_width: width }
        } else {
            FeedbackLaw::Gaussian { variance: width }
        };
        let setting = Setting { feedback, ..Setting::scalar(transfer, g, &[a1, a2]) };
        let Ok(prediction) = predict(&setting) else { return Ok(()) };
        let local = prediction.local_at(&[z], 0.0).unwrap();
        prop_assume!(local.bulk_radius < 0.97 && prediction.condition < 1e4);
        // Undriven tanh near g = 1 bends sharply: there h = 1e-3 errs by 3e-8.
        let h = 4e-4;
        let f = |z: f64| prediction.static_map(&[z], 0.0).unwrap()[0];
        let slope = (8.0 * (f(z + h) - f(z - h)) - (f(z + 2.0 * h) - f(z - 2.0 * h))) / (12.0 * h);
        let gain = prediction.static_slope(z, 0.0).unwrap();
        let allowed = 1e-8 + 1e-9 * prediction.condition;
        prop_assert!((slope - gain).abs() < allowed, "{} {} cond {}", slope, gain, prediction.condition);
    }
}
