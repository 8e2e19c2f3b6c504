//! The fixed-point layer and training on it: properties, bad input, files.

use std::path::Path;
use std::sync::Arc;

use attractorlab::dynamics::{
    AdjointOptions, Columns, EquilibriumError, EquilibriumOptions, EquilibriumStatus, FixedPointLayer,
    StabilityTest,
};
use attractorlab::network::{Bulk, Transfer};
use attractorlab::numerics::kernels::Real;
use attractorlab::numerics::linalg::{Mat, eigenvalues};
use attractorlab::numerics::random::Stream;
use attractorlab::task::images::{ImageData, ImageError, Images};
use attractorlab::training::OptimiserRule;
use attractorlab::training::equilibrium::linear::{LinearRule, LinearTask, LinearWeights};
use attractorlab::training::equilibrium::{
    Batch, Batches, CheckpointError, Evaluation, ForwardPass, ImageClassification, ImplicitGradient,
    LearningError, LearningTask, Linearised, Loss, MeanSquaredError, MissingStates, Rule, Split, StepStatus,
    Trainer, TrainerOptions, rule_by_name,
};
use proptest::prelude::*;

fn weights(n: usize, g: f64, seed: u64) -> Mat<f64> {
    Bulk::Gaussian { g }.draw(n, &mut Stream::new(seed, "test: weights", 0)).unwrap()
}

fn normal<T: Real>(n: usize, m: usize, sd: f64, seed: u64) -> Columns<T> {
    let mut stream = Stream::new(seed, "test: batch", 0);
    Columns::from_fn(n, m, |_, _| T::from_f64(sd * stream.normal()))
}

fn narrow(matrix: &Mat<f64>) -> Mat<f32> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)] as f32)
}

/// Largest Re λ of diag(gains) W.
fn growth(w: &Mat<f64>, gains: &[f64]) -> f64 {
    let effective = Mat::from_fn(w.nrows(), w.ncols(), |i, j| gains[i] * w[(i, j)]);
    eigenvalues(effective.as_ref()).unwrap().iter().map(|v| v.re).fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn solved_columns_solve_their_equation_and_are_judged_as_their_spectra_say() {
    let mut seen = [0, 0];
    for (seed, g) in [(1, 0.5), (2, 0.9), (3, 1.3), (4, 1.8), (5, 2.5)] {
        for transfer in [Transfer::Tanh, Transfer::Relu { threshold: 0.0 }, Transfer::Logistic, Transfer::Erf]
        {
            let (n, m) = (40, 30);
            let w = weights(n, g, seed);
            let layer = FixedPointLayer::new(w.clone(), transfer).unwrap();
            let drive = normal(n, m, 0.3, seed);
            for test in [StabilityTest::Growth, StabilityTest::Exact, StabilityTest::Spectrum] {
                let options = EquilibriumOptions { stability: test, ..EquilibriumOptions::default() };
                let found = layer.solve(&drive, None, &options).unwrap();
                for c in 0..m {
                    if !found.status[c].is_fixed_point() {
                        continue;
                    }
                    let mut input = vec![0.0; n];
                    for i in 0..n {
                        input[i] = drive.column(c)[i]
                            + (0..n).map(|j| w[(i, j)] * found.rates.column(c)[j]).sum::<f64>();
                        let error = (transfer.value(input[i]) - found.rates.column(c)[i]).abs();
                        assert!(error < 3e-12, "{transfer:?} g = {g}: residual {error:e}");
                    }
                    let growth = growth(&w, found.gains.column(c));
                    match found.status[c] {
                        EquilibriumStatus::Stable => assert!(growth < 1.0, "{transfer:?} {test:?}: {growth}"),
                        EquilibriumStatus::Unstable => {
                            assert!(growth > 1.0, "{transfer:?} {test:?}: {growth}");
                        }
                        _ => assert_eq!(test, StabilityTest::Growth, "only growth leaves a column undecided"),
                    }
                    seen[usize::from(growth > 1.0)] += 1;
                    if test == StabilityTest::Spectrum {
                        assert!((found.growth[c].unwrap() - growth).abs() < 1e-9);
                    }
                }
            }
        }
    }
    assert!(seen[0] > 100 && seen[1] > 20, "stable and unstable states: {seen:?}");
}

#[test]
fn a_perturbation_that_misses_the_one_unstable_mode_does_not_make_it_stable() {
    // W = m nᵀ with eigenvalue λ = n·m just above one: all other modes die out at once, and a perturbation with a
    // small part along n, one in ten thousand, would pass for dead before λ shows.
    let (n, networks) = (20, 30_000);
    let mut stream = Stream::new(1, "rank-one", 0);
    let one = Columns::<f64>::zeros(n, 1);
    let options = EquilibriumOptions { stability: StabilityTest::Growth, ..EquilibriumOptions::default() };
    for _ in 0..networks {
        let (m, v) = (stream.normals(n), stream.normals(n));
        let overlap: f64 = m.iter().zip(&v).map(|(m, v)| m * v).sum();
        if overlap.abs() < 0.5 {
            continue;
        }
        let lambda = 1.02 + 0.03 * stream.uniform();
        let w = Mat::from_fn(n, n, |i, j| lambda / overlap * m[i] * v[j]);
        let found = FixedPointLayer::new(w, Transfer::Tanh).unwrap().solve(&one, None, &options).unwrap();
        assert_ne!(found.status[0], EquilibriumStatus::Stable, "eigenvalue {lambda}");
    }
}

#[test]
fn large_negative_eigenvalues_and_saturation_are_ordinary() {
    let n = 50;
    let mut w = weights(n, 0.5, 7);
    // A direction with eigenvalue −30: a fixed step of one half would diverge, the dynamics is stable.
    for j in 0..n {
        for i in 0..n {
            w[(i, j)] -= 30.0 / n as f64;
        }
    }
    let drive = normal::<f64>(n, 40, 2.0, 7);
    for (scale, transfer) in
        [(1.0, Transfer::Tanh), (20.0, Transfer::Tanh), (1.0, Transfer::Relu { threshold: 0.0 })]
    {
        let drive = Columns::from_fn(n, 40, |i, c| scale * drive.column(c)[i]);
        let layer = FixedPointLayer::new(w.clone(), transfer).unwrap();
        let found = layer.solve(&drive, None, &EquilibriumOptions::default()).unwrap();
        assert_eq!(found.count(EquilibriumStatus::Stable), 40, "{transfer:?} × {scale}: {:?}", found.status);
        let adjoint = layer.adjoint(&found.gains, &drive, &AdjointOptions::of::<f64>()).unwrap();
        assert!(adjoint.residuals.iter().all(|r| *r < 1e-11), "{:?}", adjoint.residuals);
        // Gains of silent units are zero, whatever the iteration leaves in their rates.
        if transfer != Transfer::Tanh {
            assert!(found.gains.values().iter().all(|g| *g == 0.0 || *g == 1.0));
        }
    }
}

/// Columns `first..first + count` of a batch.
fn part<T: Real>(batch: &Columns<T>, first: usize, count: usize) -> Columns<T> {
    Columns::from_fn(batch.rows(), count, |i, c| batch.column(first + c)[i])
}

#[test]
fn large_batches_find_what_small_ones_find_in_fewer_sweeps() {
    // Contracting networks, so that states are unique, with outliers far to the left; small batches are iterated, large
    // ones solved by chords.
    let (n, m, few) = (60, 256, 16);
    for (k, transfer) in [
        Transfer::Tanh,
        Transfer::Relu { threshold: 0.2 },
        Transfer::Logistic,
        Transfer::Softplus,
        Transfer::Erf,
    ]
    .into_iter()
    .enumerate()
    {
        for outlier in [0.0, -2.0, -20.0] {
            let mut w = weights(n, 0.6, k as u64);
            for j in 0..n {
                for i in 0..n {
                    w[(i, j)] += outlier / n as f64;
                }
            }
            let layer = FixedPointLayer::new(w.clone(), transfer).unwrap();
            let drive = normal::<f64>(n, m, 1.5, k as u64);
            let options = EquilibriumOptions::of::<f64>();
            let all = layer.solve(&drive, None, &options).unwrap();
            assert_eq!(all.count(EquilibriumStatus::Stable), m, "{transfer:?} {outlier}: {:?}", all.status);
            assert!(all.residuals.iter().all(|r| *r <= 1e-12));
            let warm = layer.solve(&drive, Some(&all.rates), &options).unwrap();
            assert!(warm.sweeps <= 2, "from its solution: {} sweeps", warm.sweeps);
            let delta = normal::<f64>(n, m, 1.0, 50 + k as u64);
            let adjoint = layer.adjoint(&all.gains, &delta, &AdjointOptions::of::<f64>()).unwrap();
            assert!(adjoint.residuals.iter().all(|r| *r <= 1e-12) && adjoint.factorised == 0);
            let mut slow = 0;
            for first in (0..m).step_by(few) {
                let here = layer.solve(&part(&drive, first, few), None, &options).unwrap();
                slow = slow.max(here.sweeps);
                let gains = part(&all.gains, first, few);
                let back =
                    layer.adjoint(&gains, &part(&delta, first, few), &AdjointOptions::of::<f64>()).unwrap();
                for c in 0..few {
                    let pairs = here.rates.column(c).iter().zip(all.rates.column(first + c));
                    assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-10), "{transfer:?} {outlier}");
                    let pairs = back.values.column(c).iter().zip(adjoint.values.column(first + c));
                    assert!(
                        pairs.clone().all(|(a, b)| (a - b).abs() < 1e-9),
                        "adjoint, {transfer:?} {outlier}"
                    );
                }
            }
            // Gains of zero or one, times twenty, are far from their mean: there some columns fall back to iteration.
            let scattered = matches!(transfer, Transfer::Relu { .. }) && outlier == -20.0;
            assert!(
                scattered || all.sweeps < slow,
                "{transfer:?} {outlier}: {} sweeps against {slow}",
                all.sweeps
            );
        }
    }
}

#[test]
fn what_chords_cannot_solve_is_left_to_iteration() {
    // 1 − H̄W is singular at the mean gain of a linear network with an eigenvalue of exactly one along one unit, and the
    // equation has no solution unless that unit has no input.
    let (n, m) = (20, 100);
    let w = Mat::from_fn(n, n, |i, j| if i == j && i == 0 { 1.0 } else { 0.0 });
    let layer = FixedPointLayer::new(w, Transfer::Linear).unwrap();
    let drive = normal::<f64>(n, m, 1.0, 9);
    let drive = Columns::from_fn(n, m, |i, c| if i == 0 && c < 50 { 0.0 } else { drive.column(c)[i] });
    let found = layer.solve(&drive, None, &EquilibriumOptions::of::<f64>()).unwrap();
    assert!(found.status[..50].iter().all(|s| s.is_fixed_point()), "{:?}", found.status);
    assert!(found.status[50..].iter().all(|s| !s.is_fixed_point()), "{:?}", found.status);
    // Strongly chaotic networks have fixed points that no chord leads to, and columns without a stable one.
    let layer = FixedPointLayer::new(weights(n, 3.0, 11), Transfer::Tanh).unwrap();
    let found = layer.solve(&normal::<f64>(n, m, 1.0, 12), None, &EquilibriumOptions::of::<f64>()).unwrap();
    for (status, residual) in found.status.iter().zip(&found.residuals) {
        assert!(!status.is_fixed_point() || *residual <= 1e-12, "{status:?} {residual:e}");
    }
    assert!(found.count(EquilibriumStatus::Stable) > 0);
}

#[test]
fn beyond_the_reach_of_iteration_lu_solves_the_adjoint() {
    // A linear network with eigenvalues beyond one: the adjoint iteration cannot converge without mixing.
    let (n, m) = (20, 8);
    let w = weights(n, 1.6, 3);
    let layer = FixedPointLayer::new(w.clone(), Transfer::Linear).unwrap();
    let (gains, delta) = (Columns::from_fn(n, m, |_, _| 1.0), normal(n, m, 1.0, 3));
    let options = AdjointOptions { mixing: 0, ..AdjointOptions::of::<f64>() };
    let adjoint = layer.adjoint(&gains, &delta, &options).unwrap();
    assert_eq!(adjoint.factorised, m);
    for c in 0..m {
        for i in 0..n {
            let fed: f64 = (0..n).map(|j| w[(j, i)] * adjoint.values.column(c)[j]).sum();
            let error = delta.column(c)[i] + fed - adjoint.values.column(c)[i];
            assert!(error.abs() < 1e-10);
        }
    }
}

#[test]
fn an_unstable_branch_is_left_for_the_state_where_the_dynamics_rests() {
    // One unit with weight 2: r = 0 is unstable, and a small input decides between the two stable states.
    let layer = FixedPointLayer::new(Mat::from_fn(1, 1, |_, _| 2.0), Transfer::Tanh).unwrap();
    let drive: Columns<f64> = Columns::from_fn(1, 3, |_, c| [1e-3, -1e-3, 0.0][c]);
    let found = layer.solve(&drive, None, &EquilibriumOptions::default()).unwrap();
    assert!(
        (found.rates.column(0)[0] - 0.9575).abs() < 1e-3 && (found.rates.column(1)[0] + 0.9575).abs() < 1e-3
    );
    // Exactly at the origin nothing moves.
    assert_eq!(found.status[2], EquilibriumStatus::Unstable);
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let (n, m) = (60, 150);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let drive = normal::<f32>(n, m, 1.0, 4);
            let loss = MeanSquaredError::of_rates(normal::<f32>(n, m, 0.3, 5));
            let mut bits = Vec::new();
            for (name, truncated) in [
                ("gradient", false),
                ("linearised", false),
                ("linearised-variant", false),
                ("unrolled", true),
            ] {
                let pass = if truncated {
                    ForwardPass::Truncated { dt: 0.1, steps: 30 }
                } else {
                    ForwardPass::converged::<f32>()
                };
                let options = TrainerOptions { pass, ..TrainerOptions::plain::<f32>(0.05) };
                let start = narrow(&weights(n, 0.9, 6));
                let rule = rule_by_name(name).unwrap();
                let mut trainer = Trainer::new(start.as_ref(), Transfer::Tanh, rule, options).unwrap();
                for _ in 0..3 {
                    trainer.step(&drive, &loss).unwrap();
                }
                let w = trainer.weights();
                bits.extend((0..n).flat_map(|j| (0..n).map(move |i| w[(i, j)].to_bits())));
            }
            bits
        })
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn a_long_unrolling_is_the_implicit_gradient() {
    let (n, m) = (15, 5);
    let layer = FixedPointLayer::new(weights(n, 0.7, 8), Transfer::Tanh).unwrap();
    let drive = normal(n, m, 1.0, 8);
    let loss = MeanSquaredError::of_rates(normal(n, m, 0.4, 9));
    let increment = |rule: &str, pass: ForwardPass| {
        let here = Evaluation::new(&layer, &drive, None, &loss, &pass, MissingStates::LeaveOut).unwrap();
        let rule = rule_by_name::<f64>(rule).unwrap();
        rule.update(&Batch::of(&layer, &drive, &here, &loss, &pass), 1.0).unwrap().increment
    };
    let implicit = increment("gradient", ForwardPass::converged::<f64>());
    let unrolled = increment("unrolled", ForwardPass::Truncated { dt: 0.5, steps: 400 });
    let error =
        implicit.values().iter().zip(unrolled.values()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    // States and adjoint states are solved to 1e-12, and amplified by 1/(1 − 0.7).
    assert!(error < 1e-10, "{error:e}");
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let layer = FixedPointLayer::new(weights(5, 0.5, 1), Transfer::Tanh).unwrap();
    let drive = normal::<f64>(5, 3, 1.0, 1);
    let refused =
        |result: Result<_, EquilibriumError>| result.map(|_: attractorlab::dynamics::Equilibria<f64>| ());
    let options = EquilibriumOptions::default();
    assert!(matches!(
        refused(layer.solve(&normal(4, 3, 1.0, 1), None, &options)),
        Err(EquilibriumError::Shape { .. })
    ));
    assert_eq!(
        refused(layer.solve(&Columns::zeros(5, 0), None, &options)),
        Err(EquilibriumError::EmptyBatch)
    );
    let mut broken = drive.clone();
    broken.column_mut(2)[1] = f64::NAN;
    let error = refused(layer.solve(&broken, None, &options)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the batch of inputs has an entry that is not finite, in row 1 of column 2"
    );
    for bad in [
        EquilibriumOptions { tolerance: 0.0, ..options },
        EquilibriumOptions { sweeps: 0, ..options },
        EquilibriumOptions { mixing: 9, ..options },
    ] {
        assert!(matches!(refused(layer.solve(&drive, None, &bad)), Err(EquilibriumError::Option { .. })));
    }
    assert!(refused(layer.euler(&drive, None, -0.1, 5)).is_err());
    assert!(FixedPointLayer::new(Mat::<f64>::zeros(2, 3), Transfer::Tanh).is_err());
    assert!(Batches::new(10, 11, 0).is_err() && Batches::new(10, 0, 0).is_err());
    let loss = MeanSquaredError::of_rates(normal::<f64>(5, 4, 1.0, 1));
    let pass = ForwardPass::converged::<f64>();
    let mismatch = Evaluation::new(&layer, &drive, None, &loss, &pass, MissingStates::LeaveOut);
    assert!(matches!(mismatch, Err(LearningError::Size { .. })));
}

#[test]
fn columns_without_a_stable_state_follow_the_policy() {
    // Two uncoupled units, one linear network: the second is unstable, so that every column is.
    let w = Mat::from_fn(2, 2, |i, j| if i == j { [0.5, 3.0][i] } else { 0.0 });
    let drive = normal::<f64>(2, 4, 1.0, 1);
    let loss = MeanSquaredError::of_rates(Columns::zeros(2, 4));
    for (missing, status) in [
        (MissingStates::LeaveOut, StepStatus::NoStates),
        (MissingStates::UseLast, StepStatus::Updated),
        (MissingStates::Stop, StepStatus::Stopped),
    ] {
        let options = TrainerOptions { missing, ..TrainerOptions::plain::<f64>(0.01) };
        let rule = rule_by_name("gradient").unwrap();
        let mut trainer = Trainer::new(w.as_ref(), Transfer::Linear, rule, options).unwrap();
        let record = trainer.step(&drive, &loss).unwrap();
        assert_eq!((record.status, record.unstable), (status, 4), "{missing:?}");
        let moved = (0..2).any(|i| (0..2).any(|j| trainer.weights()[(i, j)] != w[(i, j)]));
        assert_eq!(moved, status == StepStatus::Updated);
    }
}

#[test]
fn weights_that_would_not_be_finite_are_not_taken() {
    let (n, m) = (10, 4);
    let start = weights(n, 0.5, 2);
    let drive = normal::<f64>(n, m, 1.0, 2);
    let loss = MeanSquaredError::of_rates(normal::<f64>(n, m, 1.0, 3));
    let mut trainer = Trainer::new(
        start.as_ref(),
        Transfer::Tanh,
        rule_by_name("linearised").unwrap(),
        TrainerOptions::plain::<f64>(1e308),
    )
    .unwrap();
    let mut last = StepStatus::Updated;
    for _ in 0..5 {
        last = trainer.step(&drive, &loss).unwrap().status;
    }
    assert_ne!(last, StepStatus::Updated);
    assert!((0..n).all(|j| trainer.weights().col(j).iter().all(|w| w.is_finite())));
}

#[test]
fn a_run_that_is_continued_has_the_bits_of_an_uninterrupted_one() {
    let data = Arc::new(ImageData::digits(1).unwrap());
    let task = ImageClassification::<f32>::draw(data, 30, 0.7, 1).unwrap();
    let batches = Batches::new(task.samples(Split::Train), 64, 1).unwrap();
    let start = narrow(&weights(30, 0.5, 1));
    let begin = || {
        let mut options = TrainerOptions::deep_equilibrium::<f32>(0.01);
        options.warm_start = true;
        Trainer::new(start.as_ref(), Transfer::Tanh, rule_by_name("gradient").unwrap(), options).unwrap()
    };
    let run = |trainer: &mut Trainer<f32>, steps: u64| {
        while trainer.steps() < steps {
            let (drive, loss) = task.batch(Split::Train, &batches.indices(trainer.steps())).unwrap();
            trainer.step(&drive, loss.as_ref()).unwrap();
        }
    };
    let (mut whole, mut first, mut second) = (begin(), begin(), begin());
    run(&mut whole, 12);
    run(&mut first, 5);
    let folder = std::env::temp_dir().join(format!("attractorlab-equilibrium-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("run.safetensors");
    first.write_checkpoint(&path, "a", Vec::new()).unwrap();
    assert!(matches!(second.read_checkpoint(&path, "b"), Err(CheckpointError::Configuration { .. })));
    assert_eq!(second.steps(), 0);
    // Weights that are trained in another way are another run, whatever it is called.
    let plain = TrainerOptions::plain::<f32>(0.01);
    let warm = TrainerOptions { warm_start: true, ..TrainerOptions::deep_equilibrium::<f32>(0.01) };
    let faster = TrainerOptions { warm_start: true, ..TrainerOptions::deep_equilibrium::<f32>(0.02) };
    for (rule, transfer, options) in [
        ("linearised", Transfer::Tanh, warm),
        ("gradient", Transfer::Relu { threshold: 0.0 }, warm),
        ("gradient", Transfer::Tanh, faster),
        ("gradient", Transfer::Tanh, plain),
    ] {
        let rule = rule_by_name(rule).unwrap();
        let mut other = Trainer::new(start.as_ref(), transfer, rule, options).unwrap();
        let error = other.read_checkpoint(&path, "a").unwrap_err();
        assert!(matches!(error, CheckpointError::Training { .. }), "{error}");
        assert_eq!(other.steps(), 0);
    }
    second.read_checkpoint(&path, "a").unwrap();
    run(&mut second, 12);
    assert_eq!(whole.state().0, second.state().0);
    assert_eq!(whole.state().1, second.state().1);
    // Cut short, the file is refused, and the trainer stays as it was.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(second.read_checkpoint(&path, "a"), Err(CheckpointError::File(_))));
    assert_eq!(second.steps(), 12);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// An IDX file.
fn idx(magic: u32, sizes: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = magic.to_be_bytes().to_vec();
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(values);
    bytes
}

#[test]
fn idx_files_are_read_plain_and_broken_ones_refused() {
    let folder = std::env::temp_dir().join(format!("attractorlab-idx-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name);
    let pixels: Vec<u8> = (0..12).collect();
    let (images, labels) = (path("images"), path("labels"));
    let write = |images_file: &[u8], labels_file: &[u8]| {
        std::fs::write(&images, images_file).unwrap();
        std::fs::write(&labels, labels_file).unwrap();
        Images::read(&images, &labels)
    };
    let (good, named) = (idx(0x803, &[3, 2, 2], &pixels), idx(0x801, &[3], &[0, 9, 4]));
    let read = write(&good, &named).unwrap();
    assert_eq!((read.count(), read.size(), read.label(1)), (3, (2, 2), 9));
    assert_eq!(read.pixels(2), [8, 9, 10, 11]);
    let words = |result: Result<Images, ImageError>| result.unwrap_err().to_string();
    assert!(words(write(&good[..20], &named)).contains("promises"));
    assert!(words(write(&good[..7], &named)).contains("header"));
    assert!(words(write(&named, &named)).contains("file of labels"));
    assert!(words(write(&good, &good)).contains("file of images"));
    assert!(words(write(&good, &idx(0x801, &[2], &[0, 1]))).contains("2 labels"));
    assert!(words(write(&good, &idx(0x801, &[3], &[0, 10, 1]))).contains("label 10 of image 1"));
    // Sizes whose product overflows.
    assert!(words(write(&idx(0x803, &[u32::MAX, u32::MAX, u32::MAX], &pixels), &named)).contains("promises"));
    assert!(words(write(&[0x1f, 0x8b, 8, 0, 1], &named)).contains("gzip"));
    assert!(matches!(ImageData::read_folder(&folder), Err(ImageError::Missing { .. })));
    assert!(matches!(Images::read(Path::new("/nowhere"), &labels), Err(ImageError::Io { .. })));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn splits_are_disjoint_and_follow_their_seed() {
    let images = Images::digits();
    let split = |seed| ImageData::split(&images, 360, seed).unwrap();
    let data = split(3);
    assert_eq!((data.train.count(), data.test.count()), (1437, 360));
    assert_eq!(data, split(3));
    assert_ne!(data, split(4));
    let ink = |images: &Images| -> u64 {
        (0..images.count()).flat_map(|i| images.pixels(i)).map(|p| u64::from(*p)).sum()
    };
    assert_eq!(ink(&data.train) + ink(&data.test), ink(&images));
    assert!(ImageData::split(&images, 1797, 0).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// For one sample rules 3 and 4 go downhill: ⟨dJ/dW, ΔW⟩ < 0.
    #[test]
    fn one_sample_is_descended(seed in 0_u64..1000, g in 0.1_f64..0.9) {
        let layer = FixedPointLayer::new(weights(12, g, seed), Transfer::Tanh).unwrap();
        let drive = normal(12, 1, 1.0, seed);
        let loss = MeanSquaredError::of_rates(normal(12, 1, 0.5, seed + 1));
        let pass = ForwardPass::converged::<f64>();
        let here = Evaluation::new(&layer, &drive, None, &loss, &pass, MissingStates::LeaveOut).unwrap();
        let batch = Batch::of(&layer, &drive, &here, &loss, &pass);
        let gradient = ImplicitGradient { adjoint: AdjointOptions::of::<f64>() }.update(&batch, 1.0).unwrap();
        for name in ["linearised", "linearised-variant"] {
            let update = rule_by_name::<f64>(name).unwrap().update(&batch, 1.0).unwrap();
            let product: f64 =
                gradient.increment.values().iter().zip(update.increment.values()).map(|(a, b)| a * b).sum();
            prop_assert!(product > 0.0, "{name}: {product}");
        }
    }

    /// ⟨dJ/dW, ΔW₃⟩ = −η |dJ/dA|² for linear networks.
    #[test]
    fn the_descent_of_rule_3_is_the_square_of_the_gradient_in_a(seed in 0_u64..1000, m in 1_usize..12) {
        let (x, y) = (normal::<f64>(8, m, 0.5, seed).to_f64(), normal::<f64>(8, m, 0.5, seed + 1).to_f64());
        let task = LinearTask::new(x.clone(), y.clone()).unwrap();
        let w = weights(8, 0.6, seed);
        let a = attractorlab::numerics::linalg::Lu::from_matrix(Mat::<f64>::identity(8, 8) - &w).unwrap().inverse();
        let in_a = (&a * &x - &y) * x.transpose() * (2.0 / m as f64);
        let weights = LinearWeights::new(&task, w).unwrap();
        let (first, _) = weights.increment(LinearRule::Gradient, 1.0).unwrap();
        let (third, _) = weights.increment(LinearRule::Linearised, 1.0).unwrap();
        let product: f64 = (0..8).map(|j| (0..8).map(|i| first[(i, j)] * third[(i, j)]).sum::<f64>()).sum();
        let square = in_a.norm_l2().powi(2);
        prop_assert!((product - square).abs() <= 1e-9 * square);
    }

    /// Relabelling the units relabels the update.
    #[test]
    fn units_can_be_relabelled(seed in 0_u64..1000) {
        let n = 10;
        let w = weights(n, 0.7, seed);
        let (drive, targets) = (normal::<f64>(n, 4, 1.0, seed), normal::<f64>(n, 4, 0.5, seed + 1));
        let shift = |i: usize| (i + 3) % n;
        let increment = |w: Mat<f64>, drive: Columns<f64>, targets: Columns<f64>| {
            let layer = FixedPointLayer::new(w, Transfer::Tanh).unwrap();
            let loss = MeanSquaredError::of_rates(targets);
            let pass = ForwardPass::converged::<f64>();
            let here = Evaluation::new(&layer, &drive, None, &loss, &pass, MissingStates::LeaveOut).unwrap();
            Linearised.update(&Batch::of(&layer, &drive, &here, &loss, &pass), 0.1).unwrap().increment
        };
        let moved = |batch: &Columns<f64>| Columns::from_fn(n, batch.count(), |i, c| batch.column(c)[shift(i)]);
        let first = increment(w.clone(), drive.clone(), targets.clone());
        let second = increment(Mat::from_fn(n, n, |i, j| w[(shift(i), shift(j))]), moved(&drive), moved(&targets));
        for i in 0..n {
            for j in 0..n {
                prop_assert!((second.column(j)[i] - first.column(shift(j))[shift(i)]).abs() < 1e-10);
            }
        }
    }

    /// The implicit gradient of every smooth transfer function agrees with finite differences.
    #[test]
    fn gradients_agree_with_differences(seed in 0_u64..1000, which in 0_usize..5) {
        let transfer =
            [Transfer::Tanh, Transfer::Erf, Transfer::Linear, Transfer::Softplus, Transfer::Logistic][which];
        let layer = FixedPointLayer::new(weights(12, 0.6, seed), transfer).unwrap();
        let loss = MeanSquaredError::of_rates(normal(12, 5, 0.5, seed));
        prop_assert_eq!(Loss::<f64>::samples(&loss), 5);
        let check = ImplicitGradient::check(&layer, &normal(12, 5, 1.0, seed + 1), &loss, 3, seed).unwrap();
        prop_assert!(check.error < 1e-6, "{check:?}");
    }
}

#[test]
fn momentum_and_adam_learn() {
    let (n, m) = (20, 6);
    let drive = normal::<f64>(n, m, 1.0, 1);
    let loss = MeanSquaredError::of_rates(normal::<f64>(n, m, 0.3, 2));
    for optimiser in
        [OptimiserRule::Momentum { learning_rate: 0.003, momentum: 0.9 }, OptimiserRule::adam(0.01)]
    {
        let options = TrainerOptions { optimiser, ..TrainerOptions::plain::<f64>(0.01) };
        let start = weights(n, 0.5, 3);
        let mut trainer =
            Trainer::new(start.as_ref(), Transfer::Tanh, rule_by_name("gradient").unwrap(), options).unwrap();
        let first = trainer.step(&drive, &loss).unwrap();
        let mut last = first;
        for _ in 0..150 {
            last = trainer.step(&drive, &loss).unwrap();
        }
        assert!(last.loss < 0.3 * first.loss, "{optimiser:?}: {} to {}", first.loss, last.loss);
        assert!(last.adjoint_residual.unwrap() < 1e-11);
    }
}
