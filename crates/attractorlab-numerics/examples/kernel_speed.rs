//! Times the kernels: `cargo run --release -p attractorlab-numerics --example kernel_speed`.

use std::hint::black_box;
use std::time::Instant;

use attractorlab_numerics::kernels::{self, Activation, Level, Real};
use attractorlab_numerics::random::Stream;

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
    for phi in Activation::ALL {
        line(
            &format!("{phi:?}"),
            per_element(&mut || phi.apply(black_box(&x), &mut a)),
            short(&mut |x| phi.apply(x, &mut c[..m(x)])),
        );
        line(
            &format!("{phi:?} and φ'"),
            per_element(&mut || phi.with_prime(black_box(&x), &mut a, &mut b)),
            short(&mut |x| phi.with_prime(x, &mut c[..m(x)], &mut b[..m(x)])),
        );
        line(
            &format!("{phi:?}, φ' and φ''"),
            per_element(&mut || phi.with_primes(black_box(&x), &mut a, &mut b, &mut c)),
            (f64::NAN, f64::NAN),
        );
    }
    line(
        "Euler step with tanh",
        per_element(&mut || Activation::Tanh.euler_step(&mut a, black_box(&x), T::from_f64(0.1), &mut b)),
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

fn main() {
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
}
