//! Times the kernels and the linear algebra (the latter alone with the argument `linalg`):
//! `cargo run --release -p attractorlab-numerics --example kernel_speed`.

use std::hint::black_box;
use std::time::Instant;

use attractorlab_numerics::kernels::{self, Level, Real};
use attractorlab_numerics::linalg::{self, Mat};
use attractorlab_numerics::random::Stream;
use attractorlab_numerics::transfer::Transfer;

/// Best time of several repetitions, in nanoseconds: the machine may be shared.
fn best_ns(repetitions: usize, calls: usize, mut run: impl FnMut()) -> f64 {
    (0..repetitions)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                run();
            }
            start.elapsed().as_nanos() as f64 / calls as f64
        })
        .fold(f64::INFINITY, f64::min)
}

fn time_kernels<T: Real>() {
    let n: usize = 4096;
    let mut stream = Stream::new(1, "speed", 0);
    let x: Vec<T> = (0..n).map(|_| T::from_f64(6.0 * stream.uniform() - 3.0)).collect();
    let (mut a, mut b, mut c) = (x.clone(), x.clone(), x.clone());
    let per_element = |run: &mut dyn FnMut()| best_ns(60, 20, run) / n as f64;
    println!("\n{}: ns/element at n = {n}, then ns a call at n = 50 and n = 20", T::NAME);
    let short = |run: &mut dyn FnMut(&[T])| {
        (best_ns(60, 1000, || run(black_box(&x[..50]))), best_ns(60, 1000, || run(black_box(&x[..20]))))
    };
    let line = |name: &str, long: f64, (fifty, twenty): (f64, f64)| {
        println!("  {name:<22} {long:6.3}   {fifty:6.1} {twenty:6.1}");
    };
    let m = |x: &[T]| x.len();
    line(
        "exp",
        per_element(&mut || kernels::exp(black_box(&x), &mut a)),
        short(&mut |x| kernels::exp(x, &mut c[..m(x)])),
    );
    line(
        "gaussian",
        per_element(&mut || kernels::gaussian(black_box(&x), &mut a)),
        short(&mut |x| kernels::gaussian(x, &mut c[..m(x)])),
    );
    for phi in Transfer::ALL {
        line(
            &format!("{phi:?}"),
            per_element(&mut || phi.values(black_box(&x), &mut a)),
            short(&mut |x| phi.values(x, &mut c[..m(x)])),
        );
        line(
            &format!("{phi:?} and φ'"),
            per_element(&mut || phi.with_first(black_box(&x), &mut a, &mut b)),
            short(&mut |x| phi.with_first(x, &mut c[..m(x)], &mut b[..m(x)])),
        );
        line(
            &format!("{phi:?}, φ' and φ''"),
            per_element(&mut || phi.with_second(black_box(&x), &mut a, &mut b, &mut c)),
            (f64::NAN, f64::NAN),
        );
    }
    line(
        "Euler step with tanh",
        per_element(&mut || Transfer::Tanh.euler_step(&mut a, black_box(&x), T::from_f64(0.1), &mut b)),
        (f64::NAN, f64::NAN),
    );
    line(
        "dot",
        per_element(&mut || {
            black_box(kernels::dot(black_box(&x), &a));
        }),
        short(&mut |x| {
            black_box(kernels::dot(x, &c[..m(x)]));
        }),
    );
    line(
        "axpy",
        per_element(&mut || kernels::axpy(T::from_f64(1e-9), black_box(&x), &mut a)),
        short(&mut |x| kernels::axpy(T::from_f64(1e-9), x, &mut c[..m(x)])),
    );
}

fn time_linear_algebra() {
    println!("\n=== linear algebra, f64, best of several");
    let ms = |repetitions: usize, run: &mut dyn FnMut()| best_ns(repetitions, 1, run) / 1e6;
    let mut stream = Stream::new(2, "speed", 0);
    for n in [20, 50, 100, 256, 1000] {
        let a = Mat::from_fn(n, n, |_, _| stream.normal());
        let (x, mut y) = (stream.normals(n), vec![0.0; n]);
        let calls = 2_000_000 / (n * n) + 1;
        let plain = best_ns(20, calls, || linalg::matvec(a.as_ref(), black_box(&x), &mut y)) / 1e3;
        let transposed =
            best_ns(20, calls, || linalg::matvec_transposed(a.as_ref(), black_box(&x), &mut y)) / 1e3;
        let lu = best_ns(5, 1, || {
            black_box(linalg::Lu::new(a.as_ref()).expect("regular").solve(&x));
        }) / 1e3;
        println!("  n = {n:4}: A x {plain:8.2} µs, Aᵀx {transposed:8.2} µs, LU and solve {lu:9.1} µs");
    }
    for n in [256, 1000] {
        let mut p = linalg::RankOneSymmetric::scaled_identity(n, 1.0);
        let (f, mut v) = (stream.normals(n), vec![0.0; n]);
        let mut step = || {
            p.multiply(black_box(&f), &mut v);
            let s = 1.0 + kernels::dot(&f, &v);
            p.downdate(&v, s);
        };
        // Steps cost the more the more of them are kept, until at N/2 the matrix takes them up.
        let first = best_ns(1, n / 2, &mut step) / 1e3;
        let later = best_ns(200, 1, &mut step) / 1e3;
        println!(
            "  recursive least squares, n = {n}: {first:.1} µs a step, the mean of the first {}; {later:.1} µs later",
            n / 2
        );
    }
    let n = 1000;
    let (m, k) = (stream.normals(n), stream.normals(n));
    let bulk = 0.8 / (n as f64).sqrt();
    let mut a = Mat::from_fn(n, n, |_, _| bulk * stream.normal());
    for j in 0..n {
        for i in 0..n {
            a[(i, j)] += m[i] * (1.5 * m[j] + k[j]) / n as f64;
        }
    }
    let options = linalg::ArnoldiOptions::default();
    let search = ms(5, &mut || {
        black_box(linalg::leading_eigenvalues(&a, 1, &options).expect("finite"));
    });
    let found = linalg::leading_eigenvalues(&a, 1, &options).expect("finite");
    println!(
        "  outlier, n = {n}: {search:.2} ms ({:?}, {} products, λ = {:.4})",
        found.status, found.iterations, found.values[0]
    );
    let n = 800;
    let part = a.as_ref().submatrix(0, 0, n, n);
    let frequencies: Vec<_> = (0..200).map(|f| linalg::Complex64::new(1.0, 0.05 * f64::from(f))).collect();
    let reduction = ms(2, &mut || {
        black_box(linalg::Hessenberg::new(part).expect("finite"));
    });
    let reduced = linalg::Hessenberg::new(part).expect("finite");
    let response = ms(2, &mut || {
        black_box(reduced.frequency_response(&m[..n], &k[..n], &frequencies).expect("regular"));
    });
    println!("  frequency response, n = {n}: reduction {reduction:.1} ms, 200 frequencies {response:.1} ms");
    for n in [256, 500, 1000] {
        let part = a.as_ref().submatrix(0, 0, n, n);
        let values = ms(3, &mut || {
            black_box(linalg::eigenvalues(part).expect("finite"));
        });
        let eigen = ms(2, &mut || {
            black_box(linalg::Eigen::new(part).expect("finite"));
        });
        let svd = ms(2, &mut || {
            black_box(linalg::Svd::new(part).expect("finite"));
        });
        println!(
            "  n = {n:4}: eigenvalues {values:.1} ms, with left and right vectors {eigen:.1} ms, SVD {svd:.1} ms"
        );
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "linalg") {
        time_linear_algebra();
        return;
    }
    for level in Level::ALL {
        match kernels::select_level(level) {
            Ok(()) => println!("\n=== {level}"),
            Err(error) => {
                println!("\n=== {error}");
                continue;
            }
        }
        time_kernels::<f64>();
        time_kernels::<f32>();
    }
    time_linear_algebra();
}
