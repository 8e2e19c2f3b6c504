//! Times Gaussian averages: `cargo run --release -p attractorlab-numerics --example average_speed`.
//!
//! Goals: 0.2 µs for one average prepared in advance, 20 µs for a pair average of tanh up to standard
//! deviation 3.

use std::hint::black_box;
use std::time::Instant;

use attractorlab_numerics::gaussian::{Average, Pair, PairAverage, Product};
use attractorlab_numerics::transfer::Transfer;

/// Best time of a call over several repetitions, in microseconds: the machine may be shared.
fn best_us(calls: usize, mut run: impl FnMut(usize) -> f64) -> f64 {
    (0..20)
        .map(|_| {
            let start = Instant::now();
            for i in 0..calls {
                black_box(run(i));
            }
            start.elapsed().as_secs_f64() * 1e6 / calls as f64
        })
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    println!("one-dimensional averages, µs a call (goal 0.2)");
    for (name, product) in
        [("φ'", Product::FIRST), ("φ²", Product::VALUE * Product::VALUE), ("φ'''", Product::THIRD)]
    {
        let average = Average::new(Transfer::Tanh, product).expect("tanh has every average");
        for sd in [0.3, 1.0, 3.0, 100.0] {
            let centred = best_us(2000, |i| average.at(0.0, sd + 1e-9 * i as f64));
            let shifted = best_us(2000, |i| average.at(0.5, sd + 1e-9 * i as f64));
            println!("  {name:<5} sd {sd:>5}: mean 0 {centred:.3}, mean 0.5 {shifted:.3}");
        }
    }
    println!("pair averages of tanh, µs a call (goal 20)");
    for (name, product) in [("φφ", Product::VALUE), ("φ'φ'", Product::FIRST), ("ΦΦ", Product::PRIMITIVE)]
    {
        let average = PairAverage::new(Transfer::Tanh, product, product).expect("tanh has every average");
        for sd in [0.5, 1.0, 3.0] {
            for correlation in [0.3, 0.9] {
                let pair = |mean: f64, i: usize| Pair {
                    mean: [mean; 2],
                    sd: [sd + 1e-9 * i as f64; 2],
                    correlation,
                };
                let centred = best_us(50, |i| average.at(pair(0.0, i)));
                let shifted = best_us(50, |i| average.at(pair(0.5, i)));
                println!(
                    "  {name:<5} sd {sd:>3}, correlation {correlation}: mean 0 {centred:6.2}, mean 0.5 {shifted:6.2}"
                );
            }
        }
    }
}
