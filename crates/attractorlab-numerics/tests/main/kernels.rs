//! Accuracy of the vector kernels on every instruction set of this machine.

use attractorlab_numerics::kernels::{self, Level, Real};
use attractorlab_numerics::random::Stream;
use attractorlab_numerics::transfer::Transfer;

use crate::double_double::{Double, ulps};
use crate::levels::{LEVEL, on_every_level};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kernel {
    Exp,
    Gaussian,
    Erf,
    Phi(Transfer),
}

impl Kernel {
    const ALL: [Self; 7] = [
        Self::Exp,
        Self::Gaussian,
        Self::Erf,
        Self::Phi(Transfer::Tanh),
        Self::Phi(Transfer::Erf),
        Self::Phi(Transfer::Logistic),
        Self::Phi(Transfer::Softplus),
    ];

    fn apply<T: Real>(self, x: &[T], out: &mut [T]) {
        match self {
            Self::Exp => kernels::exp(x, out),
            Self::Gaussian => kernels::gaussian(x, out),
            Self::Erf => kernels::erf(x, out),
            Self::Phi(phi) => phi.values(x, out),
        }
    }

    fn exact(self, x: f64) -> Double {
        match self {
            Self::Exp => Double::from(x).exp(),
            Self::Gaussian => Double::gaussian(x),
            Self::Phi(Transfer::Tanh) => Double::tanh(x),
            Self::Erf => Double::erf(x),
            Self::Phi(Transfer::Erf) => Double::erf_over_root_2(x),
            Self::Phi(Transfer::Logistic) => Double::logistic(x),
            Self::Phi(Transfer::Softplus) => Double::softplus(x),
            Self::Phi(_) => x.into(),
        }
    }

    /// Half-width of the interval where something happens.
    fn range(self) -> f64 {
        match self {
            Self::Exp => 750.0,
            Self::Gaussian => 40.0,
            Self::Erf | Self::Phi(Transfer::Erf) => 9.0,
            Self::Phi(Transfer::Tanh) => 24.0,
            Self::Phi(_) => 50.0,
        }
    }
}

/// Half uniform where the function varies, half spread over all magnitudes down to subnormals.
fn sample(kernel: Kernel, count: usize, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, "kernel accuracy", 0);
    let mut magnitude = |low: f64, high: f64| {
        let sign = if stream.uniform() < 0.5 { -1.0 } else { 1.0 };
        let exponent = low + (high - low) * stream.uniform();
        sign * exponent.exp2() * (1.0 + stream.uniform())
    };
    let mut x: Vec<f64> = (0..count / 4).map(|_| magnitude(-30.0, 10.0)).collect();
    x.extend((0..count / 4).map(|_| magnitude(-1076.0, 1023.0)));
    let mut stream = Stream::new(seed, "kernel accuracy", 1);
    x.extend((0..count / 2).map(|_| kernel.range() * (2.0 * stream.uniform() - 1.0)));
    x
}

/// The worst error in units in the last place, and where.
fn worst_f64(kernel: Kernel, points: usize, seed: u64) -> (f64, f64) {
    let mut worst = (0.0, 0.0);
    let chunk = 10_000;
    let mut out = vec![0.0; chunk];
    for k in 0..points.div_ceil(chunk) {
        let x = sample(kernel, chunk, seed + k as u64);
        out.resize(x.len(), 0.0);
        kernel.apply(&x, &mut out);
        for (&x, &y) in x.iter().zip(&out) {
            let error = ulps(y, kernel.exact(x));
            if error.is_nan() || error > worst.0 {
                worst = (error, x);
            }
        }
    }
    worst
}

fn check_f64(kernel: Kernel, points: usize) {
    let (error, x) = worst_f64(kernel, points, 100);
    println!("{kernel:?} f64: {error:.3} ulp at {x:e}");
    assert!(error <= 2.5, "{kernel:?}: {error} ulp at {x:e}");
}

/// Every `stride`-th `f32`: the `f64` kernel, rounded, is the reference, and the bits may differ by 2,
/// which bounds the error by 2.5 units in the last place.
fn check_f32(kernel: Kernel, stride: u64) -> i32 {
    check_f32_bits(kernel, 0..1 << 32, stride)
}

/// Every `f32` from 2^-40 to 2^10 and back below zero, where the functions bend (the others are linear
/// or constant), and every 61st of the rest. The exhaustive test takes all.
fn check_every_f32(kernel: Kernel) -> i32 {
    let (low, high) = (2.0_f32.powi(-40).to_bits().into(), 1024.0_f32.to_bits().into());
    let sign = 1 << 31;
    let dense = if kernels::level() == Ok(Level::Baseline) { 61 } else { 1 };
    // The negative half of an odd or even function repeats the positive one.
    let symmetric =
        matches!(kernel, Kernel::Gaussian | Kernel::Erf | Kernel::Phi(Transfer::Tanh | Transfer::Erf));
    [
        (0..low, 61),
        (low..high, dense),
        (high..sign + low, 61),
        (sign + low..sign + high, if symmetric { 61 } else { dense }),
        (sign + high..2 * sign, 61),
    ]
    .into_iter()
    .map(|(bits, stride)| check_f32_bits(kernel, bits, stride))
    .fold(0, i32::max)
}

fn check_f32_bits(kernel: Kernel, bits: std::ops::Range<u64>, stride: u64) -> i32 {
    const CHUNK: usize = 4096;
    let mut x = vec![0.0_f32; CHUNK];
    let mut wide = vec![0.0_f64; CHUNK];
    let (mut y, mut reference) = (vec![0.0_f32; CHUNK], vec![0.0_f64; CHUNK]);
    let mut worst = 0;
    let mut start = bits.start;
    while start < bits.end {
        for (i, x) in x.iter_mut().enumerate() {
            *x = f32::from_bits((start + stride * i as u64) as u32);
        }
        for (wide, &x) in wide.iter_mut().zip(&x) {
            *wide = f64::from(x);
        }
        kernel.apply(&x, &mut y);
        kernel.apply(&wide, &mut reference);
        let mut chunk_worst = 0_i32;
        for (&y, &reference) in y.iter().zip(&reference) {
            let difference =
                y.to_bits().cast_signed().wrapping_sub((reference as f32).to_bits().cast_signed());
            // NaN differ in their payload only.
            let both_nan = y.is_nan() & reference.is_nan();
            chunk_worst = chunk_worst.max(if both_nan { 0 } else { difference.wrapping_abs() });
        }
        if chunk_worst > 2 {
            let i = (0..CHUNK)
                .find(|&i| {
                    !(y[i].is_nan() && reference[i].is_nan())
                        && y[i]
                            .to_bits()
                            .cast_signed()
                            .abs_diff((reference[i] as f32).to_bits().cast_signed())
                            > 2
                })
                .expect("one of them");
            panic!("{kernel:?}({:e}) = {:e}, not {:e}", x[i], y[i], reference[i]);
        }
        worst = worst.max(chunk_worst);
        start += stride * CHUNK as u64;
    }
    worst
}

macro_rules! accuracy_tests {
    ($($every_f32:ident, $f64:ident, $kernel:expr;)*) => {$(
        #[test]
        fn $every_f32() {
            let _guard = LEVEL.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let worst = check_every_f32($kernel);
            println!("{:?} f32: {worst} representable numbers off at most", $kernel);
        }

        #[test]
        fn $f64() {
            let _guard = LEVEL.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            check_f64($kernel, 300_000);
        }
    )*};
}
accuracy_tests! {
    exp_of_every_f32, exp_f64, Kernel::Exp;
    gaussian_of_every_f32, gaussian_f64, Kernel::Gaussian;
    tanh_of_every_f32, tanh_f64, Kernel::Phi(Transfer::Tanh);
    erf_of_every_f32, erf_f64, Kernel::Erf;
    transfer_erf_of_every_f32, transfer_erf_f64, Kernel::Phi(Transfer::Erf);
    logistic_of_every_f32, logistic_f64, Kernel::Phi(Transfer::Logistic);
    softplus_of_every_f32, softplus_f64, Kernel::Phi(Transfer::Softplus);
}

/// With this variable set, the next test takes ten million `f64` and every `f32`: minutes, to be run by hand
/// after a change of a kernel.
const EXHAUSTIVE: &str = "ATTRACTORLAB_EXHAUSTIVE";

#[test]
fn every_level_is_accurate() {
    let (doubles, stride) =
        if std::env::var_os(EXHAUSTIVE).is_some() { (10_000_000, 1) } else { (50_000, 997) };
    on_every_level(|level| {
        for kernel in Kernel::ALL {
            print!("{level} ");
            check_f64(kernel, doubles);
            println!("{level} {kernel:?} f32: {} off at most", check_f32(kernel, stride));
        }
    });
}

/// φ' and φ'' of a member, by its formula from an accurate value of φ and friends.
fn exact_derivatives(phi: Transfer, x: f64) -> (f64, f64) {
    match phi {
        Transfer::Tanh => {
            let (t, sech) = (x.tanh(), 1.0 / x.clamp(-300.0, 300.0).cosh());
            (sech * sech, -2.0 * t * sech * sech)
        }
        Transfer::Erf => {
            let x = x.clamp(-38.0, 38.0);
            let prime = (2.0 / std::f64::consts::PI).sqrt() * Double::gaussian(x).high;
            (prime, -x * prime)
        }
        Transfer::Logistic => {
            let sech = 1.0 / (0.5 * x).clamp(-300.0, 300.0).cosh();
            (0.25 * sech * sech, -0.25 * (0.5 * x).tanh() * sech * sech)
        }
        Transfer::Softplus => {
            let sech = 1.0 / (0.5 * x).clamp(-300.0, 300.0).cosh();
            (Double::logistic(x).high, 0.25 * sech * sech)
        }
        Transfer::Relu { .. } => (0.5 + 0.5 * x.signum() * f64::from(u8::from(x != 0.0)), 0.0),
        Transfer::Linear => (1.0, 0.0),
    }
}

fn check_derivatives<T: Real>(level: Level) {
    for phi in Transfer::ALL {
        let x: Vec<T> = sample(Kernel::Phi(phi), 40_000, 7)
            .iter()
            .map(|&x| T::from_f64(x))
            .filter(|x| x.is_finite())
            .collect();
        let n = x.len();
        let (mut value, mut prime) = (vec![T::default(); n], vec![T::default(); n]);
        let (mut value_2, mut prime_2, mut second) = (value.clone(), value.clone(), value.clone());
        let mut alone = value.clone();
        phi.values(&x, &mut alone);
        phi.with_first(&x, &mut value, &mut prime);
        phi.with_second(&x, &mut value_2, &mut prime_2, &mut second);
        let epsilon = T::EPSILON.to_f64();
        for i in 0..n {
            let (first, other) = exact_derivatives(phi, x[i].to_f64());
            let close = |found: T, expected: f64| (found.to_f64() - expected).abs() <= 8.0 * epsilon;
            let place = format!("{level} {} {phi:?} at {:e}", T::NAME, x[i]);
            assert!(close(prime[i], first), "{place}: φ' = {:e}, not {first:e}", prime[i]);
            assert!(close(prime_2[i], first), "{place}: φ' = {:e}, not {first:e}", prime_2[i]);
            assert!(close(second[i], other), "{place}: φ'' = {:e}, not {other:e}", second[i]);
            for value in [value[i], value_2[i]] {
                let error = (value.to_f64() - alone[i].to_f64()).abs();
                assert!(
                    error <= 3.0 * epsilon * alone[i].to_f64().abs(),
                    "{place}: φ differs between passes"
                );
            }
        }
    }
}

#[test]
fn derivatives_are_accurate_on_every_level() {
    on_every_level(|level| {
        check_derivatives::<f64>(level);
        check_derivatives::<f32>(level);
    });
}

fn check_special_values<T: Real>() {
    let of = |kernel: Kernel, x: f64| {
        let mut out = [T::default()];
        kernel.apply(&[T::from_f64(x)], &mut out);
        out[0].to_f64()
    };
    let infinity = f64::INFINITY;
    for kernel in Kernel::ALL
        .into_iter()
        .chain([Kernel::Phi(Transfer::Relu { threshold: 0.0 }), Kernel::Phi(Transfer::Linear)])
    {
        assert!(of(kernel, f64::NAN).is_nan(), "{kernel:?} of NaN");
    }
    for phi in [Transfer::Tanh, Transfer::Erf] {
        let kernel = Kernel::Phi(phi);
        assert_eq!((of(kernel, infinity), of(kernel, -infinity)), (1.0, -1.0), "{phi:?}");
        assert!(of(kernel, 0.0).is_sign_positive() && of(kernel, -0.0).is_sign_negative(), "{phi:?}");
        assert_eq!(of(kernel, -0.0), 0.0);
        // Subnormal arguments: tanh(x) = x, and erf(x/√2) = √(2/π) x up to the spacing.
        let tiny = if T::NAME == "float32" { 1e-42 } else { 1e-310 };
        assert!((of(kernel, tiny) / tiny - 1.0).abs() < 0.21, "{phi:?}");
    }
    assert_eq!(of(Kernel::Exp, -infinity), 0.0);
    assert_eq!(of(Kernel::Exp, infinity), infinity);
    assert_eq!((of(Kernel::Exp, 0.0), of(Kernel::Exp, -0.0)), (1.0, 1.0));
    assert_eq!((of(Kernel::Gaussian, infinity), of(Kernel::Gaussian, 0.0)), (0.0, 1.0));
    let logistic = Kernel::Phi(Transfer::Logistic);
    assert_eq!((of(logistic, -infinity), of(logistic, 0.0), of(logistic, infinity)), (0.0, 0.5, 1.0));
    let softplus = Kernel::Phi(Transfer::Softplus);
    assert_eq!((of(softplus, -infinity), of(softplus, infinity)), (0.0, infinity));
    let relu = Kernel::Phi(Transfer::Relu { threshold: 0.0 });
    assert_eq!((of(relu, -infinity), of(relu, -0.0), of(relu, infinity)), (0.0, 0.0, infinity));

    for phi in Transfer::ALL {
        let x = [f64::NAN, infinity, -infinity, 1e30, -1e30].map(T::from_f64);
        let mut out = [[T::default(); 5]; 3];
        let [value, prime, second] = &mut out;
        phi.with_second(&x, value, prime, second);
        for row in &out {
            assert!(row[0].to_f64().is_nan(), "{phi:?} of NaN");
            assert!(row[1..].iter().all(|v| !v.to_f64().is_nan()), "{phi:?} far out: {row:?}");
        }
        for i in 1..5 {
            let slope = if out[0][i].to_f64().abs() > 1.0 { 1.0 } else { 0.0 };
            assert_eq!((out[1][i].to_f64(), out[2][i].to_f64()), (slope, 0.0), "{phi:?} at {}", x[i]);
        }
    }
}

#[test]
fn special_values_give_their_limits_on_every_level() {
    on_every_level(|_| {
        check_special_values::<f64>();
        check_special_values::<f32>();
    });
}

fn check_lengths_and_places<T: Real>() {
    let x: Vec<T> = sample(Kernel::Phi(Transfer::Tanh), 200, 3).iter().map(|&x| T::from_f64(x)).collect();
    let mut whole = vec![T::default(); x.len()];
    for kernel in Kernel::ALL {
        kernel.apply(&x, &mut whole);
        for length in (0..70).chain([100, 150]) {
            for offset in [0, 1, 3] {
                let mut out = vec![T::from_f64(7.0); length + 2];
                kernel.apply(&x[offset..offset + length], &mut out[1..=length]);
                assert_eq!(out[1..=length], whole[offset..offset + length], "{kernel:?}, length {length}");
                assert!(out[0].to_f64() == 7.0 && out[length + 1].to_f64() == 7.0, "wrote outside");
            }
        }
    }
    for phi in Transfer::ALL {
        for length in (0..40).chain([64, 65, 100]) {
            let mut in_place = x[..length].to_vec();
            phi.values_in_place(&mut in_place);
            let mut out = vec![T::default(); length];
            phi.values(&x[..length], &mut out);
            assert_eq!(in_place, out, "{phi:?}, length {length}");
        }
    }
}

#[test]
fn results_depend_neither_on_length_nor_on_place() {
    on_every_level(|_| {
        check_lengths_and_places::<f64>();
        check_lengths_and_places::<f32>();
    });
}

fn check_steps<T: Real>() {
    let tolerance = 20.0 * T::EPSILON.to_f64();
    for length in [0, 1, 15, 16, 17, 100] {
        let start: Vec<T> = (0..length).map(|i| T::from_f64((i as f64 * 0.37).sin())).collect();
        let drive: Vec<T> = (0..length).map(|i| T::from_f64(2.0 * (i as f64 * 0.91).cos())).collect();
        let alpha = T::from_f64(0.125);
        for phi in Transfer::ALL {
            let (mut x, mut r) = (start.clone(), vec![T::default(); length]);
            phi.euler_step(&mut x, &drive, alpha, &mut r);
            let mut of_x = x.clone();
            phi.values_in_place(&mut of_x);
            assert_eq!(r, of_x, "{phi:?}");
            let mut rate = start.clone();
            phi.euler_step_rate(&mut rate, &drive, alpha);
            let mut of_drive = drive.clone();
            phi.values_in_place(&mut of_drive);
            for i in 0..length {
                let expected = start[i] + alpha * (drive[i] - start[i]);
                assert!((x[i] - expected).to_f64().abs() < tolerance);
                let expected = start[i] + alpha * (of_drive[i] - start[i]);
                assert!((rate[i] - expected).to_f64().abs() < tolerance);
            }
        }
        let expected: f64 = start.iter().zip(&drive).map(|(a, b)| a.to_f64() * b.to_f64()).sum();
        assert!((kernels::dot(&start, &drive).to_f64() - expected).abs() < 10.0 * tolerance);
        let mut y = start.clone();
        kernels::axpy(alpha, &drive, &mut y);
        for i in 0..length {
            assert!((y[i] - (start[i] + alpha * drive[i])).to_f64().abs() < tolerance);
        }
    }
}

#[test]
fn fused_steps_agree_with_their_formulas() {
    on_every_level(|_| {
        check_steps::<f64>();
        check_steps::<f32>();
    });
}

#[test]
#[should_panic(expected = "out must have as many elements as the input")]
fn a_wrong_length_is_the_callers_bug() {
    kernels::tanh(&[1.0_f64; 3], &mut [0.0; 2]);
}

#[test]
fn the_environment_variable_forces_a_level_or_is_reported() {
    // The level is chosen once a process, so this test runs itself in others, which only say what they chose.
    const CHILD: &str = "ATTRACTORLAB_TEST_PRINTS_LEVEL";
    if std::env::var_os(CHILD).is_some() {
        let mut out = [0.0_f64];
        kernels::tanh(&[1.0], &mut out);
        match kernels::level() {
            Ok(level) => println!("level: {level}, {:.3}", out[0]),
            Err(error) => println!("error: {error}, {:.3}", out[0]),
        }
        return;
    }
    let name = "kernels::the_environment_variable_forces_a_level_or_is_reported";
    let run = |value: &str| {
        let output = std::process::Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, "1")
            .env(kernels::LEVEL_VARIABLE, value)
            .output()
            .expect("the test binary runs");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for level in Level::ALL {
        let found = run(level.name());
        let expected = if level.is_available() { "level: " } else { "error: this processor has no " };
        assert!(found.contains(&format!("{expected}{level}")), "{found}");
        assert!(found.contains("0.762"), "{found}");
    }
    let found = run("sse9");
    assert!(found.contains("\"sse9\" names no instruction set") && found.contains("0.762"), "{found}");
}

#[test]
fn gaussian_sums_without_exponentials_keep_their_digits() {
    on_every_level(|level| {
        let cases = [(-9.0, 0.05, 400), (-7.9, 0.7, 24), (-20.0, 0.3, 100), (3.0, 0.01, 7), (0.5, 0.2, 0)];
        for (start, step, count) in cases {
            let y: Vec<f64> = (0..count).map(|k| 1.0 + f64::from(k % 7)).collect();
            let term = |(k, y): (usize, &f64)| {
                let x: f64 = start + step * k as f64;
                y * (-0.5 * x * x).exp()
            };
            let expected: f64 = y.iter().enumerate().map(term).sum();
            let sum = kernels::gaussian_dot(start, step, &y);
            assert!(
                (sum - expected).abs() <= 1e-13 * expected,
                "{level} {start} {step}: {sum:e}, {expected:e}"
            );
        }
    });
}
