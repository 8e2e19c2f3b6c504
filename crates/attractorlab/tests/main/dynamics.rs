//! Simulation, stationary states and Lyapunov exponents on systems whose behaviour is known.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use attractorlab::dynamics::{
    Dynamics, FlowOptions, Input, Integrator, LyapunovOptions, Record, Simulation, SimulationError,
    SimulationOptions, SimulationStatus, SolverOptions, Status, Time, fixed_point, flow, lyapunov_exponent,
    lyapunov_exponent_until,
};
use attractorlab::network::{Bulk, Connectivity, Form, RateNetwork, Transfer};
use attractorlab::numerics::linalg::Mat;
use attractorlab::numerics::random::Stream;

const FORMS: [Form; 3] = [Form::Current, Form::Rate, Form::Map];

/// Bulk, two loops, two inputs, a bias and an output.
fn full_network(n: usize, transfer: Transfer, form: Form) -> RateNetwork {
    let mut stream = Stream::new(11, "dynamics test", 0);
    let bulk = Bulk::Gaussian { g: 0.7 }.draw(n, &mut stream).unwrap();
    let mut vector = || stream.normals(n);
    let connectivity = Connectivity::new(bulk)
        .unwrap()
        .with_feedback(vector(), vector())
        .unwrap()
        .with_feedback(vector(), vector())
        .unwrap();
    let (a, b) = (vector(), vector());
    RateNetwork::new(connectivity, transfer, form)
        .with_input_weights(Mat::from_fn(n, 2, |i, k| if k == 0 { a[i] } else { b[i] }))
        .unwrap()
        .with_bias(vector())
        .unwrap()
        .with_output(vector())
        .unwrap()
        .with_time_constant(1.7)
        .unwrap()
}

#[test]
fn jacobians_agree_with_finite_differences_and_their_products() {
    let n = 12;
    for form in FORMS {
        for transfer in [Transfer::Tanh, Transfer::Erf, Transfer::Softplus, Transfer::Linear] {
            let network = full_network(n, transfer, form);
            let system = network.under(&[0.3, -0.8]);
            let mut stream = Stream::new(2, "point", 0);
            let (x, v) = (stream.normals(n), stream.normals(n));
            let jacobian = system.jacobian(&x);
            let h = 1e-5;
            for j in 0..n {
                let at = |sign: f64| {
                    let mut shifted = x.clone();
                    shifted[j] += sign * h;
                    let mut out = vec![0.0; n];
                    system.field(&shifted, &mut out);
                    out
                };
                let (above, below) = (at(1.0), at(-1.0));
                for i in 0..n {
                    let slope = (above[i] - below[i]) / (2.0 * h);
                    assert!((slope - jacobian[(i, j)]).abs() < 1e-8, "{form:?} {transfer:?} {i} {j}");
                }
            }
            let (mut product, mut transposed) = (vec![0.0; n], vec![0.0; n]);
            system.jacobian_times(&x, &v, &mut product);
            system.jacobian_transposed_times(&x, &v, &mut transposed);
            for i in 0..n {
                let row: f64 = (0..n).map(|j| jacobian[(i, j)] * v[j]).sum();
                let column: f64 = (0..n).map(|j| jacobian[(j, i)] * v[j]).sum();
                assert!((product[i] - row).abs() < 1e-12 && (transposed[i] - column).abs() < 1e-12);
            }
        }
    }
}

fn run(network: &RateNetwork, columns: usize, options: &SimulationOptions) -> Simulation<f64> {
    let n = network.units();
    let start = Mat::from_fn(n, columns, |i, c| (0.7 * i as f64 + c as f64).sin());
    let input = |t: f64, c: usize, u: &mut [f64]| {
        u[0] = (0.5 * t).sin();
        u[1] = 0.1 * c as f64;
    };
    network.simulate(start.as_ref(), Input::Varying(&input), options).unwrap()
}

#[test]
fn methods_converge_with_their_order() {
    for form in [Form::Current, Form::Rate] {
        let network = full_network(20, Transfer::Tanh, form);
        let final_state = |integrator, steps: usize| {
            let options =
                SimulationOptions { dt: 4.0 / steps as f64, steps, integrator, ..Default::default() };
            run(&network, 2, &options).final_states
        };
        let exact = final_state(Integrator::RungeKutta4, 4096);
        for (integrator, order, steps) in [
            (Integrator::Euler, 1.0, 256),
            (Integrator::ExponentialEuler, 1.0, 256),
            (Integrator::RungeKutta4, 4.0, 32),
        ] {
            let error = |steps| (final_state(integrator, steps) - &exact).norm_l2();
            let measured = (error(steps) / error(2 * steps)).log2();
            assert!((measured - order).abs() < 0.15, "{form:?} {integrator:?}: order {measured}");
        }
    }
}

#[test]
fn the_batch_agrees_with_the_single_flow_in_every_form() {
    for form in FORMS {
        let network = full_network(17, Transfer::Tanh, form);
        let start = Mat::from_fn(17, 3, |i, c| ((3 * i + c) as f64).cos());
        let u = Mat::from_fn(2, 3, |k, c| 0.2 * (k + c) as f64);
        let options = SimulationOptions {
            dt: 0.1,
            steps: 50,
            integrator: Integrator::RungeKutta4,
            ..Default::default()
        };
        let batch = network.simulate(start.as_ref(), Input::Constant(u.as_ref()), &options).unwrap();
        for c in 0..3 {
            let mut x: Vec<f64> = start.col(c).iter().copied().collect();
            let system = network.under(&[u[(0, c)], u[(1, c)]]);
            let status = flow(&system, &mut x, FlowOptions { dt: 0.1, steps: 50 }, |_, _| {});
            assert_eq!(status, SimulationStatus::Finished);
            for i in 0..17 {
                assert!((batch.final_states[(i, c)] - x[i]).abs() < 1e-11, "{form:?}");
            }
        }
    }
}

#[test]
fn exponential_euler_is_exact_without_recurrence() {
    for form in [Form::Current, Form::Rate] {
        let n = 4;
        let network = RateNetwork::new(Connectivity::new(Mat::zeros(n, n)).unwrap(), Transfer::Linear, form)
            .with_bias(vec![1.0, -0.5, 2.0, 0.0])
            .unwrap()
            .with_time_constant(2.0)
            .unwrap();
        let start = Mat::from_fn(n, 1, |i, _| 3.0 - i as f64);
        let options = SimulationOptions {
            dt: 0.7,
            steps: 5,
            integrator: Integrator::ExponentialEuler,
            ..Default::default()
        };
        let run = network.simulate(start.as_ref(), Input::Zero, &options).unwrap();
        for i in 0..n {
            let b = network.bias()[i];
            let exact = b + (start[(i, 0)] - b) * (-3.5_f64 / 2.0).exp();
            assert!((run.final_states[(i, 0)] - exact).abs() < 1e-14);
        }
    }
}

#[test]
fn noise_gives_the_variances_of_ornstein_and_uhlenbeck() {
    // x1 alone has variance σ². x2 = w x1 + leak: variance σ²(1 + w²/2), covariance σ²w/2.
    let (sigma, w) = (0.8, 1.5);
    let j = Mat::from_fn(2, 2, |i, j| if (i, j) == (1, 0) { w } else { 0.0 });
    let network = RateNetwork::new(Connectivity::new(j).unwrap(), Transfer::Linear, Form::Current)
        .with_noise(sigma)
        .unwrap()
        .with_time_constant(3.0)
        .unwrap();
    let columns = 400;
    let start = Mat::<f64>::zeros(2, columns);
    for (integrator, dt) in [(Integrator::Euler, 0.03), (Integrator::ExponentialEuler, 0.03)] {
        let options =
            SimulationOptions { dt, steps: 20_000, integrator, every: 400, record: Record::States, seed: 5 };
        let run = network.simulate(start.as_ref(), Input::Zero, &options).unwrap();
        let (mut v1, mut v2, mut c12, mut count) = (0.0, 0.0, 0.0, 0.0);
        for frame in 5..run.times.len() {
            for c in 0..columns {
                let (a, b) = (run.value(frame, 0, c), run.value(frame, 1, c));
                v1 += a * a;
                v2 += b * b;
                c12 += a * b;
                count += 1.0;
            }
        }
        let s2 = sigma * sigma;
        // 18 000 nearly independent samples: a relative standard error of about 1.1 %; steps of 0.01 τ
        // bias by 0.5 %.
        for (name, found, expected) in [
            ("variance", v1 / count, s2),
            ("driven variance", v2 / count, s2 * (1.0 + w * w / 2.0)),
            ("covariance", c12 / count, s2 * w / 2.0),
        ] {
            assert!((found / expected - 1.0).abs() < 0.06, "{integrator:?} {name}: {found}, not {expected}");
        }
    }
}

#[test]
fn one_and_two_threads_give_the_same_bits() {
    fn check<T: attractorlab::numerics::kernels::Real>(network: &RateNetwork) {
        let (n, columns) = (network.units(), 150);
        let start = Mat::from_fn(n, columns, |i, c| T::from_f64(((i * c) as f64).sin()));
        let options = SimulationOptions { steps: 20, record: Record::Outputs, seed: 3, ..Default::default() };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| network.simulate(start.as_ref(), Input::Zero, &options).unwrap())
        };
        let (one, two) = (with(1), with(2));
        assert_eq!(one.frames, two.frames);
        assert!(one.final_states == two.final_states, "{} differs", T::NAME);
        assert_eq!(one.frames.len(), 21 * columns);
    }
    for form in FORMS {
        let network = full_network(33, Transfer::Tanh, form).with_noise(0.1).unwrap();
        check::<f64>(&network);
        check::<f32>(&network);
    }
}

#[test]
fn what_is_recorded_is_what_was_asked_for() {
    let network = full_network(9, Transfer::Tanh, Form::Current);
    let options = |record| SimulationOptions { steps: 10, every: 4, record, ..Default::default() };
    let all = run(&network, 3, &options(Record::States));
    let some = run(&network, 3, &options(Record::Units(vec![7, 2])));
    let outputs = run(&network, 3, &options(Record::Outputs));
    assert_eq!(all.times, [0.0, 0.4, 0.8]);
    for frame in 0..3 {
        for c in 0..3 {
            assert_eq!(some.value(frame, 0, c), all.value(frame, 7, c));
            assert_eq!(some.value(frame, 1, c), all.value(frame, 2, c));
            let state: Vec<f64> = (0..9).map(|i| all.value(frame, i, c)).collect();
            assert!((network.output(&state)[0] - outputs.value(frame, 0, c)).abs() < 1e-14);
        }
    }
    assert_eq!(all.trace(7, 1), some.trace(0, 1));
}

#[test]
fn a_flag_stops_a_simulation_and_an_exponent_between_steps() {
    let network = full_network(20, Transfer::Tanh, Form::Current);
    let start = Mat::from_fn(20, 3, |i, c| 0.1 * (i + c) as f64);
    let options = SimulationOptions { steps: 100, ..SimulationOptions::default() };
    let stop = AtomicBool::new(false);
    let whole = network.simulate_until(start.as_ref(), Input::Zero, &options, &stop).unwrap();
    let plain = network.simulate(start.as_ref(), Input::Zero, &options).unwrap();
    assert_eq!(whole.final_states, plain.final_states);
    // Set in the midst of the run, by the input: of the many steps that are asked for, no other is made.
    let latest = AtomicUsize::new(0);
    let input = |time: f64, _: usize, _: &mut [f64]| {
        latest.store((time / 0.1).round() as usize, Ordering::Relaxed);
        stop.store(time > 0.95, Ordering::Relaxed);
    };
    let options = SimulationOptions { steps: usize::MAX / 4, ..options };
    let stopped = network.simulate_until(start.as_ref(), Input::Varying(&input), &options, &stop);
    assert_eq!(stopped.unwrap_err(), SimulationError::Stopped);
    assert_eq!(latest.load(Ordering::Relaxed), 10);
    let options = LyapunovOptions::default();
    assert!(lyapunov_exponent_until(&network, &[0.1; 20], options, &stop).is_none());
}

#[test]
fn steps_too_long_are_reported_and_bad_input_refused() {
    let network = full_network(9, Transfer::Tanh, Form::Current);
    let start = Mat::from_fn(9, 2, |i, _| i as f32);
    let mut options = SimulationOptions { dt: 5.0, steps: 500, ..Default::default() };
    let run = network.simulate(start.as_ref(), Input::Zero, &options).unwrap();
    let Some(SimulationStatus::Diverged { step, time }) = run.divergence() else {
        panic!("a step of 5 with τ = 1.7 must diverge: {:?}", run.status)
    };
    assert!(step < 60 && (time - 5.0 * step as f64).abs() < 1e-9);

    let refuse = |start: &Mat<f32>, options: &SimulationOptions| {
        network.simulate(start.as_ref(), Input::Zero, options).unwrap_err()
    };
    assert_eq!(refuse(&Mat::zeros(9, 0), &options), SimulationError::EmptyBatch);
    assert_eq!(refuse(&Mat::zeros(8, 1), &options), SimulationError::Rows { units: 9, rows: 8 });
    options.dt = 0.0;
    assert_eq!(refuse(&start, &options), SimulationError::TimeStep { dt: 0.0 });
    options.dt = 0.1;
    options.every = 0;
    assert_eq!(refuse(&start, &options), SimulationError::Every);
    options.every = 1;
    options.record = Record::Units(vec![9]);
    assert_eq!(refuse(&start, &options), SimulationError::Unit { unit: 9, units: 9 });
    options.record = Record::Nothing;
    let u = Mat::zeros(1, 2);
    assert_eq!(
        network.simulate(start.as_ref(), Input::Constant(u.as_ref()), &options).unwrap_err(),
        SimulationError::Input { inputs: 2, columns: 2, found: (1, 2) }
    );
    options.integrator = Integrator::RungeKutta4;
    let noisy = network.clone().with_noise(0.5).unwrap();
    assert_eq!(
        noisy.simulate(start.as_ref(), Input::Zero, &options).unwrap_err(),
        SimulationError::NoiseWithRungeKutta { noise: 0.5 }
    );
}

#[test]
fn fixed_points_of_all_forms_are_stationary_and_consistent() {
    let options = SolverOptions::default();
    let n = 40;
    let of = |form| {
        let network = full_network(n, Transfer::Tanh, form);
        let found = fixed_point(&network.under(&[0.5, 0.5]), &vec![0.2; n], options);
        assert_eq!(found.status, Status::Converged, "{form:?}: {}", found.residual);
        (network, found.x)
    };
    let (_, x) = of(Form::Current);
    let (_, r) = of(Form::Rate);
    let (_, h) = of(Form::Map);
    // The same weights: r = φ(x) = h, if all landed in the same state (the drive is strong).
    for i in 0..n {
        assert!((x[i].tanh() - r[i]).abs() < 1e-10 && (h[i] - r[i]).abs() < 1e-10, "unit {i}");
    }
}

/// dx/dt = x − x³ + a stiff stable partner y.
struct Saddle;

impl Dynamics for Saddle {
    fn dim(&self) -> usize {
        2
    }
    fn time(&self) -> Time {
        Time::Continuous
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        out[0] = x[0] - x[0].powi(3);
        out[1] = -30.0 * (x[1] - x[0] * x[0]);
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        let rows = [[1.0 - 3.0 * x[0] * x[0], 0.0], [60.0 * x[0], -30.0]];
        Mat::from_fn(2, 2, |i, j| rows[i][j])
    }
}

#[test]
fn newton_finds_the_saddle_and_relaxation_the_stiff_attractor() {
    let newton = SolverOptions { relaxation_steps: 0, ..Default::default() };
    let saddle = fixed_point(&Saddle, &[0.2, 0.3], newton);
    assert_eq!(saddle.status, Status::Converged);
    assert!(saddle.x[0].abs() < 1e-9 && saddle.x[1].abs() < 1e-9);
    let attractor = fixed_point(&Saddle, &[0.8, 0.3], SolverOptions::default());
    assert_eq!(attractor.status, Status::Converged);
    assert!((attractor.x[0] - 1.0).abs() < 1e-9, "{:?}", attractor.x);
    let nan = fixed_point(&Saddle, &[f64::NAN, 0.0], SolverOptions::default());
    assert_eq!(nan.status, Status::NotFinite);
}

/// x' = 1 − a x² for a = 2: chaotic, with Lyapunov exponent log 2.
struct Logistic;

impl Dynamics for Logistic {
    fn dim(&self) -> usize {
        1
    }
    fn time(&self) -> Time {
        Time::Discrete
    }
    fn field(&self, x: &[f64], out: &mut [f64]) {
        // A little less than 2, or rounding would end in the fixed point.
        out[0] = 1.0 - 1.999_999_9 * x[0] * x[0];
    }
    fn jacobian(&self, x: &[f64]) -> Mat<f64> {
        Mat::from_fn(1, 1, |_, _| -2.0 * 1.999_999_9 * x[0])
    }
}

#[test]
fn lyapunov_exponents_of_known_systems() {
    let options = LyapunovOptions { transient: 100, steps: 200_000, ..Default::default() };
    let chaotic = lyapunov_exponent(&Logistic, &[0.3], options);
    assert!((chaotic.exponent - 2.0_f64.ln()).abs() < 0.01, "{}", chaotic.exponent);
    assert!(chaotic.standard_error < 0.01);
    // At a fixed point the exponent is the largest real part of the Jacobian.
    let options = LyapunovOptions { dt: 0.05, transient: 400, steps: 400, ..Default::default() };
    let at_rest = lyapunov_exponent(&Saddle, &[0.9, 0.8], options);
    assert!((at_rest.exponent + 2.0).abs() < 1e-5, "{}", at_rest.exponent);
}
