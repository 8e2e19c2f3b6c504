//! The registry: a row is added here, and nowhere else.

use attractorlab::dynamics::OutputResponse;
use attractorlab::network::{Connectivity, Transfer};
use attractorlab::numerics::gaussian::{Averages, Pair, PairAverage, Product};
use attractorlab::numerics::kernels;
use attractorlab::numerics::linalg::{Complex64, Mat};
use attractorlab::theory::feedback::{Direction, FixedPoint, Inputs, ReadoutCurve};
use attractorlab::theory::output_dynamics::{Candidates, Setting};

use crate::limits::Limit;
use crate::{Row, equilibrium, fixed_points, learning, networks, peer, row, trained};

/// Rows whose instructions are counted as a guard: short, on one thread, the same work every time.
pub(crate) const GUARDED: [&str; 12] = [
    "e1-theory",
    "average",
    "pair-average",
    "kernel-tanh-f32",
    "kernel-tanh-f64",
    "kernel-exp-f32",
    "kernel-exp-f64",
    "kernel-erf-f32",
    "kernel-erf-f64",
    "least-squares-theory",
    "stability-map-relu",
    "stability-map-tanh",
];

/// The authors leave their states after five time constants, some per cent from rest: so far the norm of their update, of two to
/// three, may be from that of ours.
const TRUNCATED: f64 = 0.3;

/// All rows, in the order in which they are measured.
pub(crate) fn all() -> Vec<Row> {
    vec![
        row(
            "e1-theory",
            "The theory figure of Mastrogiuseppe & Ostojic (2019): all fixed points, outliers and \
                 radii of 1000 targets.",
            1e-4,
            e1_theory,
        )
        .limit(Limit::Instructions("e1-theory"))
        .beside(
            peer("e1_damped_iteration.py", "numpy, damped iteration with 200-node Gauss–Hermite sums")
                .bar(3500.0),
        )
        .beside(peer("e1_table_brentq.py", "numpy and scipy, one table, target by target").bar(100.0))
        .beside(peer("e1_table.py", "numpy, one table, vectorised over targets and states: its best form")),
        row(
            "average",
            "Averages of φ², φ' and φ''' of tanh over Gaussians of 1000 standard deviations from 0.1 \
                 to 30.",
            1e-9,
            one_variable,
        )
        .limit(Limit::Instructions("average"))
        .beside(peer(
            "average_trapezoid.py",
            "numpy, trapezoid rule in z, one standard deviation after the other",
        )),
        row(
            "pair-average",
            "Averages of φ(x₁)φ(x₂) of tanh over 200 laws of two variables, standard deviations from \
                 0.5 to 4, correlations from -0.95 to 0.95.",
            1e-9,
            two_variables,
        )
        .limit(Limit::Instructions("pair-average"))
        .beside(peer("pair_average_grid.py", "numpy, trapezoid rule on a grid of two variables")),
        row("kernel-tanh-f32", "tanh of 4096 numbers from -3 to 3 in f32, 200 times.", 5e-4, || {
            networks::kernel::<f32>(kernels::tanh)
        })
        .limit(Limit::Instructions("kernel-tanh-f32"))
        .beside(peer("kernel_tanh_f32.py", "numpy, in place")),
        row("kernel-tanh-f64", "tanh of 4096 numbers from -3 to 3 in f64, 200 times.", 1e-9, || {
            networks::kernel::<f64>(kernels::tanh)
        })
        .limit(Limit::Instructions("kernel-tanh-f64"))
        .beside(peer("kernel_tanh_f64.py", "numpy, in place")),
        row("kernel-exp-f32", "exp of 4096 numbers from -3 to 3 in f32, 200 times.", 5e-4, || {
            networks::kernel::<f32>(kernels::exp)
        })
        .limit(Limit::Instructions("kernel-exp-f32"))
        .beside(peer("kernel_exp_f32.py", "numpy, in place")),
        row("kernel-exp-f64", "exp of 4096 numbers from -3 to 3 in f64, 200 times.", 1e-9, || {
            networks::kernel::<f64>(kernels::exp)
        })
        .limit(Limit::Instructions("kernel-exp-f64"))
        .beside(peer("kernel_exp_f64.py", "numpy, in place")),
        row("kernel-erf-f32", "erf of 4096 numbers from -3 to 3 in f32, 200 times.", 5e-4, || {
            networks::kernel::<f32>(kernels::erf)
        })
        .limit(Limit::Instructions("kernel-erf-f32"))
        .beside(peer("kernel_erf_f32.py", "scipy, in place")),
        row("kernel-erf-f64", "erf of 4096 numbers from -3 to 3 in f64, 200 times.", 1e-9, || {
            networks::kernel::<f64>(kernels::erf)
        })
        .limit(Limit::Instructions("kernel-erf-f64"))
        .beside(peer("kernel_erf_f64.py", "scipy, in place")),
        row(
            "simulation-f32",
            "Simulation in f32: 50 Euler steps of 100 trials of 1000 tanh units.",
            1e-3,
            networks::simulation::<f32>,
        )
        .limit(Limit::Arithmetic32(50.0 * 2.0 * 1e6 * 100.0))
        .least_share(0.75)
        .beside(peer("simulation_f32.py", "numpy, in place, the better of two memory orders").bar(1.0)),
        row(
            "simulation-f64",
            "Simulation in f64: 50 Euler steps of 100 trials of 1000 tanh units.",
            1e-9,
            networks::simulation::<f64>,
        )
        .limit(Limit::Arithmetic64(50.0 * 2.0 * 1e6 * 100.0))
        .least_share(0.75)
        .beside(peer("simulation_f64.py", "numpy, in place, the better of two memory orders").bar(1.1)),
        row("outlier", "The outlier of 1000 units with one feedback loop.", 1e-8, networks::outlier)
            // 40 products with the matrix, and one for the residual.
            .limit(Limit::Reading { bytes: 41.0 * 8e6, of: 8_000_000 })
            .beside(peer("outlier.py", "numpy, all eigenvalues (LAPACK)").bar(25.0))
            .beside(peer("outlier_arpack.py", "scipy, one eigenvalue (ARPACK)")),
        row("eigenvalues", "All eigenvalues of the same 1000 units.", 1e-8, networks::eigenvalues)
            // What the QR algorithm is reckoned at, eigenvalues alone.
            .limit(Limit::Arithmetic64(10.0 * 1e9))
            .beside(peer("eigenvalues.py", "numpy (LAPACK)").bar(1.1)),
        row(
            "least-squares-theory",
            "The theory of one true least-squares readout (g = 0.5, Sm = 1.2, SI = 0.15, A = 1.5): \
                 all fixed points and both outliers of each.",
            1e-6,
            trained::least_squares_theory,
        )
        .limit(Limit::Instructions("least-squares-theory"))
        .beside(peer(
            "least_squares_theory.py",
            "numpy, trapezoid rule on a grid of two variables, scan and bisection",
        )),
        row(
            "clamped-state",
            "The stationary state of 1000 units under a constant drive, g = 0.8, to a residual of \
                 1e-12.",
            1e-10,
            trained::clamped_state,
        )
        // A product for each of so many residuals.
        .limit(Limit::Reading { bytes: 35.0 * 8e6, of: 8_000_000 })
        .beside(peer("clamped_state.py", "numpy, plain iteration")),
        row(
            "rls-steps",
            "200 whole steps of recursive least squares with the loop closed, N = 1000, the drawing \
                 of the network included.",
            1e-6,
            trained::recursive_steps,
        )
        // The bulk once a step, and the downdates, half as many as there are steps in the mean.
        .limit(Limit::Reading { bytes: 200.0 * (8e6 + 100.0 * 8e3), of: 8_000_000 })
        .beside(peer("rls_steps_vectors.py", "numpy, the updates kept as vectors: its best form"))
        .beside(peer("rls_steps.py", "numpy, rank-one update of the whole matrix"))
        .beside(peer("rls_steps_reservoirpy.py", "ReservoirPy's RLS node, step by step").bar(10.0)),
        row("rls-many-steps", "2000 whole steps of the same, N = 500.", 1e-6, trained::many_recursive_steps)
            // The bulk once a step, and half of P read and written in all but the first steps, which take the downdates.
            .limit(Limit::Updating { bytes: 2000.0 * 2e6 + 1750.0 * 8.0 * 500.0 * 501.0, of: 3_000_000 })
            .beside(peer(
            "rls_many_steps_symmetric.py",
            "scipy's BLAS, one triangle of P updated in place: its best form",
        ))
        .beside(peer("rls_many_steps.py", "numpy, rank-one update of the whole matrix"))
            .beside(peer("rls_many_steps_reservoirpy.py", "ReservoirPy's RLS node, step by step")),
        row(
            "ridge-readout",
            "Ridge regression of two targets on 2000 states of 1000 units.",
            1e-8,
            trained::ridge,
        )
        // Half of the Gram matrix, and its factorisation, in 32 bits.
        .limit(Limit::Arithmetic32(2000.0 * 1e6 + 1e9 / 3.0))
        .beside(peer(
            "ridge_readout_mixed.py",
            "scipy, Cholesky in float32, refined in float64: its best form",
        ))
        .beside(peer("ridge_readout.py", "numpy and scipy, normal equations by Cholesky"))
        .beside(peer("ridge_readout_reservoirpy.py", "ReservoirPy's Ridge node").bar(2.0)),
        row(
            "fixed-points-gru",
            "Fixed points of a GRU of 16 units that was trained on the flip-flop, from 1024 random \
                 starts, and which of them are stable: ours finds 27 at residuals of 1e-12, Adam 26 with \
                 q < 1e-9.",
            0.0,
            fixed_points::gru,
        )
        .beside(peer("fixed_points_gru_torch.py", "PyTorch, Adam on the joint speed, float32").bar(18.0)),
        row(
            "fixed-points-256",
            "Fixed points of a map of 256 tanh units that holds three bits, from 1024 random starts, \
                 and which of them are stable.",
            0.0,
            fixed_points::three_bits,
        )
        .beside(peer("fixed_points_256_torch.py", "PyTorch, Adam on the joint speed, float32").bar(5.0)),
        row(
            "trained-outlier",
            "Outlier of one network of N = 800 that least squares trained; drawing, clamping and \
                 training come before.",
            1e-6,
            trained::outlier,
        )
        .beside(peer("trained_outlier.py", "numpy, the full spectrum (LAPACK)")),
        row(
            "stability-map-relu",
            "Poles of networks trained to two values, relu with threshold -0.5 at g = 0.8, on a 50 \
                 by 50 grid of values from -2.5 to 2.5.",
            1e-6,
            || stability_map(Transfer::Relu { threshold: -0.5 }, (-2.5, 2.5)),
        )
        .limit(Limit::Instructions("stability-map-relu"))
        .beside(peer("stability_map_relu.py", "numpy, vectorised closed forms over the grid")),
        row(
            "stability-map-tanh",
            "Poles of networks trained to two values, tanh at g = 0.8, on a 50 by 50 grid of values \
                 from 0.1 to 2.5.",
            1e-6,
            || stability_map(Transfer::Tanh, (0.1, 2.5)),
        )
        .limit(Limit::Instructions("stability-map-tanh"))
        .beside(peer(
            "stability_map_tanh_best.py",
            "numpy, Hermite series of all pairs together, to 1e-8: its best form",
        ))
        .beside(peer("stability_map_tanh.py", "numpy, trapezoid rule on a grid of two variables").bar(80.0)),
        row(
            "frequency-response",
            "Response of 800 units at 200 frequencies: one Krylov space of the feedback vector serves them all.",
            1e-9,
            frequency_response,
        )
        // A pass over the bulk for each vector of the space.
        .limit(Limit::Reading { bytes: 88.0 * 5.12e6, of: 5_120_000 })
        .beside(peer(
            "frequency_response_krylov.py",
            "numpy, one Krylov space, Hyman's method at all frequencies together: its best form",
        ))
        .beside(peer(
            "frequency_response_hessenberg.py",
            "numpy and scipy, one Hessenberg reduction, Hyman's method at all frequencies together",
        ))
        .beside(peer(
            "frequency_response_modes.py",
            "numpy, sums over modes from one eigendecomposition",
        ))
        .beside(peer("frequency_response.py", "numpy, a linear solve at each frequency")),
        row(
            "bptt-epoch",
            "One epoch of back-propagation through time in f32: 256 tanh units, 32 trials of 100 \
                 steps, forward, backward and a step of Adam.",
            1e-3,
            learning::epoch,
        )
        // Three products with the weights or of their size for each step of each trial.
        .limit(Limit::Arithmetic32(3.0 * 2.0 * 256.0 * 256.0 * 3200.0))
        .least_share(0.63)
        .beside(peer(
            "bptt_epoch.py",
            "numpy, adjoints written out, one product over all steps for the weights",
        ))
        .beside(peer("bptt_epoch_torch.py", "PyTorch, eager").bar(3.0)),
        row("bptt-epoch-1024", "The same with 1024 units.", 1e-3, learning::epoch_1024)
            .limit(Limit::Arithmetic32(3.0 * 2.0 * 1024.0 * 1024.0 * 3200.0))
            .least_share(0.63)
            .beside(peer(
                "bptt_epoch_1024.py",
                "numpy, adjoints written out, one product over all steps for the weights",
            ))
            .beside(peer("bptt_epoch_1024_torch.py", "PyTorch, eager").bar(1.7)),
        row(
            "linear-gradient",
            "100 steps of the gradient (rule 1) on a linear network of 200 units, 100 samples.",
            1e-8,
            equilibrium::gradient,
        )
        // A factorisation and, of two solves and a product, all but a triangle that meets zeros, a step.
        .limit(Limit::Arithmetic64(100.0 * (2.0 / 3.0 * 8e6 + 24e6 - 3e6)))
        .beside(peer("equilibrium_gradient.py", "numpy and scipy, one factorisation a step").bar(1.5))
        .beside(
            peer(
                "equilibrium_gradient_authors.py",
                "numpy, the authors' operations: three inverses a step, one of the identity",
            )
            .bar(6.0),
        ),
        row(
            "linear-reparameterised",
            "A learning curve of 1000 steps of rule 2 on the same network, from one \
                 eigendecomposition.",
            1e-8,
            equilibrium::reparameterised,
        )
        .beside(
            peer(
                "equilibrium_reparameterised_modes.py",
                "numpy, closed form from one eigendecomposition: its best form",
            )
            .bar(1.0),
        )
        .beside(peer("equilibrium_reparameterised.py", "numpy, the responses stepped without inverses"))
        .beside(
            peer(
                "equilibrium_reparameterised_authors.py",
                "numpy, the authors' operations: three inverses a step",
            )
            .bar(100.0),
        ),
        // Products shrink with the columns that have vanished.
        row(
            "linear-linearised",
            "A learning curve of 1000 steps of rule 3 on the same network, by its recursion of \
                 100×100 matrices in the eigenbasis of the inputs, the loss at every fifth step.",
            1e-8,
            equilibrium::linearised,
        )
        .beside(
            peer(
                "equilibrium_linearised_recursion.py",
                "numpy and scipy, the same recursion without the columns that have vanished: its best form",
            )
            .bar(5.0),
        )
        .beside(peer("equilibrium_linearised.py", "numpy, four products a step, a solve for each loss"))
        .beside(
            peer(
                "equilibrium_linearised_authors.py",
                "numpy, the authors' operations: the loss at every step, from two inverses",
            )
            .bar(60.0),
        ),
        row(
            "equilibrium-step-linearised",
            "One step of rule 3 in f32: states of 512 inputs to 300 tanh units to a residual of \
                 1e-5, the update. Nobody tests whether the states are stable.",
            1e-3,
            equilibrium::linearised_step,
        )
        .beside(
            peer("equilibrium_linearised_step.py", "numpy, batched plain iteration").bar_on_all_cores(2.0),
        )
        .beside(
            peer(
                "equilibrium_linearised_step_authors_torch.py",
                "PyTorch, the authors' operations, stopped early",
            )
            .bar_on_all_cores(90.0)
            .within(TRUNCATED),
        ),
        row(
            "equilibrium-step-gradient",
            "The same with rule 1: adjoint states to a relative residual of 1e-5.",
            1e-3,
            equilibrium::gradient_step,
        )
        .beside(peer("equilibrium_gradient_step.py", "numpy, batched plain iteration").bar_on_all_cores(1.6))
        .beside(
            peer(
                "equilibrium_gradient_step_authors_torch.py",
                "PyTorch, the authors' operations, stopped early",
            )
            .bar_on_all_cores(60.0)
            .within(TRUNCATED),
        ),
        row(
            "equilibrium-step-linearised-tested",
            "The step of rule 3 as a training makes it: each of the 512 states is tested for \
                 stability too, which numpy does not do.",
            1e-3,
            equilibrium::tested_linearised_step,
        )
        .beside(peer("equilibrium_linearised_step.py", "numpy, batched plain iteration, no stability")),
        row(
            "equilibrium-step-gradient-tested",
            "The same with rule 1.",
            1e-3,
            equilibrium::tested_gradient_step,
        )
        .beside(peer("equilibrium_gradient_step.py", "numpy, batched plain iteration, no stability")),
        row(
            "equilibrium-step-truncated",
            "One step of rule 3 in f32 as the authors make it: states of the same 512 inputs after \
                 500 Euler steps, the update.",
            1e-3,
            equilibrium::truncated_step,
        )
        // A product for each Euler step.
        .limit(Limit::Arithmetic32(500.0 * 2.0 * 9e4 * 512.0))
        .beside(peer(
            "equilibrium_truncated_step.py",
            "numpy, the authors' operations: the update sample by sample",
        )),
    ]
}

/// `n` numbers from `low` to `high`.
fn line(low: f64, high: f64, n: u32) -> impl Iterator<Item = f64> {
    (0..n).map(move |i| low + (high - low) * f64::from(i) / f64::from(n - 1))
}

fn one_variable() -> Vec<(&'static str, f64)> {
    let products = [Product::VALUE * Product::VALUE, Product::FIRST, Product::THIRD];
    let names = ["sum of phi^2", "sum of phi'", "sum of phi'''"];
    let mut sums = [0.0; 3];
    // These averages exist, and zeros would not agree with anybody.
    if let Ok(averages) = Averages::new(Transfer::Tanh, &products) {
        let mut values = [0.0; 3];
        for sd in line(0.1, 30.0, 1000) {
            averages.at(0.0, sd, &mut values);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
        }
    }
    names.into_iter().zip(sums).collect()
}

fn two_variables() -> Vec<(&'static str, f64)> {
    let average = PairAverage::new(Transfer::Tanh, Product::VALUE, Product::VALUE);
    let laws = line(0.5, 4.0, 200).zip(line(-0.95, 0.95, 200));
    let values: Vec<f64> = laws
        .map(|(sd, correlation)| {
            let pair = Pair { mean: [0.0; 2], sd: [sd, 4.5 - sd], correlation };
            average.as_ref().map_or(f64::NAN, |average| average.at(pair))
        })
        .collect();
    vec![("sum", values.iter().sum()), ("first", values[0]), ("last", values[199])]
}

fn stability_map(transfer: Transfer, (low, high): (f64, f64)) -> Vec<(&'static str, f64)> {
    let values: Vec<f64> = line(low, high, 50).collect();
    let map = Candidates::new(&Setting::scalar(transfer, 0.8, &values)).and_then(|values| values.pairs());
    let (mut both, mut sum) = (0.0, 0.0);
    for (i, j) in (0..50).flat_map(|i| (0..50).map(move |j| (i, j))).filter(|(i, j)| i != j) {
        let Ok(map) = &map else { return vec![("pairs held", f64::NAN)] };
        both += f64::from(u8::from(map.held(i, j)));
        sum += map.leading[(i, j)].re;
    }
    vec![("pairs held", both), ("sum of leading poles at the first value", sum)]
}

fn frequency_response() -> Vec<(&'static str, f64)> {
    // A matrix that every language makes alike.
    const UNITS: usize = 800;
    let entry = |i: usize, j: usize| {
        let x = ((i * 37 + j * 101) as f64 * 12.9898).sin() * 43.7585;
        0.8 * (x - x.floor() - 0.5) * (12.0 / UNITS as f64).sqrt()
    };
    let bulk = Mat::from_fn(UNITS, UNITS, entry);
    let m: Vec<f64> = (0..UNITS).map(|i| (i as f64).cos()).collect();
    let n: Vec<f64> = (0..UNITS).map(|i| (0.5 * i as f64).sin()).collect();
    let frequencies: Vec<Complex64> = (0..200).map(|k| Complex64::new(0.0, 0.05 * f64::from(k))).collect();
    let gains = Connectivity::new(bulk)
        .and_then(|bulk| bulk.with_feedback(m, n))
        .ok()
        .and_then(|connectivity| OutputResponse::new(&connectivity, &[1.0; UNITS]).ok())
        .and_then(|response| response.open_loop(&frequencies).ok());
    let sum = |part: fn(&Complex64) -> f64| {
        gains.as_ref().map_or(f64::NAN, |gains| gains.iter().map(|g| part(&g[(0, 0)])).sum())
    };
    vec![("sum of real parts", sum(|g| g.re)), ("sum of imaginary parts", sum(|g| g.im))]
}

/// Targets that are not counted, as in `bench/peers/e1.py`: (centre, half-width).
const WINDOWS: [(f64, f64); 3] = [(-0.231757, 0.04), (-0.737977, 0.08), (1.440101, 0.02)];

fn e1_theory() -> Vec<(&'static str, f64)> {
    let inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
    let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
    let targets: Vec<f64> = (0..1000).map(|i| -2.0 + 4.0 * f64::from(i) / 999.0).collect();
    // A target that cannot be realised has no states, and the checks below would say so.
    let points: Vec<Vec<FixedPoint>> = match ReadoutCurve::new(Transfer::Tanh, inputs, direction) {
        Ok(curve) => curve
            .sweep(&targets)
            .into_iter()
            .map(|states| states.map(|states| states.fixed_points).unwrap_or_default())
            .collect(),
        Err(_) => vec![Vec::new(); targets.len()],
    };
    let clear = |target: f64| WINDOWS.iter().all(|(centre, width)| (target - centre).abs() > *width);
    let counted = targets.iter().zip(&points).filter(|(target, _)| clear(**target));
    let at = |target: usize, state: usize, value: fn(&FixedPoint) -> f64| {
        points[target].get(state).map_or(f64::NAN, value)
    };
    vec![
        ("number of fixed points", counted.map(|(_, states)| states.len()).sum::<usize>() as f64),
        ("lowest z at target 125", at(125, 0, |state| state.z)),
        ("middle z at target 125", at(125, 1, |state| state.z)),
        ("outlier of the middle at target 125", at(125, 1, |state| state.outliers[0].re)),
        ("outlier at target 749", at(749, 0, |state| state.outliers[0].re)),
        ("radius at target 749", at(749, 0, |state| state.radius)),
        ("lowest z at target 900", at(900, 0, |state| state.z)),
    ]
}
